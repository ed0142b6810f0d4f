import { open } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { parseOnnxModel } from './onnx-parser.js'
import type { OnnxModel } from './onnx-types.js'
import { parseFile, parseWindows, windowBytes } from './parse-file.js'
import { WireError } from './wire-cursor.js'

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
      return await parseFile(file, parseOnnxModel)
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
    return await parseWindows(bytes.length, parseOnnxModel, async (offset, length) => {
      if (turns++ > 0) await nextTurn()
      return bytes.subarray(offset, offset + Math.max(length, windowBytes))
    })
  } catch (error) {
    if (error instanceof WireError) throw corrupt(`The model of ${bytes.length} bytes`, error)
    throw error
  }
}

function corrupt(model: string, error: WireError): Error {
  return engineryError(
    'MODEL_CORRUPT',
    { model, reason: `as an ONNX model, ${error.message}` },
    { cause: error, caller: readOnnxModel },
  )
}
