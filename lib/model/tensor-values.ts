import {
  arrayLengthOf,
  byteLengthOf,
  createElementArray,
  type ElementArray,
  elementTypes,
  isElementType,
} from '../tensor/element-type.js'
import { loadChunk } from './encode-message.js'
import type { PackedElements, TensorMessage } from './onnx-messages.js'
import { nameOnnxType, onnxElementTypes } from './onnx-types.js'
import { WireError } from './wire-cursor.js'
import { WireReader } from './wire-reader.js'
import { WireType } from './wire-type.js'

/** Shape and element type of a tensor; the type as in {@link onnxElementTypes}. Throws WireError where no tensor has them. */
export function describeTensor(tensor: TensorMessage): { type: string; shape: readonly number[]; elements: number } {
  const shape = tensor.dimensions
  const elements = shape.reduce((product, length) => product * length, 1)
  if (shape.some((length) => length < 0) || !Number.isSafeInteger(elements * 16)) {
    throw new WireError(`tensor ${tensor.name ?? ''} has the impossible shape [${shape.slice(0, 8).join(', ')}]`)
  }
  return { type: nameOnnxType(tensor.dataType ?? 0), shape, elements }
}

/**
 * The elements of a tensor that is in the message: a view on the bytes of the file where these lie on a boundary that
 * the array needs, a copy otherwise.
 *
 * @returns null for types that no array of ours holds
 * @throws WireError
 */
export function decodeTensorValues(tensor: TensorMessage): ElementArray | null {
  const { type, shape, elements } = describeTensor(tensor)
  if (!isElementType(type)) return null
  const wrong = (held: string) =>
    new WireError(`tensor ${tensor.name ?? ''}: ${type}[${shape.join(', ')}] has ${elements} elements, ${held}`)
  if (type === 'string') {
    if (tensor.stringData.length !== elements) throw wrong(`${tensor.stringData.length} are there`)
    return tensor.stringData.map((bytes) => Buffer.from(bytes).toString('utf8'))
  }
  if (tensor.rawData !== undefined) {
    const bytes = byteLengthOf(type, elements)
    if (tensor.rawData.length !== bytes) throw wrong(`which take ${bytes} bytes; ${tensor.rawData.length} are there`)
    return viewElements(type, loadChunk(tensor.rawData))
  }
  const values = unpackElements(tensor)
  const length = arrayLengthOf(type, elements)
  // Checked before memory is taken for a shape that is a lie.
  if (values.length !== length) throw wrong(`${values.length} are there`)
  const array = createElementArray(type, elements)
  const wide = array instanceof BigInt64Array || array instanceof BigUint64Array
  for (let i = 0; i < length; i++) {
    const value = values[i] as number
    // Beyond 2^53 a value was rounded; what became 2^63 was the largest that there is.
    if (wide) array[i] = value >= 2 ** 63 && type === 'i64' ? 2n ** 63n - 1n : BigInt(value)
    else (array as Float64Array)[i] = value
  }
  return array
}

/** Bytes as the elements of a type. */
export function viewElements(type: Exclude<Parameters<typeof byteLengthOf>[0], 'string'>, bytes: Uint8Array): ElementArray {
  const { array } = elementTypes[type]
  const Elements = array as NonNullable<typeof array>
  const length = bytes.length / Elements.BYTES_PER_ELEMENT
  if (bytes.byteOffset % Elements.BYTES_PER_ELEMENT === 0) return new Elements(bytes.buffer, bytes.byteOffset, length)
  return new Elements(new Uint8Array(bytes).buffer, 0, length)
}

/** Bytes that the elements of a tensor take; null where its type does not say. */
export function byteLengthOfTensor(tensor: TensorMessage): number | null {
  const bits = onnxElementTypes[tensor.dataType ?? 0]?.bits ?? null
  return bits === null ? null : Math.ceil((describeTensor(tensor).elements * bits) / 8)
}

function unpackElements(tensor: TensorMessage): number[] {
  const values: number[] = []
  const read = (packed: readonly PackedElements[], wire: number, next: (reader: WireReader, end: number) => number) => {
    for (const part of packed) {
      if (part.wire !== wire && part.wire !== WireType.LengthDelimited) {
        throw new WireError(`tensor ${tensor.name ?? ''}: numbers of wire type ${part.wire}`)
      }
      const reader = new WireReader(part.bytes)
      const size = wire === WireType.Bit32 ? 4 : wire === WireType.Bit64 ? 8 : 1
      if (part.bytes.length % size !== 0) throw new WireError(`tensor ${tensor.name ?? ''}: its last number is cut short`)
      while (reader.position < part.bytes.length) values.push(next(reader, part.bytes.length))
    }
  }
  read(tensor.floatData, WireType.Bit32, (reader) => reader.float())
  read(tensor.int32Data, WireType.Varint, (reader, end) => reader.varint(end))
  read(tensor.int64Data, WireType.Varint, (reader, end) => reader.varint(end))
  read(tensor.doubleData, WireType.Bit64, (reader) => reader.double())
  read(tensor.uint64Data, WireType.Varint, (reader, end) => reader.varint(end))
  return values
}
