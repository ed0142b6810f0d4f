import { types } from 'node:util'
import { describeValue } from '../errors/describe-value.js'
import { type Caller, engineryError } from '../errors/enginery-error.js'
import { arrayLengthOf, type ElementArray, type ElementType, elementTypes } from './element-type.js'
import { countElements } from './shape.js'

/** Arrays that a tensor can be made over. */
export type TensorArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[]

/** The type that a tensor over an array has where none is named. */
export type ArrayElementType<A extends TensorArray> = A extends string[]
  ? 'string'
  : A extends Float32Array
    ? 'f32'
    : A extends Float64Array
      ? 'f64'
      : A extends Int8Array
        ? 'i8'
        : A extends Uint8Array | Uint8ClampedArray
          ? 'u8'
          : A extends Int16Array
            ? 'i16'
            : A extends Uint16Array
              ? 'u16'
              : A extends Int32Array
                ? 'i32'
                : A extends Uint32Array
                  ? 'u32'
                  : A extends BigInt64Array
                    ? 'i64'
                    : A extends BigUint64Array
                      ? 'u64'
                      : ElementType

// By the name in Symbol.toStringTag, which subclasses (Buffer) inherit and other realms share.
const inferredTypes: Readonly<Record<string, ElementType>> = {
  Float32Array: 'f32',
  Float64Array: 'f64',
  Int8Array: 'i8',
  Uint8Array: 'u8',
  Uint8ClampedArray: 'u8',
  Int16Array: 'i16',
  Uint16Array: 'u16',
  Int32Array: 'i32',
  Uint32Array: 'u32',
  BigInt64Array: 'i64',
  BigUint64Array: 'u64',
  Float16Array: 'f16',
}

// Held under another class than the one that came: the same bytes, seen as the table of element types wants them.
const storedAs: Readonly<Record<string, string>> = { Uint8ClampedArray: 'Uint8Array', Float16Array: 'Uint16Array' }

export interface AdoptedArray {
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly size: number
  readonly data: ElementArray
}

/** The element type that an array holds by itself, null where it cannot be in a tensor. */
export function inferElementType(value: unknown): ElementType | null {
  if (types.isTypedArray(value)) return inferredTypes[value[Symbol.toStringTag]] ?? null
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? 'string' : null
}

/**
 * Matches an array with type and shape, without a copy.
 *
 * @throws TENSOR_DATA_INVALID, TENSOR_DETACHED
 */
export function adoptArray(
  data: unknown,
  shape: readonly number[] | undefined,
  type: ElementType | undefined,
  caller: Caller,
): AdoptedArray {
  const inferred = inferElementType(data)
  const wanted = type ?? inferred
  if (inferred === null || wanted === null || !holds(data as ElementArray, inferred, wanted)) {
    throw wrongData(wanted ?? 'f32', shape, data, caller)
  }
  if (types.isTypedArray(data) && isDetached(data)) {
    throw engineryError('TENSOR_DETACHED', { what: describeValue(data) }, { caller })
  }
  const array = stored(data as ElementArray)
  const known = shape ?? oneDimension(wanted, array.length)
  const size = countElements(known)
  if (array.length !== arrayLengthOf(wanted, size)) throw wrongData(wanted, known, data, caller)
  return { type: wanted, shape: known, size, data: array }
}

function oneDimension(type: ElementType, arrayLength: number): readonly number[] {
  return Object.freeze([arrayLengthOf(type, 2) === 1 ? arrayLength * 2 : arrayLength])
}

function holds(data: ElementArray, inferred: ElementType, wanted: ElementType): boolean {
  if (inferred === wanted) return true
  if (Array.isArray(data) || wanted === 'string') return false
  // Whole numbers of 8 and 16 bits are also the bits of other types; f16 of a Float16Array is nothing else.
  return (
    inferred !== 'f16' && (inferred === 'u8' || inferred === 'u16') && elementTypes[wanted].array === elementTypes[inferred].array
  )
}

function stored(data: ElementArray): ElementArray {
  if (Array.isArray(data)) return data
  switch (storedAs[data[Symbol.toStringTag]]) {
    case 'Uint8Array':
      return new Uint8Array(data.buffer, data.byteOffset, data.length)
    case 'Uint16Array':
      return new Uint16Array(data.buffer, data.byteOffset, data.length)
    default:
      return data
  }
}

// A detached buffer has no bytes at all; an empty array over a buffer of any length is just empty.
function isDetached(data: NodeJS.TypedArray): boolean {
  if (data.length > 0 || data.buffer.byteLength > 0 || data.buffer instanceof SharedArrayBuffer) return false
  try {
    new Uint8Array(data.buffer)
    return false
  } catch {
    return true
  }
}

function wrongData(type: ElementType, shape: readonly number[] | undefined, received: unknown, caller: Caller): Error {
  const { array } = elementTypes[type]
  const length = shape === undefined ? '' : ` of length ${arrayLengthOf(type, countElements(shape))}`
  const expected = `${array === null ? 'an array of strings' : `a ${array.name}`}${length}`
  return engineryError(
    'TENSOR_DATA_INVALID',
    { type, shape: shape ?? ['any'], expected, received: describeValue(received) },
    { caller },
  )
}
