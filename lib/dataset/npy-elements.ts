/**
 * Elements as they lie in a `.npy` file, to and from the arrays that hold tensors.
 */

import { endianness } from 'node:os'
import { TextDecoder } from 'node:util'
import { engineryError } from '../errors/enginery-error.js'
import { type ElementArray, type ElementType, elementTypes } from '../tensor/element-type.js'
import type { NpyHeader } from './npy-header.js'

/** An array as `.npy` files hold it, row-major. A `Tensor` is one too. */
export interface NpyArray<T extends ElementType = ElementType> {
  readonly type: T
  readonly shape: readonly number[]
  readonly data: ElementArray<T>
}

export const hostIsBigEndian = endianness() === 'BE'

/**
 * The elements of `shape`, row-major, from `bytes` as the file has them. The bytes become the array's memory where that
 * is possible: they must start at a multiple of 8 and not be used afterwards.
 *
 * @throws NPY_INVALID for text that is none
 */
export function decodeElements(bytes: Uint8Array, header: NpyHeader, shape: readonly number[], file: string): ElementArray {
  const unit = header.text === 'code points' ? 4 : header.text === 'bytes' ? 1 : header.itemBytes
  if (unit > 1 && header.bigEndian !== hostIsBigEndian) swapBytes(bytes, unit)
  const data = header.text === null ? viewElements(bytes, header) : decodeStrings(bytes, header, file)
  return header.fortranOrder && shape.length > 1 ? toRowMajor(data, shape) : data
}

/** The bytes to write for an array, in this machine's byte order: a view of it, or, for strings, new ones. */
export function encodeElements(data: ElementArray, textLength: number): Uint8Array {
  if (!Array.isArray(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const codePoints = new Uint32Array(data.length * Math.max(1, textLength))
  for (const [index, text] of data.entries()) {
    let at = index * textLength
    for (const character of text) codePoints[at++] = character.codePointAt(0) as number
  }
  return new Uint8Array(codePoints.buffer)
}

/** Code points of the longest string; 0 for numbers. */
export function longestText(data: ElementArray): number {
  if (!Array.isArray(data)) return 0
  let longest = 0
  for (const text of data) {
    let length = 0
    for (const _ of text) length++
    longest = Math.max(longest, length)
  }
  return longest
}

function swapBytes(bytes: Uint8Array, unit: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (unit === 2) buffer.swap16()
  else if (unit === 4) buffer.swap32()
  else buffer.swap64()
}

function viewElements(bytes: Uint8Array, { type, itemBytes }: NpyHeader): ElementArray {
  const { array } = elementTypes[type]
  if (array === null) throw new TypeError(`${type} has no typed array`)
  // NumPy takes any byte but 0 for True; ours are 0 and 1.
  if (type === 'bool') for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 1) bytes[i] = 1
  return new array(bytes.buffer, bytes.byteOffset, bytes.byteLength / itemBytes)
}

function decodeStrings(bytes: Uint8Array, header: NpyHeader, file: string): string[] {
  const count = bytes.byteLength / header.itemBytes
  const decode = header.text === 'bytes' ? decodeUtf8 : decodeCodePoints
  return Array.from({ length: count }, (_, index) => {
    const item = bytes.subarray(index * header.itemBytes, (index + 1) * header.itemBytes)
    const text = decode(item)
    if (text !== null) return text
    const expected = header.text === 'bytes' ? 'UTF-8' : 'Unicode'
    throw engineryError('NPY_INVALID', { file, reason: `string ${index} is not ${expected}` })
  })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Both kinds are padded with NULs; those inside a string count.
function decodeUtf8(item: Uint8Array): string | null {
  let end = item.length
  while (end > 0 && item[end - 1] === 0) end--
  try {
    return utf8.decode(item.subarray(0, end))
  } catch {
    return null
  }
}

function decodeCodePoints(item: Uint8Array): string | null {
  const points = new Uint32Array(item.buffer, item.byteOffset, item.byteLength / 4)
  let end = points.length
  while (end > 0 && points[end - 1] === 0) end--
  let text = ''
  for (let i = 0; i < end; i++) {
    const point = points[i] as number
    if (point > 0x10ffff) return null
    text += String.fromCodePoint(point)
  }
  return text
}

// Walks the result in order and keeps the place in the source beside it: one step along an axis there is the product of
// all axes before.
function toRowMajor(data: ElementArray, shape: readonly number[]): ElementArray {
  const count = data.length
  const target = Array.isArray(data)
    ? new Array<string>(count)
    : new (data.constructor as new (length: number) => typeof data)(count)
  const strides: number[] = []
  let stride = 1
  for (const length of shape) {
    strides.push(stride)
    stride *= length
  }
  const last = shape.length - 1
  const index = new Array<number>(shape.length).fill(0)
  const [innerLength, innerStride] = [shape[last] as number, strides[last] as number]
  let from = 0
  for (let to = 0; to < count; ) {
    for (let inner = 0; inner < innerLength; inner++) target[to++] = data[from + inner * innerStride] as never
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis] as number
      index[axis] = (index[axis] as number) + 1
      if (index[axis] !== shape[axis]) break
      from -= (strides[axis] as number) * (shape[axis] as number)
      index[axis] = 0
    }
  }
  return target as ElementArray
}
