import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { decodeMessage } from './decode-message.js'
import { encodeMessage, joinChunks, lengthOfChunks, piecesOf } from './encode-message.js'
import { attachExternalWeights, externalLocation } from './external-weights.js'
import { mapTensors } from './map-tensors.js'
import { modelTable } from './onnx-fields.js'
import type { Chunk, EntryMessage, GraphMessage, ModelMessage, TensorMessage } from './onnx-messages.js'
import { readSparsely } from './read-sparsely.js'
import { type ReplaceOptions, replaceFile } from './replace-file.js'
import { WireError } from './wire-cursor.js'

/** A model whose graph is there. */
export type LoadedModel = ModelMessage & { readonly graph: GraphMessage }

export interface LoadOptions {
  /**
   * `in-memory` (default): weights are views on the bytes of the file. `in-file`: large ones are left there and read each
   * time they are asked for, which fails with MODEL_CHANGED once the file was written to.
   */
  readonly weights?: 'in-memory' | 'in-file'
}

/**
 * Reads a whole ONNX model. Weights in other files are read when needed.
 *
 * @param source a path, or bytes, which must not change while the model is in use
 * @throws MODEL_CORRUPT, FILE_NOT_READ, OUT_OF_MEMORY, EXTERNAL_DATA_MISSING, EXTERNAL_DATA_INVALID
 */
export async function loadOnnxModel(source: string | Uint8Array, { weights }: LoadOptions = {}): Promise<LoadedModel> {
  const path = typeof source === 'string' ? source : null
  const sparse = path !== null && weights === 'in-file' ? await readSparsely(path) : null
  const bytes = sparse === null ? (typeof source === 'string' ? await readWholeFile(source) : source) : null
  try {
    const model = sparse ?? decodeMessage(modelTable, bytes as Uint8Array)
    if (model.graph === undefined) throw new WireError('it holds no graph')
    const graph = await attachExternalWeights(model.graph, path)
    // The very object where nothing was external: it remembers its bytes.
    return graph === model.graph ? (model as LoadedModel) : { ...model, graph }
  } catch (error) {
    throw blameModel(path ?? `The model of ${bytes?.length} bytes`, error)
  }
}

/** What is wrong with the bytes of a model, as an error that names it; any other error as it is. */
export function blameModel(model: string, error: unknown): unknown {
  if (!(error instanceof WireError)) return error
  return engineryError('MODEL_CORRUPT', { model, reason: `as an ONNX model, ${error.message}` }, { cause: error })
}

async function readWholeFile(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const bytes = allocate(size, path)
      for (let done = 0; done < size; ) {
        const { bytesRead } = await file.read(bytes, done, Math.min(size - done, 1 << 30), done)
        if (bytesRead === 0) return bytes.subarray(0, done)
        done += bytesRead
      }
      return bytes
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isEngineryError(error)) throw error
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
}

function allocate(size: number, path: string): Uint8Array {
  try {
    return new Uint8Array(size)
  } catch (error) {
    throw engineryError('OUT_OF_MEMORY', { reason: `${path} has ${size} bytes` }, { cause: error })
  }
}

/** Bytes that a model takes as one file. */
export function lengthOfOnnxModel(model: ModelMessage): number {
  return lengthOfChunks(encodeMessage(modelTable, model))
}

/** Whether some of its weights lie in files, which may change. */
export function readsFiles(model: ModelMessage): boolean {
  return encodeMessage(modelTable, model).some((chunk) => !(chunk instanceof Uint8Array))
}

/** SHA-256 of a model as one file, in hex. Weights that are in files are not all in memory at any time. */
export function digestOnnxModel(model: ModelMessage): string {
  const hash = createHash('sha256')
  for (const piece of piecesOf(encodeMessage(modelTable, model))) hash.update(piece)
  return hash.digest('hex')
}

/** A model as the bytes of one file, weights inside. Parts that were not edited are the bytes they came as. */
export function encodeOnnxModel(model: ModelMessage): Uint8Array {
  return joinChunks(encodeMessage(modelTable, model))
}

export interface SaveOptions extends ReplaceOptions {
  /**
   * `auto` (default): weights in the file itself unless that takes more than protobuf can have. `always`: weights of
   * 1 KiB and more in `<name>.data` beside it.
   */
  readonly externalData?: 'auto' | 'always'
}

/** Protobuf's limit, with room for those that count a little differently. */
const largestFile = 2 ** 31 - 2 ** 20
const smallestExternal = 1024
/** So that a reader may map a tensor into memory. */
const externalAlignment = 4096

/**
 * Writes a model; a reader sees the old file or the new one. Weights in a file of their own are written first, under
 * the name `<model>.data`.
 *
 * @throws FILE_NOT_WRITTEN, and what reading external weights throws
 */
export async function saveOnnxModel(path: string, model: LoadedModel, options: SaveOptions = {}): Promise<void> {
  const { isFlushed } = options
  let chunks = encodeMessage(modelTable, model)
  if (options.externalData === 'always' || lengthOfChunks(chunks) > largestFile) {
    const { graph, weights } = moveWeightsOut(model.graph, `${basename(path)}.data`)
    const beside = join(dirname(path), `${basename(path)}.data`)
    if (weights.length > 0) await replaceFile(beside, (file) => writeChunks(file, weights), { isFlushed })
    chunks = encodeMessage(modelTable, { ...model, graph })
  }
  await replaceFile(path, (file) => writeChunks(file, chunks), { isFlushed })
}

async function writeChunks(file: FileHandle, chunks: readonly Chunk[]): Promise<void> {
  for (const bytes of piecesOf(chunks)) {
    for (let done = 0; done < bytes.length; ) {
      done += (await file.write(bytes, done, Math.min(bytes.length - done, 1 << 30))).bytesWritten
    }
  }
}

function moveWeightsOut(graph: GraphMessage, location: string): { graph: GraphMessage; weights: Chunk[] } {
  const weights: Chunk[] = []
  let position = 0
  const moved = mapTensors(graph, (tensor, holder) => {
    const { rawData, ...rest } = tensor
    if (holder !== 'initializer' || rawData === undefined || rawData.length < smallestExternal) return tensor
    const padding = (externalAlignment - (position % externalAlignment)) % externalAlignment
    if (padding > 0) weights.push(new Uint8Array(padding))
    const offset = position + padding
    position = offset + rawData.length
    weights.push(rawData)
    return {
      ...rest,
      dataLocation: externalLocation,
      externalData: describeLocation(location, offset, rawData.length),
    } satisfies TensorMessage
  })
  return { graph: moved, weights }
}

function describeLocation(location: string, offset: number, length: number): EntryMessage[] {
  return Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value: Buffer.from(String(value), 'utf8') }))
}
