import { expect, it } from 'vitest'
import { describeList, describeValue } from '../../../lib/errors/describe-value.js'

class Picture {}

it.each([
  [null, 'null'],
  [undefined, 'undefined'],
  [-0, '-0'],
  [1.5, '1.5'],
  [3n, '3n'],
  [true, 'true'],
  ['text', '"text"'],
  ['x'.repeat(100), `"${'x'.repeat(57)}"...`],
  [Symbol('s'), 'a symbol'],
  [() => 1, 'a function'],
  [new Float32Array(3), 'Float32Array(3)'],
  [new DataView(new ArrayBuffer(5)), 'DataView(5)'],
  [[1, 'a', null], '[1, "a", null]'],
  [new Array(100).fill(1), '[1, 1, 1, 1, 1, 1, 1, 1, ...]'],
  [[{}, {}], 'an array of 2'],
  [{}, 'an empty object'],
  [{ a: 1, b: 2 }, 'an object with a, b'],
  [Object.create(null), 'an empty object'],
  [new Picture(), 'an object of class Picture'],
  [new Date(0), 'an object of class Date'],
])('describes a value: %#', (value, text) => {
  expect(describeValue(value)).toBe(text)
})

it('cuts what is long, wherever it is', () => {
  const long = 'x'.repeat(1e6)
  const values = [
    { [long]: 1 },
    [long, long, 10n ** 10_000n],
    10n ** 10_000n,
    Object.create({ constructor: { name: 'y'.repeat(1e6) } }),
    Array.from({ length: 150_000 }, (_, i) => i),
  ]
  for (const value of values) expect(describeValue(value).length).toBeLessThan(300)
})

it('lists a few items, and how many more there are', () => {
  expect(describeList([1, 3, 224, 224])).toBe('1, 3, 224, 224')
  expect(describeList([])).toBe('')
  expect(describeList(['a', 'b', 'c'], 2)).toBe('a, b and 1 more')
  expect(describeList(Array(150_000).fill(1)).length).toBeLessThan(200)
})

it('survives objects that throw', () => {
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('no')
      },
      ownKeys() {
        throw new Error('no')
      },
    },
  )
  expect(describeValue(hostile)).toBe('an object')
})
