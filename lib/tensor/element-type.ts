/**
 * The element types of tensors, as data.
 *
 * JavaScript has no array for some of them: `f16` and `bf16` are raw bits in a `Uint16Array`, `bool` is one byte per
 * element (0 or 1), `i4` and `u4` are packed two per byte, low nibble first, and `string` is a plain `string[]`.
 */

/** The array that holds the elements of a type. */
export interface ElementArrays {
  f32: Float32Array
  f16: Uint16Array
  bf16: Uint16Array
  f64: Float64Array
  i8: Int8Array
  u8: Uint8Array
  i16: Int16Array
  u16: Uint16Array
  i32: Int32Array
  u32: Uint32Array
  i64: BigInt64Array
  u64: BigUint64Array
  i4: Uint8Array
  u4: Uint8Array
  bool: Uint8Array
  string: string[]
}

export type ElementType = keyof ElementArrays

/** Every type whose elements have a size: all but `string`. */
export type FixedSizeElementType = Exclude<ElementType, 'string'>

/** The data of a tensor: `ElementArray<'f16'>` is `Uint16Array`; without an argument, any of them. */
export type ElementArray<T extends ElementType = ElementType> = ElementArrays[T]

export type ElementKind = 'float' | 'signed' | 'unsigned' | 'boolean' | 'string'

export interface TypedArrayConstructor<A> {
  readonly BYTES_PER_ELEMENT: number
  readonly name: string
  new (length: number): A
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): A
}

export interface ElementTypeFacts<T extends ElementType = ElementType> {
  readonly kind: ElementKind
  /** Bits of one element; null for `string`. */
  readonly bits: number | null
  /** Constructor of {@link ElementArray}; null for `string`. */
  readonly array: TypedArrayConstructor<ElementArray<T>> | null
  /** NumPy's type code without byte order; null where NumPy has no such type. For `string` the length follows. */
  readonly numpy: string | null
}

export const elementTypes: { readonly [T in ElementType]: ElementTypeFacts<T> } = {
  f32: { kind: 'float', bits: 32, array: Float32Array, numpy: 'f4' },
  f16: { kind: 'float', bits: 16, array: Uint16Array, numpy: 'f2' },
  bf16: { kind: 'float', bits: 16, array: Uint16Array, numpy: null },
  f64: { kind: 'float', bits: 64, array: Float64Array, numpy: 'f8' },
  i8: { kind: 'signed', bits: 8, array: Int8Array, numpy: 'i1' },
  u8: { kind: 'unsigned', bits: 8, array: Uint8Array, numpy: 'u1' },
  i16: { kind: 'signed', bits: 16, array: Int16Array, numpy: 'i2' },
  u16: { kind: 'unsigned', bits: 16, array: Uint16Array, numpy: 'u2' },
  i32: { kind: 'signed', bits: 32, array: Int32Array, numpy: 'i4' },
  u32: { kind: 'unsigned', bits: 32, array: Uint32Array, numpy: 'u4' },
  i64: { kind: 'signed', bits: 64, array: BigInt64Array, numpy: 'i8' },
  u64: { kind: 'unsigned', bits: 64, array: BigUint64Array, numpy: 'u8' },
  i4: { kind: 'signed', bits: 4, array: Uint8Array, numpy: null },
  u4: { kind: 'unsigned', bits: 4, array: Uint8Array, numpy: null },
  bool: { kind: 'boolean', bits: 8, array: Uint8Array, numpy: 'b1' },
  string: { kind: 'string', bits: null, array: null, numpy: 'U' },
}

/** All names, in the table's order. */
export const elementTypeNames = Object.keys(elementTypes) as readonly ElementType[]

/** True where `value` names one of {@link elementTypes}. */
export function isElementType(value: unknown): value is ElementType {
  return typeof value === 'string' && Object.hasOwn(elementTypes, value)
}

/**
 * Bytes that `elementCount` elements take, tightly packed: an odd number of `i4` or `u4` leaves half a byte unused.
 *
 * @example byteLengthOf('i4', 3) // 2
 */
export function byteLengthOf(type: FixedSizeElementType, elementCount: number): number {
  return Math.ceil(((elementTypes[type].bits as number) * elementCount) / 8)
}

/**
 * Length of the array that holds `elementCount` elements: the count itself, but half of it, rounded up, for `i4` and `u4`.
 *
 * @example arrayLengthOf('u4', 3) // 2
 */
export function arrayLengthOf(type: ElementType, elementCount: number): number {
  return elementTypes[type].bits === 4 ? Math.ceil(elementCount / 2) : elementCount
}

/** A zeroed array for `elementCount` elements; empty strings for `string`. */
export function createElementArray<T extends ElementType>(type: T, elementCount: number): ElementArray<T> {
  const { array } = elementTypes[type]
  if (array === null) return new Array<string>(elementCount).fill('') as ElementArray<T>
  return new array(arrayLengthOf(type, elementCount))
}
