import { engineryError, isEngineryError } from '../../errors/enginery-error.js'
import { explainFileFailure } from '../../errors/explain-file-failure.js'

/** Node's failure to read a file, as one of ours. */
export function describeFileError(error: unknown, path: string): Error {
  if (isEngineryError(error)) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return engineryError('FILE_NOT_FOUND', { path }, { cause: error })
  return engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, { cause: error })
}

/** Node's failure to write a file, as one of ours. */
export function describeWriteError(error: unknown, path: string): Error {
  if (isEngineryError(error)) return error
  return engineryError('FILE_NOT_WRITTEN', { path, reason: explainFileFailure(error) }, { cause: error })
}
