import { describe, expect, it } from 'vitest'
import { findClass, readClasses } from '../../../lib/dataset/class-names.js'
import { coded, makeTree } from './dataset-tree.js'

describe('readClasses', () => {
  it.each<[string, string, unknown]>([
    ['a.txt', 'tench\r\ngreat white shark\n\n', ['tench', 'great white shark']],
    ['a.json', '["a", "b"]', ['a', 'b']],
    ['a.json', '{"1": "b", "0": "a"}', ['a', 'b']],
    ['a.yaml', 'nc: 2\nnames: [a, b]\n', ['a', 'b']],
    ['a.yml', 'names:\n  0: a\n  1: 7\n', ['a', '7']],
  ])('reads %s with %j', async (name, content, expected) => {
    const at = await makeTree({ [name]: content })
    expect((await readClasses(at(name))).map((category) => category.name)).toEqual(expected)
  })

  it('keeps the ids of Keras', async () => {
    const at = await makeTree({ 'i.json': '{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}' })
    expect(await readClasses(at('i.json'))).toEqual([
      { id: 'n01440764', name: 'tench' },
      { id: 'n01443537', name: 'goldfish' },
    ])
  })

  it.each<[string, RegExp]>([
    ['3', /expected a list or a mapping of names/],
    ['{"0": "a", "2": "b"}', /expected the indices 0 to 1, received 2/],
    ['[{"index": 0, "name": "a"}, {"index": 0, "name": "b"}]', /index 0 appears twice/],
    ['[{"index": 0}]', /class 0: expected a name/],
    ['[', /it is no JSON/],
  ])('refuses %s', async (content, message) => {
    const at = await makeTree({ 'c.json': content })
    await expect(readClasses(at('c.json'))).rejects.toThrow(coded('DATASET_INVALID', message))
  })

  it('refuses what is no UTF-8', async () => {
    const at = await makeTree({ 'c.txt': Buffer.of(0x63, 0xe9, 0x0a) })
    await expect(readClasses(at('c.txt'))).rejects.toThrow(coded('DATASET_INVALID', /not UTF-8/))
  })
})

it('finds classes by name, id and index, names first', () => {
  const categories = [
    { id: 'n1', name: '1' },
    { id: 'n2', name: 'b' },
  ]
  expect(findClass(categories, 'b')).toBe(1)
  expect(findClass(categories, 'n1')).toBe(0)
  expect(findClass(categories, '1')).toBe(0)
  expect(findClass(categories, 1)).toBe(1)
  expect(findClass(categories, '0')).toBe(0)
  expect(findClass(categories, 2)).toBeUndefined()
  expect(findClass(categories, 'x')).toBeUndefined()
})
