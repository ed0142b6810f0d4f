import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import type { LazyBytes } from './onnx-messages.js'

/** What tells a file from the one that is there after it was written to, or replaced. */
export type FileStamp = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs' | 'ino'>

export function isSameFile(a: FileStamp, b: FileStamp): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.ino === b.ino
}

export interface RangeFaults {
  /** For a file that ends within the range. */
  readonly explainEnd: (size: number) => Error
  /** Of the file that is meant; another one is MODEL_CHANGED. Absent: whatever is there. */
  readonly stamp?: FileStamp | undefined
}

/** A part of a file, which is opened, read and closed each time: models of any size take neither memory nor handles. */
export class FileRange implements LazyBytes {
  readonly length: number
  readonly #offset: number
  readonly #faults: RangeFaults

  constructor(
    readonly path: string,
    { offset, length }: { readonly offset: number; readonly length: number },
    faults: RangeFaults,
  ) {
    this.length = length
    this.#offset = offset
    this.#faults = faults
  }

  load(): Uint8Array {
    const bytes = new Uint8Array(this.length)
    this.readInto(bytes, 0)
    return bytes
  }

  readInto(target: Uint8Array, from: number): void {
    const { explainEnd, stamp } = this.#faults
    try {
      const file = openSync(this.path, 'r')
      try {
        const refuseChanged = () => {
          const isChanged = stamp !== undefined && !isSameFile(stamp, fstatSync(file, { bigint: true }))
          if (isChanged) throw engineryError('MODEL_CHANGED', { model: this.path })
        }
        refuseChanged()
        for (let done = 0; done < target.length; ) {
          const count = readSync(file, target, done, Math.min(target.length - done, 1 << 30), this.#offset + from + done)
          if (count === 0) throw explainEnd(fstatSync(file).size)
          done += count
        }
        // Also afterwards: a writer may have come meanwhile.
        refuseChanged()
      } finally {
        closeSync(file)
      }
    } catch (error) {
      if (isEngineryError(error)) throw error
      throw engineryError('FILE_NOT_READ', { path: this.path, reason: explainFileFailure(error) }, { cause: error })
    }
  }
}
