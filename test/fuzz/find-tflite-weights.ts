import type { ByteRange } from './mutate-bytes.js'

/**
 * Where the weights of a sound TensorFlow Lite model are: buffers of more than 64 bytes.
 *
 * Field numbers: tensorflow/compiler/mlir/lite/schema/schema.fbs; layout: FlatBuffers' description of its binary format.
 */
export function findTfliteWeights(model: Uint8Array): ByteRange[] {
  const bytes = Buffer.from(model.buffer, model.byteOffset, model.byteLength)
  const follow = (at: number) => at + bytes.readUInt32LE(at)
  const fieldOf = (table: number, field: number) => {
    const vtable = table - bytes.readInt32LE(table)
    const entry = 4 + 2 * field
    const offset = entry < bytes.readUInt16LE(vtable) ? bytes.readUInt16LE(vtable + entry) : 0
    return offset === 0 ? null : follow(table + offset)
  }
  const buffers = fieldOf(follow(0), 4)
  if (buffers === null) return []
  const ranges: ByteRange[] = []
  for (let i = 0; i < bytes.readUInt32LE(buffers); i++) {
    const data = fieldOf(follow(buffers + 4 + 4 * i), 0)
    if (data === null) continue
    const length = bytes.readUInt32LE(data)
    if (length > 64) ranges.push({ start: data + 4, end: data + 4 + length })
  }
  return ranges
}
