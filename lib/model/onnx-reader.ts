import { open } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { parseOnnxModel } from './onnx-parser.js'
import type { OnnxModel } from './onnx-types.js'
import { type Parsing, WireCursor, WireError } from './wire-cursor.js'

/** Parsing this much takes about a millisecond, after which the event loop gets its turn. */
const windowBytes = 1 << 16

/**
 * What an ONNX model holds: inputs, outputs, operators, weights by name, type and shape. The weights themselves are
 * stepped over, so files of any size take little time and memory. Files that the model refers to are not opened.
 *
 * @throws MODEL_CORRUPT, FILE_NOT_READ
 * @example (await readOnnxModel('yolox.onnx')).parameters
 */
export async function readOnnxModel(source: string | Uint8Array): Promise<OnnxModel> {
  return typeof source === 'string' ? readFromFile(source) : readFromBytes(source)
}

async function readFromFile(path: string): Promise<OnnxModel> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      return await answer(size, async (offset, length) => {
        // A new array each time: what was taken from the last window may still be in use.
        const window = new Uint8Array(Math.min(Math.max(length, windowBytes), size - offset))
        const { bytesRead } = await file.read(window, 0, window.length, offset)
        if (bytesRead < length) throw new WireError(`cut short while it was read, at byte ${offset + bytesRead}`)
        return window.subarray(0, bytesRead)
      })
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof WireError) throw corrupt(path, error)
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
  }
}

async function readFromBytes(bytes: Uint8Array): Promise<OnnxModel> {
  let turns = 0
  try {
    return await answer(bytes.length, async (offset, length) => {
      if (turns++ > 0) await nextTurn()
      return bytes.subarray(offset, offset + Math.max(length, windowBytes))
    })
  } catch (error) {
    if (error instanceof WireError) throw corrupt(`The model of ${bytes.length} bytes`, error)
    throw error
  }
}

type ReadWindow = (offset: number, length: number) => Promise<Uint8Array>

async function answer(size: number, read: ReadWindow): Promise<OnnxModel> {
  const cursor = new WireCursor(size)
  const parsing: Parsing<OnnxModel> = parseOnnxModel(cursor)
  let step = parsing.next()
  while (!step.done) {
    const { offset, length } = step.value
    cursor.load(offset, await read(offset, length))
    step = parsing.next()
  }
  return step.value
}

function corrupt(model: string, error: WireError): Error {
  return engineryError(
    'MODEL_CORRUPT',
    { model, reason: `as an ONNX model, ${error.message}` },
    { cause: error, caller: readOnnxModel },
  )
}
