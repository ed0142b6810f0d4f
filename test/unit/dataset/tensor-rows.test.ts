import { describe, expect, it } from 'vitest'
import { writeNpy } from '../../../lib/dataset/npy.js'
import { writeNpz } from '../../../lib/dataset/npz.js'
import { openDataset } from '../../../lib/dataset/open-dataset.js'
import { coded, makeTree } from './dataset-tree.js'

const images = { type: 'u8', shape: [3, 1, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const
const masks = { type: 'f32', shape: [3], data: Float32Array.of(0.5, 1.5, 2.5) } as const

describe('rows of arrays', () => {
  it('reads rows of a .npy file when they are needed', async () => {
    const at = await makeTree({ 'labels.json': '{"labels": [1, 0, 1]}' })
    await writeNpy(at('x.npy'), images)
    const dataset = await openDataset({ tensors: { image: at('x.npy') }, annotations: at('labels.json'), classes: ['a', 'b'] })
    expect(dataset.format).toBe('tensors')
    expect(dataset.samples.map(({ id, label }) => [id, label])).toEqual([
      ['0', 1],
      ['1', 0],
      ['2', 1],
    ])
    const row = await dataset.samples[1]?.loadTensors?.()
    expect(Object.keys(row ?? {})).toEqual(['image'])
    expect(row?.image).toMatchObject({ type: 'u8', shape: [1, 1, 2], data: Uint8Array.of(3, 4) })
  })

  it('reads all arrays of a .npz file, called as there', async () => {
    const at = await makeTree({})
    await writeNpz(at('x.npz'), { images, masks })
    const { samples } = await openDataset({ tensors: at('x.npz') })
    const row = await samples[2]?.loadTensors?.()
    expect(row?.images?.data).toEqual(Uint8Array.of(5, 6))
    expect(row?.masks).toMatchObject({ shape: [1], data: Float32Array.of(2.5) })
  })

  it('has a digest of the contents', async () => {
    const at = await makeTree({})
    await writeNpy(at('x.npy'), images)
    const before = (await openDataset({ tensors: at('x.npy') })).digest
    await writeNpy(at('x.npy'), { ...images, data: Uint8Array.of(1, 2, 3, 4, 5, 7) })
    expect((await openDataset({ tensors: at('x.npy') })).digest).not.toBe(before)
  })

  it('refuses rows and labels that do not go together', async () => {
    const at = await makeTree({ 'short.json': '[1]', 'half.json': '[1, 0.5, 0]' })
    await writeNpy(at('x.npy'), images)
    await writeNpy(at('y.npy'), { type: 'f32', shape: [2], data: Float32Array.of(1, 2) })
    const refused = (message: RegExp) => coded('DATASET_INVALID', message)
    await expect(openDataset({ tensors: { x: at('x.npy'), y: at('y.npy') } })).rejects.toThrow(refused(/received 2 in y and 3/))
    await expect(openDataset({ tensors: at('x.npy'), annotations: at('short.json') })).rejects.toThrow(
      refused(/expected 3 labels/),
    )
    await expect(openDataset({ tensors: at('x.npy'), annotations: at('half.json') })).rejects.toThrow(refused(/received 0.5/))
    await expect(openDataset({ tensors: at('none.npy') })).rejects.toThrow(coded('FILE_NOT_FOUND', /none/))
  })
})
