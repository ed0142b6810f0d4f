import { constants } from 'node:fs'
import { access, type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'

/** Formats that a model, or an engine made of one, may come in. */
export type ModelFormat = 'onnx' | 'ir' | 'tflite' | 'paddle' | 'tensorflow' | 'openvino-blob' | 'tensorrt-plan'

/** Formats of models; the others are engines already. */
export type SourceFormat = Exclude<ModelFormat, 'openvino-blob' | 'tensorrt-plan'>

export interface DetectedModel {
  readonly format: ModelFormat
  /** Absolute. A folder for a TensorFlow SavedModel. */
  readonly path: string
  /** Size of the file; null for a folder. */
  readonly bytes: number | null
  /** The second file of an IR (.bin) or Paddle model (.pdiparams); null where there is none. */
  readonly weightsPath: string | null
}

const extensions: Readonly<Record<string, ModelFormat>> = {
  '.onnx': 'onnx',
  '.xml': 'ir',
  '.tflite': 'tflite',
  '.lite': 'tflite',
  '.pdmodel': 'paddle',
  '.pb': 'tensorflow',
  '.meta': 'tensorflow',
  '.blob': 'openvino-blob',
  '.plan': 'tensorrt-plan',
  '.engine': 'tensorrt-plan',
  '.trt': 'tensorrt-plan',
}

const headBytes = 4096

/**
 * The format of a model file or folder, by its first bytes and, where these say nothing, by its name. Files that
 * belong to a model are looked for beside it.
 *
 * @throws MODEL_NOT_FOUND, MODEL_EMPTY, MODEL_FORMAT_UNKNOWN, MODEL_CORRUPT, FILE_NOT_READ, EXTERNAL_DATA_MISSING
 * @example (await detectModelFormat('yolox.onnx')).format // 'onnx'
 */
export async function detectModelFormat(path: string): Promise<DetectedModel> {
  const absolute = resolve(path)
  const facts = await stat(absolute).catch((error: unknown) => {
    if (isMissing(error)) throw engineryError('MODEL_NOT_FOUND', { path, workingDirectory: process.cwd() }, { cause: error })
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  })
  if (facts.isDirectory()) return detectFolder(absolute)
  if (!facts.isFile()) {
    throw engineryError('MODEL_FORMAT_UNKNOWN', { model: path, reason: 'it is neither a file nor a folder' })
  }
  if (facts.size === 0) throw engineryError('MODEL_EMPTY', { model: path })
  const { head, tail } = await readEnds(absolute, facts.size)
  const format = detectBytesFormat(head, path)
  refuseForeignContent(head, path)
  const byName = extensions[extname(absolute).toLowerCase()]
  const found = format ?? byName ?? null
  if (found === null) throw unknownFormat(path, head)
  if (format === null && byName !== undefined) refuseWrongContent(path, byName, head)
  if (found === 'ir' && !tail.includes('</net>')) {
    throw engineryError('MODEL_CORRUPT', { model: path, reason: 'it is cut short: the XML ends before </net>' })
  }
  return { format: found, path: absolute, bytes: facts.size, weightsPath: await findWeights(found, absolute) }
}

/**
 * The format of a model in memory by its first bytes; null where these do not say.
 *
 * @param name a file name, whose extension decides between formats that begin alike (ONNX, Paddle, TensorFlow)
 */
export function detectBytesFormat(bytes: Uint8Array, name = ''): ModelFormat | null {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, headBytes))
  if (start.length >= 8 && start.toString('latin1', 4, 8) === 'TFL3') return 'tflite'
  const text = start.toString('latin1')
  if (text.startsWith('RR_UPCVO') || /^\s*(?:<\?xml[^>]*>\s*)?<(?:hetero|cnndata|compiled_model)\b/.test(text))
    return 'openvino-blob'
  if (text.startsWith('ftrt') || text.startsWith('ptrt')) return 'tensorrt-plan'
  if (/^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<net\b/.test(text)) return 'ir'
  // Field 1 of an ONNX model is its IR version, a small number; the messages of Paddle and TensorFlow begin with others.
  const byName = extensions[extname(name).toLowerCase()]
  const looksLikeOnnx = start.length > 2 && start[0] === 0x08 && (start[1] as number) > 0 && (start[1] as number) < 32
  if (looksLikeOnnx && (byName === undefined || byName === 'onnx')) return 'onnx'
  return null
}

// Files that are there in place of the model. What they hold is never a model, whatever their name.
function refuseForeignContent(head: Buffer, path: string): void {
  const text = head.toString('latin1', 0, 200).trimStart().toLowerCase()
  if (text.startsWith('version https://git-lfs')) {
    throw engineryError('MODEL_CORRUPT', {
      model: path,
      reason: 'it is a pointer of Git LFS; the model itself was not fetched (git lfs pull)',
    })
  }
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) {
    throw engineryError('MODEL_CORRUPT', { model: path, reason: 'it is a web page, as a failed download leaves it' })
  }
  if (head.every((byte) => byte === 0)) {
    throw engineryError('MODEL_CORRUPT', { model: path, reason: `its first ${head.length} bytes are all zero` })
  }
}

// Formats with an unmistakable start, of which this file's name says that it is one and its bytes that it is not.
function refuseWrongContent(path: string, format: ModelFormat, head: Buffer): void {
  const expected: Partial<Record<ModelFormat, string>> = {
    tflite: 'TFL3 at byte 4',
    ir: 'the XML element <net>',
  }
  const start = expected[format]
  if (start === undefined) return
  const reason = `expected ${start}, found ${showBytes(head)}`
  throw engineryError('MODEL_CORRUPT', { model: path, reason })
}

function unknownFormat(path: string, head: Buffer): Error {
  const extension = extname(path)
  const name = extension === '' ? 'the name has no extension' : `the extension ${extension} is not one of them`
  return engineryError('MODEL_FORMAT_UNKNOWN', { model: path, reason: `${name} and it begins with ${showBytes(head)}` })
}

function showBytes(head: Buffer): string {
  return [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

async function detectFolder(path: string): Promise<DetectedModel> {
  const names = await readdir(path)
  if (names.includes('saved_model.pb') || names.includes('saved_model.pbtxt')) {
    return { format: 'tensorflow', path, bytes: null, weightsPath: null }
  }
  const models = names.filter((name) => extensions[extname(name).toLowerCase()] !== undefined)
  const inside = models.length === 0 ? 'no model' : models.slice(0, 5).join(', ')
  throw engineryError('MODEL_FORMAT_UNKNOWN', {
    model: path,
    reason: `it is a folder without saved_model.pb (TensorFlow), with ${inside} inside`,
  })
}

async function findWeights(format: ModelFormat, path: string): Promise<string | null> {
  const extension = { ir: '.bin', paddle: '.pdiparams' }[format as string]
  if (extension === undefined) return null
  const weights = path.slice(0, path.length - extname(path).length) + extension
  try {
    await access(weights, constants.R_OK)
    return weights
  } catch (error) {
    // A graph without constants has no weights, and its exporter may leave the second file out. Of a Paddle model only
    // the reader can tell.
    if (format !== 'ir' || !(await hasConstants(path))) return null
    throw engineryError(
      'EXTERNAL_DATA_MISSING',
      { model: path, location: basename(weights), expectedPath: weights },
      { cause: error },
    )
  }
}

async function hasConstants(path: string): Promise<boolean> {
  const needle = 'type="Const"'
  const file = await open(path)
  try {
    let overlap = ''
    for await (const chunk of file.createReadStream({ autoClose: false, encoding: 'latin1', highWaterMark: 1 << 18 })) {
      const text = overlap + (chunk as string)
      if (text.includes(needle)) return true
      overlap = text.slice(-needle.length)
    }
    return false
  } finally {
    await file.close()
  }
}

async function readEnds(path: string, size: number): Promise<{ head: Buffer; tail: Buffer }> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const head = Buffer.alloc(Math.min(size, headBytes))
    await file.read(head, 0, head.length, 0)
    const tail = Buffer.alloc(Math.min(size, 256))
    await file.read(tail, 0, tail.length, size - tail.length)
    return { head, tail }
  } catch (error) {
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  } finally {
    await file?.close()
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Files inside a TensorFlow SavedModel that make up the model, in a fixed order; absolute. */
export async function listSavedModelFiles(folder: string): Promise<string[]> {
  const variables = await readdir(join(folder, 'variables')).catch(() => [])
  const names = (await readdir(folder)).filter((name) => /^saved_model\.pb(txt)?$/.test(name))
  return [...names, ...variables.map((name) => join('variables', name))].sort().map((name) => join(folder, name))
}
