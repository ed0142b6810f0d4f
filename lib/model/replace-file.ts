import { randomBytes } from 'node:crypto'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'

export interface ReplaceOptions {
  /** Waits until the disk has it, so that a power cut leaves the old file or the new one; default true. */
  readonly isFlushed?: boolean | undefined
}

/**
 * Writes a file under a temporary name, flushes it to disk and moves it to `path`: a reader sees the old file or the
 * new one, never half of one. Links are followed; what is no regular file (a pipe, a terminal) is written directly.
 *
 * @param write receives the open file
 * @throws FILE_NOT_WRITTEN; what `write` throws that is an error of ours
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle) => Promise<void>,
  { isFlushed = true }: ReplaceOptions = {},
): Promise<void> {
  try {
    const target = await realpath(path).catch(() => path)
    const before = await stat(target).catch(() => null)
    if (before !== null && !before.isFile()) await writeDirectly(target, write)
    else await writeAndRename(target, before?.mode, isFlushed, write)
  } catch (cause) {
    if (isEngineryError(cause)) throw cause
    throw engineryError('FILE_NOT_WRITTEN', { path, reason: explainFileFailure(cause) }, { cause })
  }
}

async function writeDirectly(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w')
  try {
    await write(file)
  } finally {
    await file.close()
  }
}

async function writeAndRename(
  path: string,
  mode: number | undefined,
  isFlushed: boolean,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`)
  const file = await open(temporary, 'wx')
  try {
    try {
      if (mode !== undefined) await file.chmod(mode)
      await write(file)
      if (isFlushed) await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
