import type { FileHandle } from 'node:fs/promises'
import { type Parsing, WireCursor, WireError } from './wire-cursor.js'

/** Parsing this much takes about a millisecond, after which the event loop gets its turn. */
export const windowBytes = 1 << 16

export type ReadWindow = (offset: number, length: number) => Promise<Uint8Array>

/** Parses a message of `size` bytes, reading what the parser asks for. */
export async function parseWindows<T>(size: number, parse: (cursor: WireCursor) => Parsing<T>, read: ReadWindow): Promise<T> {
  const cursor = new WireCursor(size)
  const parsing = parse(cursor)
  let step = parsing.next()
  while (!step.done) {
    const { offset, length } = step.value
    cursor.load(offset, await read(offset, length))
    step = parsing.next()
  }
  return step.value
}

/** Parses a file; throws WireError, and what the file system throws. */
export async function parseFile<T>(file: FileHandle, parse: (cursor: WireCursor) => Parsing<T>): Promise<T> {
  const { size } = await file.stat()
  return await parseWindows(size, parse, async (offset, length) => {
    // A new array each time: what was taken from the last window may still be in use.
    const window = new Uint8Array(Math.min(Math.max(length, windowBytes), size - offset))
    const { bytesRead } = await file.read(window, 0, window.length, offset)
    if (bytesRead < length) throw new WireError(`cut short while it was read, at byte ${offset + bytesRead}`)
    return window.subarray(0, bytesRead)
  })
}
