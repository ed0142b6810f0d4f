import { expect, it } from 'vitest'
import { PictureFinder } from '../../../lib/dataset/find-pictures.js'
import { mapLimited } from '../../../lib/dataset/map-limited.js'
import { makeTree, picture } from './dataset-tree.js'

it('finds pictures by path, by the end of a path, and by a name that only one has', async () => {
  const at = await makeTree({ 'a/x.png': picture, 'b/x.png': picture, 'b/y.png': picture, 'z.jpg': picture, 'z.png': picture })
  const finder = await PictureFinder.open(at())
  expect(finder.find('a/x.png')).toBe('a/x.png')
  expect(finder.find('train\\b\\x.png')).toBe('b/x.png')
  expect(finder.find('y.png')).toBe('b/y.png')
  expect(finder.find('x.png')).toBeUndefined()
  expect(finder.find('../../etc/passwd')).toBeUndefined()
  expect(finder.findStem('b/y')).toBe('b/y.png')
  expect(finder.findStem('y')).toBe('b/y.png')
  // Two pictures are called so.
  expect(finder.findStem('z')).toBeUndefined()
  expect(finder.unused()).toEqual(['z.jpg', 'z.png'])
})

it('maps with a limit, in order, and ends at the first failure', async () => {
  let running = 0
  let most = 0
  const double = async (value: number) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 5 - value))
    running--
    return value * 2
  }
  expect(await mapLimited([0, 1, 2, 3, 4], 2, double)).toEqual([0, 2, 4, 6, 8])
  expect(most).toBe(2)
  const begun: number[] = []
  const failing = mapLimited([0, 1, 2, 3, 4, 5], 1, async (value) => {
    begun.push(value)
    if (value === 2) throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(begun).toEqual([0, 1, 2])
})
