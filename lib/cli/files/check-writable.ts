import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { describeWriteError } from './describe-file-error.js'

/**
 * Refuses a path in a folder that is not there or cannot be written, before minutes are spent on what was to go there.
 *
 * @throws FILE_NOT_WRITTEN
 */
export async function checkWritable(path: string): Promise<void> {
  const folder = dirname(resolve(path))
  try {
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw describeWriteError(error, path)
  }
}
