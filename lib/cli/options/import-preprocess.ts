import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { engineryError } from '../../errors/enginery-error.js'
import { importMnnPreprocess } from '../../preprocess/importers/import-mnn.js'
import { importPaddlePreprocess } from '../../preprocess/importers/import-paddle.js'
import type { ImportedPreprocess } from '../../preprocess/importers/imported-preprocess.js'
import { describeFileError } from '../files/describe-file-error.js'

/**
 * Reads what another tool does to pictures; the ending says which: `.yml` and `.yaml` are Paddle's, `.json` is MNN's.
 *
 * @throws USAGE_INVALID; PREPROCESS_IMPORT_FAILED; FILE_NOT_FOUND, FILE_NOT_READ
 */
export async function importPreprocess(file: string): Promise<ImportedPreprocess> {
  const ending = extname(file).toLowerCase()
  if (ending === '.json') return importMnnPreprocess(await read(file))
  if (ending === '.yml' || ending === '.yaml') return importPaddlePreprocess(await read(file))
  const reason = `--preprocess-from ${file}: expected Paddle's .yml or .yaml, or MNN's .json`
  throw engineryError('USAGE_INVALID', { reason })
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw describeFileError(error, file)
  }
}
