import { engineryError } from '../../errors/enginery-error.js'
import { detectBytesFormat, detectModelFormat } from '../../model/model-format.js'

/**
 * Refuses what is no ONNX model before anything tries to read it as one: what is there instead is named.
 *
 * @throws QUANTIZATION_NOT_ONNX; MODEL_NOT_FOUND, MODEL_EMPTY, MODEL_FORMAT_UNKNOWN, MODEL_CORRUPT, FILE_NOT_READ
 */
export async function refuseOtherFormats(model: string | Uint8Array): Promise<void> {
  // Bytes that say nothing may be ONNX with its fields in another order: reading them tells.
  const format = typeof model === 'string' ? (await detectModelFormat(model)).format : (detectBytesFormat(model) ?? 'onnx')
  if (format === 'onnx') return
  const name = typeof model === 'string' ? model : `The model of ${model.length} bytes`
  throw engineryError('QUANTIZATION_NOT_ONNX', { model: name, format })
}
