import { describe, expect, it } from 'vitest'
import { fromFloat32, toFloat32 } from '../../../lib/tensor/convert-elements.js'
import { createElementArray, elementTypeNames, type FixedSizeElementType } from '../../../lib/tensor/element-type.js'

const fixedSizeTypes = elementTypeNames.filter((type): type is FixedSizeElementType => type !== 'string')

describe('fromFloat32', () => {
  const values = new Float32Array([0, -0, 0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997, 1e10, -1e10, Infinity, -Infinity, NaN])

  it.each([
    ['i8', [0, 0, 0, 2, 2, 0, -2, 0, 127, -128, 127, -128, 0]],
    ['u8', [0, 0, 0, 2, 2, 0, 0, 0, 255, 0, 255, 0, 0]],
    ['i16', [0, 0, 0, 2, 2, 0, -2, 0, 32767, -32768, 32767, -32768, 0]],
    ['u16', [0, 0, 0, 2, 2, 0, 0, 0, 65535, 0, 65535, 0, 0]],
    ['i32', [0, 0, 0, 2, 2, 0, -2, 0, 2147483647, -2147483648, 2147483647, -2147483648, 0]],
    ['u32', [0, 0, 0, 2, 2, 0, 0, 0, 4294967295, 0, 4294967295, 0, 0]],
    ['bool', [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ] as const)('rounds half to even and clamps for %s', (type, expected) => {
    expect([...fromFloat32(type, values)]).toEqual(expected)
  })

  it('rounds and clamps to 64 bits', () => {
    const extremes = new Float32Array([2.5, -2.5, 3.5, 2 ** 40, -(2 ** 62), 2 ** 63, -(2 ** 63), 2 ** 64, -Infinity, NaN])
    expect([...fromFloat32('i64', extremes)]).toEqual([
      2n,
      -2n,
      4n,
      2n ** 40n,
      -(2n ** 62n),
      2n ** 63n - 1n,
      -(2n ** 63n),
      2n ** 63n - 1n,
      -(2n ** 63n),
      0n,
    ])
    expect([...fromFloat32('u64', extremes)]).toEqual([2n, 0n, 4n, 2n ** 40n, 0n, 2n ** 63n, 0n, 2n ** 64n - 1n, 0n, 0n])
  })

  it('packs four-bit integers, low nibble first, and leaves the spare nibble zero', () => {
    expect([...fromFloat32('i4', new Float32Array([1, -1, 100, -100, -3.5]))]).toEqual([0xf1, 0x87, 0x0c])
    expect([...fromFloat32('u4', new Float32Array([1, 2, 100, -100, NaN]))]).toEqual([0x21, 0x0f, 0x00])
  })

  it('rounds to half precision and bfloat16, overflows to infinity and keeps NaN', () => {
    const floats = new Float32Array([1, -2, 65504, 65520, 5.9604645e-8, 2.9802322e-8, 1 / 3, NaN])
    expect([...fromFloat32('f16', floats)].map((bits) => bits.toString(16))).toEqual([
      '3c00',
      'c000',
      '7bff',
      '7c00',
      '1',
      '0',
      '3555',
      '7e00',
    ])
    expect([...fromFloat32('bf16', floats)].map((bits) => bits.toString(16))).toEqual([
      '3f80',
      'c000',
      '4780',
      '4780',
      '3380',
      '3300',
      '3eab',
      '7fc0',
    ])
  })

  it('agrees with an exact reference for every integer type over random values', () => {
    const random = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i * 7.3) * 10 ** ((i % 12) - 1))
    const reference = (value: number, min: number, max: number) => {
      const below = Math.floor(value)
      const rest = value - below
      const rounded = rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
      return Math.min(max, Math.max(min, rounded)) + 0
    }
    expect([...fromFloat32('i8', random)]).toEqual([...random].map((value) => reference(value, -128, 127)))
    expect([...fromFloat32('u16', random)]).toEqual([...random].map((value) => reference(value, 0, 65535)))
    expect([...fromFloat32('i32', random)]).toEqual([...random].map((value) => reference(value, -(2 ** 31), 2 ** 31 - 1)))
    expect([...fromFloat32('i64', random)]).toEqual([...random].map((value) => BigInt(reference(value, -(2 ** 62), 2 ** 62))))
  })
})

describe('toFloat32', () => {
  it('widens integers and booleans exactly', () => {
    expect([...toFloat32('i8', new Int8Array([-128, 127]))]).toEqual([-128, 127])
    expect([...toFloat32('u32', new Uint32Array([4294967295]))]).toEqual([4294967296])
    expect([...toFloat32('bool', new Uint8Array([0, 1, 2, 255]))]).toEqual([0, 1, 1, 1])
    expect([...toFloat32('f64', new Float64Array([1e300, -1e-300, 0.1]))]).toEqual([Infinity, -0, Math.fround(0.1)])
  })

  it('widens half precision and bfloat16', () => {
    expect([...toFloat32('f16', new Uint16Array([0x3c00, 0x0001, 0xfc00, 0x7e00]))]).toEqual([1, 2 ** -24, -Infinity, NaN])
    expect([...toFloat32('bf16', new Uint16Array([0x3f80, 0x0001, 0xff80]))]).toEqual([1, 2 ** -133, -Infinity])
  })

  it('unpacks four-bit integers of odd and even counts', () => {
    const packed = new Uint8Array([0xf1, 0x87])
    expect([...toFloat32('i4', packed)]).toEqual([1, -1, 7, -8])
    expect([...toFloat32('u4', packed, { elementCount: 3 })]).toEqual([1, 15, 7])
  })

  // 2^53 + 2^29 + 1 lies just above halfway between two float32: rounding twice goes down.
  it('rounds 64-bit integers once', () => {
    const up = 2 ** 53 + 2 ** 30
    expect([
      ...toFloat32('i64', new BigInt64Array([2n ** 53n + 2n ** 29n + 1n, 2n ** 53n + 2n ** 29n, -(2n ** 53n) - 2n ** 29n - 1n])),
    ]).toEqual([up, 2 ** 53, -up])
    expect([...toFloat32('u64', new BigUint64Array([2n ** 64n - 1n, 2n ** 63n + 2n ** 39n + 1n]))]).toEqual([
      2 ** 64,
      2 ** 63 + 2 ** 40,
    ])
    expect([...toFloat32('i64', new BigInt64Array([-(2n ** 63n), 5n, -7n]))]).toEqual([-(2 ** 63), 5, -7])
  })
})

describe('both ways', () => {
  it.each(fixedSizeTypes)('%s keeps small whole numbers', (type) => {
    const values = new Float32Array([0, 1, 0, 1, 1])
    const converted = fromFloat32(type, values)
    expect(converted.constructor).toBe(createElementArray(type, 0).constructor)
    expect([...toFloat32(type, converted, { elementCount: 5 })]).toEqual([...values])
  })

  it('refuse strings and unknown types with a coded error', () => {
    for (const type of ['string', 'float', 'toString'] as unknown as 'f32'[]) {
      expect(() => fromFloat32(type, new Float32Array(1))).toThrow(expect.objectContaining({ code: 'TENSOR_TYPE_INVALID' }))
      expect(() => toFloat32(type, new Float32Array(1))).toThrow(expect.objectContaining({ code: 'TENSOR_TYPE_INVALID' }))
    }
  })
})
