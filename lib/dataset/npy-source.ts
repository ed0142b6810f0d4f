/**
 * Where the bytes of a `.npy` array are read from: a file, or a stretch of one.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { type EngineryError, engineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'

export interface NpySource {
  /** For messages. */
  readonly name: string
  readonly size: number
  /** Fills `target` from `position` on. */
  read(target: Uint8Array, position: number): Promise<void>
}

/** A new buffer, or `OUT_OF_MEMORY` where the machine or JavaScript's limit refuses it. */
export function allocateBytes(byteLength: number, what: string): Uint8Array {
  try {
    return new Uint8Array(byteLength)
  } catch (cause) {
    throw engineryError(
      'OUT_OF_MEMORY',
      { reason: `${what} takes ${byteLength} bytes; openNpy and openRows read it row by row` },
      { cause },
    )
  }
}

/** Opens a regular file for reading. @throws FILE_NOT_FOUND, FILE_NOT_READ */
export async function openFile(path: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    const facts = await handle.stat()
    if (facts.isFile()) return { handle, size: facts.size }
  } catch (error) {
    await handle?.close()
    throw readError(path, error)
  }
  await handle.close()
  throw engineryError('FILE_NOT_READ', { path, reason: 'it is not a regular file' })
}

/** What the operating system refused, as an error of ours. */
export function readError(path: string, cause: unknown): EngineryError {
  if ((cause as NodeJS.ErrnoException | null)?.code === 'ENOENT') return engineryError('FILE_NOT_FOUND', { path }, { cause })
  return engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(cause) }, { cause })
}

/** `size` bytes of an open file from `offset` on. `name` is for messages about the array, `path` for those about the file. */
export function sourceOfFile(handle: FileHandle, path: string, name: string, offset: number, size: number): NpySource {
  return {
    name,
    size,
    async read(target, position) {
      let done = 0
      while (done < target.length) {
        // One system call moves at most 2 GiB.
        const length = Math.min(target.length - done, 2 ** 30)
        const { bytesRead } = await handle.read(target, done, length, offset + position + done).catch((error: unknown) => {
          throw readError(path, error)
        })
        // The size was looked up at the start: somebody has shortened the file since.
        if (bytesRead === 0) throw engineryError('NPY_TRUNCATED', { file: name, expected: size, received: position + done })
        done += bytesRead
      }
    },
  }
}
