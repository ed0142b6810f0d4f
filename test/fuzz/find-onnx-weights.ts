import type { ByteRange } from './mutate-bytes.js'
import { decodeMessage, listFields } from './onnx-message.js'

/** Where the weights of a sound ONNX model are: contents of tensors of more than 64 bytes. */
export function findOnnxWeights(model: Uint8Array): ByteRange[] {
  const bytes = Buffer.from(model.buffer, model.byteOffset, model.byteLength)
  const ranges: ByteRange[] = []
  let from = 0
  // In the order of the file, so each is found behind the one before.
  for (const { field } of listFields(decodeMessage(model))) {
    if (field.holder !== 'tensor' || !Buffer.isBuffer(field.value) || field.value.length <= 64) continue
    const start = bytes.indexOf(field.value, from)
    from = start + field.value.length
    ranges.push({ start, end: from })
  }
  return ranges
}
