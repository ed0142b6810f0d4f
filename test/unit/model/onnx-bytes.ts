/**
 * Small ONNX files, written field by field as onnx.proto numbers them.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

type Write = (writer: BinaryWriter) => void

export function message(...fields: Write[]): Uint8Array {
  const writer = new BinaryWriter()
  for (const field of fields) field(writer)
  return writer.finish()
}

export const inside =
  (number: number, ...fields: Write[]): Write =>
  (writer) =>
    writer.tag(number, WireType.LengthDelimited).bytes(message(...fields))
export const bytes =
  (number: number, value: Uint8Array): Write =>
  (writer) =>
    writer.tag(number, WireType.LengthDelimited).bytes(value)
export const text =
  (number: number, value: string): Write =>
  (writer) =>
    writer.tag(number, WireType.LengthDelimited).string(value)
export const integer =
  (number: number, value: number): Write =>
  (writer) =>
    writer.tag(number, WireType.Varint).int64(value)
export const packed =
  (number: number, values: readonly number[]): Write =>
  (writer) => {
    const list = new BinaryWriter()
    for (const value of values) list.int64(value)
    writer.tag(number, WireType.LengthDelimited).bytes(list.finish())
  }

export interface TensorFields {
  name?: string
  type?: number
  dims?: readonly number[]
  raw?: Uint8Array
  external?: Record<string, string>
}

/** Fields of a TensorProto. */
export function tensor({ name = '', type = 1, dims = [], raw, external }: TensorFields): Write[] {
  return [
    packed(1, dims),
    integer(2, type),
    text(8, name),
    ...(raw ? [bytes(9, raw)] : []),
    ...Object.entries(external ?? {}).map(([key, value]) => inside(13, text(1, key), text(2, value))),
    ...(external ? [integer(14, 1)] : []),
  ]
}

/** Fields of a ValueInfoProto of f32; a string is a symbolic dimension. */
export function value(name: string, dims: readonly (number | string | null)[]): Write[] {
  const shape = dims.map((dim) =>
    dim === null ? inside(1) : inside(1, typeof dim === 'string' ? text(2, dim) : integer(1, dim)),
  )
  return [text(1, name), inside(2, inside(1, integer(1, 1), inside(2, ...shape)))]
}

/** A whole model around the fields of its graph. */
export function model(...graph: Write[]): Uint8Array {
  return message(integer(1, 8), text(2, 'enginery tests'), inside(8, integer(2, 17)), inside(7, text(2, 'g'), ...graph))
}

/** A model with one tensor whose data lies in a file. */
export function modelWithExternalData(location: string, length = 16, offset = 0): Uint8Array {
  const external = { location, offset: String(offset), length: String(length) }
  return model(inside(5, ...tensor({ name: 'w', dims: [length / 4], external })), inside(11, ...value('x', [1])))
}
