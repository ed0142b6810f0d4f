import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isEngineryError } from '../../errors/enginery-error.js'
import { encodeOnnxModel, type LoadedModel, lengthOfOnnxModel, saveOnnxModel } from '../../model/onnx-file.js'

// Smaller ones cost less as bytes than the file does.
const longestInMemory = 1 << 24

/**
 * Gives a model to an engine's reader: small ones as bytes, large ones as a temporary file, since their bytes would be in
 * memory here and, decoded, there. The file is gone when `use` has settled. Where none can be written, bytes it is.
 *
 * @throws what `use` throws, and what reading the weights throws
 */
export async function lendModel<T>(model: LoadedModel, use: (model: string | Uint8Array) => Promise<T>): Promise<T> {
  if (lengthOfOnnxModel(model) <= longestInMemory) return await use(encodeOnnxModel(model))
  // Only its owner can enter it.
  const folder = await mkdtemp(join(tmpdir(), 'enginery-model-')).catch(() => null)
  if (folder === null) return await use(encodeOnnxModel(model))
  try {
    const path = join(folder, 'model.onnx')
    return await use((await write(path, model)) ? path : encodeOnnxModel(model))
  } finally {
    // What cannot be removed is no reason to lose the result.
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
  }
}

async function write(path: string, model: LoadedModel): Promise<boolean> {
  try {
    await saveOnnxModel(path, model, { isFlushed: false })
    return true
  } catch (error) {
    if (isEngineryError(error, 'FILE_NOT_WRITTEN')) return false
    throw error
  }
}
