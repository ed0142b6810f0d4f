/**
 * Conversions between element types, by way of float32.
 */
import { engineryError } from '../errors/enginery-error.js'
import { loadKernels } from '../native/load-addon.js'
import {
  createElementArray,
  type ElementArray,
  type ElementArrays,
  elementTypes,
  type FixedSizeElementType,
} from './element-type.js'

export interface ConvertOptions {
  /** Number of elements; only `i4` and `u4` need it, where an odd count leaves half a byte unused. */
  elementCount?: number
}

/**
 * The values of `data` as float32.
 *
 * Exact for `f16`, `bf16`, `bool` and integers of up to 24 bits; the rest rounds to the nearest float32, half to even
 * (`f64` beyond its range becomes infinity). `bool` gives 0 and 1.
 *
 * @returns a new array, but `data` itself for `f32`
 * @throws TENSOR_TYPE_INVALID for `string`
 * @example toFloat32('f16', new Uint16Array([0x3c00, 0xc000])) // Float32Array [1, -2]
 */
export function toFloat32<T extends FixedSizeElementType>(
  type: T,
  data: ElementArray<T>,
  options: ConvertOptions = {},
): Float32Array {
  const convert = float32Converters[requireFixedSize(type)] as (data: ElementArray<T>, elementCount?: number) => Float32Array
  return convert(data, options.elementCount)
}

/**
 * Float32 values as elements of another type.
 *
 * Integers (four-bit ones included): rounded half to even, clamped to the type's range, NaN becomes 0.
 * `f16` and `bf16`: rounded half to even; what is too large becomes infinity; NaN stays NaN. `f64` is exact.
 * `bool`: false for 0 and -0, true for everything else, NaN included, as in C and NumPy.
 *
 * @returns a new array, but `values` itself for `f32`
 * @throws TENSOR_TYPE_INVALID for `string`
 * @example fromFloat32('i8', new Float32Array([0.5, 1.5, 300, NaN])) // Int8Array [0, 2, 127, 0]
 */
export function fromFloat32<T extends FixedSizeElementType>(type: T, values: Float32Array): ElementArray<T> {
  return elementConverters[requireFixedSize(type)](values) as ElementArray<T>
}

const float32Converters: {
  [T in FixedSizeElementType]: (data: ElementArrays[T], elementCount?: number) => Float32Array
} = {
  f32: (data) => data,
  f16: (data) => fill(new Float32Array(data.length), (target) => loadKernels().float32FromFloat16(data, target)),
  bf16: (data) => fill(new Float32Array(data.length), (target) => loadKernels().float32FromBfloat16(data, target)),
  f64: (data) => new Float32Array(data),
  i8: (data) => new Float32Array(data),
  u8: (data) => new Float32Array(data),
  i16: (data) => new Float32Array(data),
  u16: (data) => new Float32Array(data),
  i32: (data) => new Float32Array(data),
  u32: (data) => new Float32Array(data),
  i64: float32FromBigints,
  u64: float32FromBigints,
  i4: (data, elementCount = data.length * 2) =>
    new Float32Array(fill(new Int8Array(elementCount), (target) => loadKernels().int8FromInt4(data, target))),
  u4: (data, elementCount = data.length * 2) =>
    new Float32Array(fill(new Uint8Array(elementCount), (target) => loadKernels().uint8FromUint4(data, target))),
  bool: (data) => Float32Array.from(data, (value) => (value === 0 ? 0 : 1)),
}

const elementConverters: { [T in FixedSizeElementType]: (values: Float32Array) => ElementArrays[T] } = {
  f32: (values) => values,
  f16: (values) => fill(new Uint16Array(values.length), (target) => loadKernels().float16FromFloat32(values, target)),
  bf16: (values) => fill(new Uint16Array(values.length), (target) => loadKernels().bfloat16FromFloat32(values, target)),
  f64: (values) => new Float64Array(values),
  i8: (values) => roundInto(new Int8Array(values.length), values, -(2 ** 7), 2 ** 7 - 1),
  u8: (values) => roundInto(new Uint8Array(values.length), values, 0, 2 ** 8 - 1),
  i16: (values) => roundInto(new Int16Array(values.length), values, -(2 ** 15), 2 ** 15 - 1),
  u16: (values) => roundInto(new Uint16Array(values.length), values, 0, 2 ** 16 - 1),
  i32: (values) => roundInto(new Int32Array(values.length), values, -(2 ** 31), 2 ** 31 - 1),
  u32: (values) => roundInto(new Uint32Array(values.length), values, 0, 2 ** 32 - 1),
  i64: (values) => roundIntoBigints(new BigInt64Array(values.length), values, -(2n ** 63n), 2n ** 63n - 1n),
  u64: (values) => roundIntoBigints(new BigUint64Array(values.length), values, 0n, 2n ** 64n - 1n),
  i4: (values) => {
    const rounded = roundInto(new Int8Array(values.length), values, -8, 7)
    return fill(createElementArray('i4', values.length), (target) => loadKernels().int4FromInt8(rounded, target))
  },
  u4: (values) => {
    const rounded = roundInto(new Uint8Array(values.length), values, 0, 15)
    return fill(createElementArray('u4', values.length), (target) => loadKernels().uint4FromUint8(rounded, target))
  },
  bool: (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
}

function requireFixedSize(type: FixedSizeElementType): FixedSizeElementType {
  if (Object.hasOwn(elementConverters, type)) return type
  throw engineryError('TENSOR_TYPE_INVALID', {
    expected: Object.keys(elementTypes).filter((name) => name !== 'string'),
    received: String(type),
  })
}

function fill<A>(target: A, write: (target: A) => void): A {
  write(target)
  return target
}

// Adding and taking away 1.5 * 2^52 leaves no room for a fraction: the processor rounds it off, half to even. Exact for
// magnitudes up to 2^51; a float32 beyond 2^24 has no fraction anyway.
const fractionShifter = 1.5 * 2 ** 52

function roundInto<A extends Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array>(
  target: A,
  values: Float32Array,
  min: number,
  max: number,
): A {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    // NaN takes the last branch, and an integer array stores it as 0.
    target[i] = value <= min ? min : value >= max ? max : value + fractionShifter - fractionShifter
  }
  return target
}

function roundIntoBigints<A extends BigInt64Array | BigUint64Array>(
  target: A,
  values: Float32Array,
  min: bigint,
  max: bigint,
): A {
  const [lowest, highest] = [Number(min), Number(max)]
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value <= lowest) target[i] = min
    else if (value >= highest) target[i] = max
    else if (Math.abs(value) >= 2 ** 24) target[i] = BigInt(value)
    else target[i] = BigInt(Number.isNaN(value) ? 0 : value + fractionShifter - fractionShifter)
  }
  return target
}

const exactInDouble = 2n ** 53n

// Number(bigint) rounds to 53 bits, and storing that rounds to 24 once more: a value just above halfway between two
// float32 could be rounded down. So the 11 lowest bits are folded into one that says "and a bit more" before the first
// rounding, which then has nothing to round.
function float32FromBigints(data: BigInt64Array | BigUint64Array): Float32Array {
  const target = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as bigint
    if (value >= -exactInDouble && value <= exactInDouble) {
      target[i] = Number(value)
    } else {
      const upper = (value >> 11n) << 11n
      target[i] = Number(upper === value ? value : upper | (1n << 11n))
    }
  }
  return target
}
