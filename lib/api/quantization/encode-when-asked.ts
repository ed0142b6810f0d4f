import { encodeOnnxModel, type LoadedModel, readsFiles } from '../../model/onnx-file.js'

/**
 * The bytes of a model, made once, when they are asked for: who has them written to a file seldom wants them besides.
 * Where weights lie in files they are made now, because those may change, or be the very file that is written.
 *
 * @param isWanted makes them now in any case
 */
export function encodeWhenAsked(model: LoadedModel, isWanted: boolean): () => Uint8Array {
  let bytes = isWanted || readsFiles(model) ? encodeOnnxModel(model) : null
  return () => {
    bytes ??= encodeOnnxModel(model)
    return bytes
  }
}

/** Adds the bytes to a result as its property `model`. */
export function withModel<T extends object>(result: T, encode: () => Uint8Array): T & { readonly model: Uint8Array } {
  return Object.defineProperty(result, 'model', { get: encode, enumerable: true }) as T & { readonly model: Uint8Array }
}
