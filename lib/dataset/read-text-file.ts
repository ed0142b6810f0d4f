import { readFile } from 'node:fs/promises'
import { TextDecoder } from 'node:util'
import { engineryError } from '../errors/enginery-error.js'
import { readError } from './npy-source.js'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A text file, without its byte order mark. @throws FILE_NOT_FOUND, FILE_NOT_READ, DATASET_INVALID where it is no UTF-8 */
export async function readTextFile(path: string, format: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw readError(path, error)
  })
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw engineryError('DATASET_INVALID', { file: path, format, reason: 'it is not UTF-8 text' }, { cause })
  }
}

/** @throws as {@link readTextFile}; DATASET_INVALID where it is no JSON */
export async function readJsonFile(path: string, format: string): Promise<unknown> {
  const text = await readTextFile(path, format)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw engineryError(
      'DATASET_INVALID',
      { file: path, format, reason: `it is no JSON: ${(cause as Error).message}` },
      { cause },
    )
  }
}

/** Lines that are not empty, with their numbers from 1. */
export function linesOf(text: string): { line: string; number: number }[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
}
