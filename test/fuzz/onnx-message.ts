import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** Kinds of messages in an ONNX file that are taken apart. */
export type MessageKind = keyof typeof innerMessages

/** A field of a message: its value is a number, bytes, or a message taken apart. */
export interface MessageField {
  number: number
  type: WireType
  value: bigint | Buffer | MessageField[]
  /** Of the message it was in. */
  readonly holder: MessageKind
}

// Field numbers: onnx/onnx.proto3 of the ONNX specification.
const innerMessages = {
  model: { 7: 'graph', 8: 'opset', 14: 'entry' },
  graph: { 1: 'node', 5: 'tensor', 11: 'value', 12: 'value', 13: 'value' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph' },
  tensor: { 13: 'entry' },
  value: { 2: 'type' },
  type: { 1: 'tensorType' },
  tensorType: { 2: 'shape' },
  shape: { 1: 'dimension' },
  dimension: {},
  opset: {},
  entry: {},
} as const

const innerKind = (holder: MessageKind, number: number) =>
  (innerMessages[holder] as Readonly<Record<number, MessageKind | undefined>>)[number]

export function decodeMessage(bytes: Uint8Array, holder: MessageKind = 'model'): MessageField[] {
  const reader = new BinaryReader(bytes)
  const fields: MessageField[] = []
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag()
    if (type === WireType.Varint) {
      fields.push({ number, type, value: BigInt(reader.uint64()), holder })
    } else if (type === WireType.LengthDelimited) {
      const content = Buffer.from(reader.bytes())
      const kind = innerKind(holder, number)
      fields.push({ number, type, value: kind ? decodeMessage(content, kind) : content, holder })
    } else {
      const start = reader.pos
      reader.skip(type, number)
      fields.push({ number, type, value: Buffer.from(bytes.subarray(start, reader.pos)), holder })
    }
  }
  return fields
}

export function encodeMessage(fields: readonly MessageField[]): Buffer {
  const writer = new BinaryWriter()
  for (const { number, type, value } of fields) {
    writer.tag(number, type)
    if (typeof value === 'bigint') writer.uint64(BigInt.asUintN(64, value))
    else if (type === WireType.LengthDelimited) writer.bytes(Array.isArray(value) ? encodeMessage(value) : value)
    else writer.raw(value as Buffer)
  }
  return Buffer.from(writer.finish())
}

/** Every field at any depth, with the list that holds it. */
export function listFields(fields: MessageField[]): { list: MessageField[]; index: number; field: MessageField }[] {
  return fields.flatMap((field, index) => [
    { list: fields, index, field },
    ...(Array.isArray(field.value) ? listFields(field.value) : []),
  ])
}
