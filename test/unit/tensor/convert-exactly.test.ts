import { expect, it } from 'vitest'
import { toFloat32 } from '../../../lib/tensor/convert-elements.js'
import { convertExactly } from '../../../lib/tensor/convert-exactly.js'
import type { ElementArray, FixedSizeElementType } from '../../../lib/tensor/element-type.js'

type Data = ElementArray<FixedSizeElementType>

it.each<[FixedSizeElementType, Data, FixedSizeElementType, Data]>([
  ['u8', Uint8Array.of(0, 255), 'f32', Float32Array.of(0, 255)],
  [
    'f64',
    Float64Array.of(0.5, Number.NaN, Number.NEGATIVE_INFINITY, -0),
    'f32',
    Float32Array.of(0.5, Number.NaN, Number.NEGATIVE_INFINITY, -0),
  ],
  ['f16', Uint16Array.of(0x3c00, 0xc000), 'f32', Float32Array.of(1, -2)],
  ['f32', Float32Array.of(1, -2, 65504), 'f16', Uint16Array.of(0x3c00, 0xc000, 0x7bff)],
  ['i64', BigInt64Array.of(-5n, 2n ** 24n), 'f32', Float32Array.of(-5, 2 ** 24)],
  ['i64', BigInt64Array.of(-128n, 127n), 'i8', Int8Array.of(-128, 127)],
  ['f32', Float32Array.of(7, -0), 'i64', BigInt64Array.of(7n, 0n)],
  ['i32', Int32Array.of(0, 1), 'bool', Uint8Array.of(0, 1)],
  ['bool', Uint8Array.of(0, 1), 'f32', Float32Array.of(0, 1)],
  ['u4', Uint8Array.of(0x21, 0x03), 'i32', Int32Array.of(1, 2, 3)],
])('%s to %s is exact: %#', (from, data, to, expected) => {
  const count = from === 'u4' ? 3 : data.length
  expect(convertExactly(data, from, to, count)).toEqual({ data: expected })
})

it.each<[FixedSizeElementType, Data, FixedSizeElementType, number, number | bigint]>([
  ['f64', Float64Array.of(1, 0.1), 'f32', 1, 0.1],
  ['i32', Int32Array.of(2 ** 24 + 1), 'f32', 0, 2 ** 24 + 1],
  ['i64', BigInt64Array.of(1n, 2n ** 53n + 1n), 'f64', 1, 2n ** 53n + 1n],
  ['f32', Float32Array.of(0.5), 'i32', 0, 0.5],
  ['f32', Float32Array.of(1, 256), 'u8', 1, 256],
  ['f32', Float32Array.of(Number.NaN), 'i64', 0, Number.NaN],
  ['i64', BigInt64Array.of(-1n), 'u64', 0, -1n],
  ['f32', Float32Array.of(1.0001), 'f16', 0, Math.fround(1.0001)],
  ['i32', Int32Array.of(2), 'bool', 0, 2],
  ['i8', Int8Array.of(1), 'i4', 0, 1],
])('%s to %s is not: %#', (from, data, to, position, value) => {
  expect(convertExactly(data, from, to, data.length)).toEqual({ position, value })
})

it('gives the same array where nothing is to be converted', () => {
  const data = Float32Array.of(0.1)
  expect(convertExactly(data, 'f32', 'f32', 1)).toEqual({ data })
  expect(toFloat32('f32', data, { elementCount: 1 })[0]).toBe(Math.fround(0.1))
})
