import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { types } from 'node:util'
import { engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { listExternalData, resolveExternalData } from './external-data.js'
import { hashChunkBytes, hashFile } from './hash-file.js'
import { type DetectedModel, detectModelFormat, listSavedModelFiles } from './model-format.js'
import { readOnnxModel } from './onnx-reader.js'

/** A file that belongs to a model. */
export interface DigestedFile {
  /** Absolute; null for bytes in memory. */
  readonly path: string | null
  /** What the digest knows the file by: `model`, `weights`, or a path relative to the model. Not the model's own name. */
  readonly role: string
  readonly bytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

export interface ModelDigest {
  /** Over all files with their roles: the same for a model that was moved or renamed, and for its bytes in memory. */
  readonly sha256: string
  /** Of all files together. */
  readonly bytes: number
  readonly files: readonly DigestedFile[]
}

/** A model in memory, as the reader of the engine takes it. */
export interface ModelBytes {
  readonly bytes: Uint8Array
  readonly weights?: Uint8Array | undefined
}

/**
 * The SHA-256 of a model with everything that belongs to it: external data of ONNX, the .bin of an IR, the .pdiparams of
 * Paddle, the variables of a TensorFlow SavedModel. Reads in pieces: memory does not grow with the model.
 *
 * @param source a path, what {@link detectModelFormat} made of one, or bytes (whose external data is not looked at)
 * @throws as {@link detectModelFormat}; EXTERNAL_DATA_MISSING, EXTERNAL_DATA_INVALID, MODEL_CORRUPT; ABORTED
 */
export async function digestModel(
  source: string | DetectedModel | ModelBytes,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<ModelDigest> {
  if (typeof source === 'object' && 'bytes' in source && types.isUint8Array(source.bytes)) {
    return digestBytes(source as ModelBytes, options.signal)
  }
  const model = typeof source === 'string' ? await detectModelFormat(source) : (source as DetectedModel)
  const files: DigestedFile[] = []
  for (const [role, path] of await listModelFiles(model)) files.push(await digestFile(role, path, options.signal))
  return combineDigests(files)
}

/**
 * Every file of a model with its role, the model's own first.
 *
 * @throws EXTERNAL_DATA_MISSING, EXTERNAL_DATA_INVALID, MODEL_CORRUPT
 */
export async function listModelFiles(model: DetectedModel): Promise<[role: string, path: string][]> {
  if (model.bytes === null) {
    const files = await listSavedModelFiles(model.path)
    return files.map((path) => [relative(model.path, path).split(sep).join('/'), path])
  }
  const files: [string, string][] = [['model', model.path]]
  if (model.weightsPath !== null) files.push(['weights', model.weightsPath])
  if (model.format === 'onnx') {
    const folder = dirname(model.path)
    const external = await resolveExternalData(model.path, listExternalData(await readOnnxModel(model.path)))
    for (const path of external) files.push([relative(folder, path).split(sep).join('/'), path])
  }
  return files
}

/**
 * True while no file of a digest has been written since. Size and time of change are compared, not the contents: to be
 * asked after reading the same files again, before the result is stored under the digest.
 */
export async function isUnchanged(digest: ModelDigest): Promise<boolean> {
  for (const file of digest.files) {
    const seen = stamps.get(file)
    if (file.path === null || seen === undefined) continue
    const now = await readStamp(file.path).catch(() => null)
    if (now !== seen) return false
  }
  return true
}

// Beside the files, not in them: what a digest says must not depend on when it was taken.
const stamps = new WeakMap<DigestedFile, string>()

async function readStamp(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true })
  return `${size} ${mtimeNs} ${ctimeNs} ${ino}`
}

async function digestFile(role: string, path: string, signal: AbortSignal | undefined): Promise<DigestedFile> {
  try {
    const stamp = await readStamp(path)
    const { bytes, sha256 } = await hashFile(path, () => throwIfAborted(signal))
    const file = { path, role, bytes, sha256 }
    stamps.set(file, stamp)
    return file
  } catch (error) {
    throwIfAborted(signal)
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
}

async function digestBytes(model: ModelBytes, signal: AbortSignal | undefined): Promise<ModelDigest> {
  const files = [await digestArray('model', model.bytes, signal)]
  if (model.weights !== undefined) files.push(await digestArray('weights', model.weights, signal))
  return combineDigests(files)
}

async function digestArray(role: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<DigestedFile> {
  const hash = createHash('sha256')
  for (let offset = 0; offset < bytes.length; offset += hashChunkBytes) {
    throwIfAborted(signal)
    hash.update(bytes.subarray(offset, offset + hashChunkBytes))
    if (offset > 0) await nextTurn()
  }
  return { path: null, role, bytes: bytes.length, sha256: hash.digest('hex') }
}

function combineDigests(files: readonly DigestedFile[]): ModelDigest {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const [only] = files
  if (files.length === 1 && only?.role === 'model') return { sha256: only.sha256, bytes, files }
  const hash = createHash('sha256')
  for (const { role, sha256 } of files) hash.update(JSON.stringify([role, sha256]))
  return { sha256: hash.digest('hex'), bytes, files }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw engineryError('ABORTED', { what: 'Digesting the model' }, { cause: signal.reason })
}
