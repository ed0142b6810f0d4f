/**
 * NumPy's `.npz` files: zip archives of `.npy` files, stored or deflated, with zip64 where they are large.
 */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type yauzl from 'yauzl'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { replaceFile } from '../model/replace-file.js'
import { adoptNpy, encodeNpy } from './npy.js'
import type { NpyArray } from './npy-elements.js'
import { NpyReader } from './npy-reader.js'
import { allocateBytes, openFile, readError, sourceOfFile } from './npy-source.js'

/**
 * An open `.npz` file: its list of arrays is in memory, the arrays are read when asked for. Close it after use.
 *
 * Reads may run at the same time.
 */
export class NpzReader {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #zip: yauzl.ZipFile
  readonly #entries: ReadonlyMap<string, yauzl.Entry>
  #closed = false

  /** Use {@link openNpz}. */
  constructor(path: string, handle: FileHandle, zip: yauzl.ZipFile, entries: ReadonlyMap<string, yauzl.Entry>) {
    this.#path = path
    this.#handle = handle
    this.#zip = zip
    this.#entries = entries
  }

  /** Names of the arrays, in the order of the file, without `.npy`. */
  get names(): string[] {
    return [...this.#entries.keys()]
  }

  /**
   * One array, whole. Its checksum is verified.
   *
   * @throws NPZ_ARRAY_NOT_FOUND, NPZ_INVALID, NPY_INVALID, NPY_TRUNCATED, NPY_UNSUPPORTED_DTYPE, FILE_NOT_READ, OUT_OF_MEMORY
   */
  async read(name: string): Promise<NpyArray> {
    const entry = this.#find(name)
    return adoptNpy(await this.#readEntry(entry), this.#describe(entry))
  }

  /**
   * One array, row by row, from the place where it lies in the archive. Only for arrays that are stored without
   * compression, as `numpy.savez` does. The checksum, which covers the whole array, is not verified.
   *
   * @throws as {@link read}; NPZ_INVALID for a compressed array
   */
  async openRows(name: string): Promise<NpyReader> {
    const entry = this.#find(name)
    if (entry.compressionMethod !== 0) {
      this.#refuse(`${entry.fileName} is compressed, so its rows cannot be read one by one: use read, or numpy.savez`)
    }
    const { fileDataStart } = await this.#zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch(this.#rethrow)
    const source = sourceOfFile(this.#handle, this.#path, this.#describe(entry), fileDataStart, entry.uncompressedSize)
    return await NpyReader.open(source, async () => {})
  }

  /** True where {@link openRows} can read the array: it is not compressed. @throws NPZ_ARRAY_NOT_FOUND, NPZ_INVALID */
  isStored(name: string): boolean {
    return this.#find(name).compressionMethod === 0
  }

  /** Closes the file, after reads that are under way. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#zip.close()
    await this.#handle.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #find(name: string): yauzl.Entry {
    if (this.#closed) throw engineryError('FILE_NOT_READ', { path: this.#path, reason: 'it was closed' })
    const entry = this.#entries.get(name)
    if (entry === undefined) {
      const expected = this.names.length > 0 ? this.names : 'none'
      throw engineryError('NPZ_ARRAY_NOT_FOUND', { file: this.#path, name: JSON.stringify(name), expected })
    }
    if (entry.isEncrypted()) this.#refuse(`${entry.fileName} is encrypted`)
    if (![0, 8].includes(entry.compressionMethod)) {
      this.#refuse(`${entry.fileName} uses compression method ${entry.compressionMethod}; expected stored (0) or deflated (8)`)
    }
    // Deflate never does better than 1032 to 1: a size beyond that is made up, and not worth allocating.
    if (entry.uncompressedSize > 1032 * entry.compressedSize + 64) {
      this.#refuse(`${entry.fileName} claims to unpack to ${entry.uncompressedSize} bytes from ${entry.compressedSize}`)
    }
    return entry
  }

  async #readEntry(entry: yauzl.Entry): Promise<Uint8Array> {
    // Refuses data that would reach beyond the file, so it comes before memory is taken for it.
    const stream = await this.#zip.openReadStreamPromise(entry).catch(this.#rethrow)
    const bytes = allocateBytes(entry.uncompressedSize, this.#describe(entry))
    let length = 0
    let checksum = 0
    try {
      // yauzl ends the stream with an error where there are more or fewer bytes than announced.
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes.set(chunk, length)
        length += chunk.length
        checksum = crc32(chunk, checksum)
      }
    } catch (error) {
      this.#rethrow(error)
    }
    if (checksum !== entry.crc32) this.#refuse(`the checksum of ${entry.fileName} is wrong: its bytes are damaged`)
    return bytes
  }

  #describe(entry: yauzl.Entry): string {
    return `${entry.fileName} in ${this.#path}`
  }

  #refuse(reason: string): never {
    throw engineryError('NPZ_INVALID', { file: this.#path, reason })
  }

  readonly #rethrow = (error: unknown): never => {
    throw zipError(this.#path, error)
  }
}

/**
 * Opens a `.npz` file and reads its list of arrays; files in it that are not called `.npy` are left out.
 *
 * @throws FILE_NOT_FOUND, FILE_NOT_READ, NPZ_INVALID
 * @example
 * const file = await openNpz('calibration.npz')
 * const rows = await file.openRows('images')
 */
export async function openNpz(path: string): Promise<NpzReader> {
  const { handle, size } = await openFile(path)
  try {
    // What reads archives is loaded where there is one.
    const [reader, { ZipFileReader }] = await Promise.all([import('yauzl'), import('./zip-file-reader.js')])
    const zip = await reader.default.fromRandomAccessReaderPromise(new ZipFileReader(handle), size, { autoClose: false })
    const entries = new Map<string, yauzl.Entry>()
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.npy')) continue
      const name = entry.fileName.replace(/\.npy$/, '')
      if (entries.has(name)) throw new Error(`${entry.fileName} appears twice`)
      entries.set(name, entry)
    }
    return new NpzReader(path, handle, zip, entries)
  } catch (error) {
    await handle.close()
    throw zipError(path, error)
  }
}

/**
 * Reads a `.npz` file whole: the arrays by name.
 *
 * @throws as {@link openNpz} and {@link NpzReader.read}
 * @example const { images, labels } = await readNpz('digits.npz')
 */
export async function readNpz(path: string): Promise<Record<string, NpyArray>> {
  const file = await openNpz(path)
  try {
    // Without a prototype, an array may have any name.
    const arrays: Record<string, NpyArray> = Object.create(null)
    for (const name of file.names) arrays[name] = await file.read(name)
    return arrays
  } finally {
    await file.close()
  }
}

/**
 * Writes a `.npz` file that NumPy can read, without compression. It appears at `path` once it is complete.
 *
 * @throws NPY_UNSUPPORTED_DTYPE, TENSOR_SHAPE_INVALID, TENSOR_DATA_INVALID, OPTION_INVALID for a name that no file can have,
 * FILE_NOT_WRITTEN
 * @example await writeNpz('outputs.npz', { scores, boxes })
 */
export async function writeNpz(path: string, arrays: Readonly<Record<string, NpyArray>>): Promise<void> {
  const { default: yazl } = await import('yazl')
  const zip = new yazl.ZipFile()
  zip.on('error', (error: Error) => (zip.outputStream as Readable).destroy(error))
  for (const [name, array] of Object.entries(arrays)) {
    const parts = encodeNpy(array, { name: `${name} in ${path}` })
    const size = parts.reduce((sum, part) => sum + part.byteLength, 0)
    try {
      zip.addReadStreamLazy(`${requireName(name)}.npy`, { ...entryOptions, size }, (provide) =>
        provide(null, Readable.from(chunksOf(parts))),
      )
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw engineryError('OPTION_INVALID', { caller: 'writeNpz', option: JSON.stringify(name), reason }, { cause })
    }
  }
  await replaceFile(path, async (file) => {
    zip.end()
    for await (const chunk of zip.outputStream) await file.writeFile(chunk as Buffer)
  })
}

// The date that NumPy writes: the same arrays make the same file.
const entryOptions = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true }

function requireName(name: string): string {
  // Backslashes would become folders.
  if (name === '' || name.includes('\\')) throw new Error('expected the name of a file')
  return name
}

// Small enough to let the event loop turn between two.
const chunkBytes = 2 ** 18

function* chunksOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.byteLength; at += chunkBytes) yield part.subarray(at, at + chunkBytes)
  }
}

// yauzl and zlib throw plain errors about what is in the file; the operating system's carry a system call.
function zipError(path: string, error: unknown): Error {
  if (isEngineryError(error)) return error
  if ((error as NodeJS.ErrnoException | null)?.syscall !== undefined) return readError(path, error)
  const reason = error instanceof Error ? error.message : String(error)
  return engineryError('NPZ_INVALID', { file: path, reason }, { cause: error })
}
