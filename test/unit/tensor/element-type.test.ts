import { describe, expect, it } from 'vitest'
import {
  arrayLengthOf,
  byteLengthOf,
  createElementArray,
  elementTypeNames,
  elementTypes,
  isElementType,
} from '../../../lib/tensor/element-type.js'

describe('element types', () => {
  it('are the sixteen that the engines share', () => {
    expect(elementTypeNames.join(' ')).toBe('f32 f16 bf16 f64 i8 u8 i16 u16 i32 u32 i64 u64 i4 u4 bool string')
  })

  it.each(elementTypeNames)('%s has facts that agree with each other', (type) => {
    const { bits, array, numpy, kind } = elementTypes[type]
    expect(bits === null).toBe(type === 'string')
    expect(array === null).toBe(type === 'string')
    if (bits === null || array === null) return
    expect(array.BYTES_PER_ELEMENT).toBe(Math.max(1, bits / 8))
    if (numpy !== null) expect(Number(numpy.slice(1))).toBe(bits / 8)
    const signedArray = array.name.startsWith('Int') || array.name === 'BigInt64Array'
    if (kind === 'signed' && bits >= 8) expect(signedArray).toBe(true)
    if (kind === 'unsigned') expect(signedArray).toBe(false)
  })

  it('are recognised by name', () => {
    expect(isElementType('bf16')).toBe(true)
    for (const other of ['float32', '', 'toString', 4, null, undefined, {}]) expect(isElementType(other)).toBe(false)
  })
})

describe('sizes', () => {
  it('are counted in whole bytes', () => {
    expect(byteLengthOf('f32', 3)).toBe(12)
    expect(byteLengthOf('i64', 3)).toBe(24)
    expect(byteLengthOf('bool', 3)).toBe(3)
    expect(byteLengthOf('i4', 3)).toBe(2)
    expect(byteLengthOf('u4', 4)).toBe(2)
    expect(byteLengthOf('f16', 0)).toBe(0)
  })

  it('stay exact for very large tensors', () => {
    expect(byteLengthOf('f64', 2 ** 48)).toBe(2 ** 51)
    expect(byteLengthOf('i4', 2 ** 50 + 1)).toBe(2 ** 49 + 1)
  })

  it('match the arrays that are made', () => {
    for (const type of elementTypeNames) {
      const array = createElementArray(type, 5)
      expect(array.length).toBe(arrayLengthOf(type, 5))
      if (type !== 'string') expect((array as Uint8Array).byteLength).toBe(byteLengthOf(type, 5))
    }
    expect(createElementArray('string', 2)).toEqual(['', ''])
    expect(createElementArray('i64', 1)[0]).toBe(0n)
  })
})
