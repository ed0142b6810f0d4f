import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import yauzl from 'yauzl'

const chunkBytes = 2 ** 18

/** Lets yauzl read from a file that is opened and closed elsewhere. */
export class ZipFileReader extends yauzl.RandomAccessReader {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    super()
    this.#handle = handle
  }

  // Not handle.createReadStream: that closes the file when it is destroyed, whatever it is told.
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false })
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    this.#handle.read(buffer, offset, length, position).then(
      ({ bytesRead }) => callback(bytesRead < length ? new Error('unexpected end of file') : null),
      (error: Error) => callback(error),
    )
  }

  override close(callback: (error: Error | null) => void): void {
    setImmediate(callback, null)
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const length = Math.min(chunkBytes, end - at)
      const { bytesRead, buffer } = await this.#handle.read(Buffer.allocUnsafe(length), 0, length, at)
      if (bytesRead === 0) throw new Error('unexpected end of file')
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
  }
}
