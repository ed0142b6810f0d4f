import { expect, it } from 'vitest'
import { describeValue } from '../../../lib/errors/describe-value.js'

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
