import { describeValue } from '../errors/describe-value.js'
import { engineryError } from '../errors/enginery-error.js'
import type { ElementType } from '../tensor/element-type.js'
import { countElements } from '../tensor/shape.js'
import { decodeElements, type NpyArray } from './npy-elements.js'
import { type NpyHeader, npyPrefixBytes, parseNpyHeader, parseNpyPrefix, requireBytes, requireNpySize } from './npy-header.js'
import { allocateBytes, type NpySource } from './npy-source.js'

// Columns of a column-major array are read together as long as the stretch of file from the first to the last is no longer.
const longestStretch = 4 * 2 ** 20

/**
 * A `.npy` array in a file, read piece by piece: memory is needed for the rows asked for only. Close it after use.
 *
 * Reads may run at the same time.
 */
export class NpyReader {
  readonly header: NpyHeader
  readonly #source: NpySource
  readonly #release: () => Promise<void>
  #closed = false

  private constructor(source: NpySource, header: NpyHeader, release: () => Promise<void>) {
    this.header = header
    this.#source = source
    this.#release = release
  }

  /** Reads the header. `release` is called by {@link close}, not on failure here. */
  static async open(source: NpySource, release: () => Promise<void>): Promise<NpyReader> {
    const start = new Uint8Array(Math.min(npyPrefixBytes, source.size))
    await source.read(start, 0)
    const prefix = parseNpyPrefix(start, source.name)
    requireBytes(source.size, prefix.start + prefix.length, source.name)
    const dictionary = new Uint8Array(prefix.length)
    await source.read(dictionary, prefix.start)
    const header = parseNpyHeader(dictionary, prefix, source.name)
    requireNpySize(header, source.size, source.name)
    return new NpyReader(source, header, release)
  }

  get type(): ElementType {
    return this.header.type
  }

  get shape(): readonly number[] {
    return this.header.shape
  }

  /** Length of the first dimension; 0 for an array without dimensions, which has no rows. */
  get rows(): number {
    return this.header.shape[0] ?? 0
  }

  /** The whole array. @throws FILE_NOT_READ, NPY_TRUNCATED, NPY_INVALID, OUT_OF_MEMORY */
  async readAll(): Promise<NpyArray> {
    this.#requireOpen(this.readAll)
    const { header } = this
    const bytes = this.#allocate(header.elementCount)
    await this.#source.read(bytes, header.dataOffset)
    return this.#decode(bytes, header.shape)
  }

  /**
   * `count` rows, that is, slices of the first dimension, from `start` on. The first dimension of the result is `count`.
   *
   * @throws OPTION_INVALID for rows that the array does not have; FILE_NOT_READ, NPY_TRUNCATED, NPY_INVALID, OUT_OF_MEMORY
   */
  async readRows(start: number, count: number): Promise<NpyArray> {
    this.#requireOpen(this.readRows)
    requireRows(start, count, this.rows, this.readRows)
    const { header } = this
    const shape = [count, ...header.shape.slice(1)]
    const columns = countElements(header.shape.slice(1))
    const bytes = this.#allocate(count * columns)
    if (header.fortranOrder && header.shape.length > 1) await this.#gatherRows(bytes, start, count, columns)
    else await this.#source.read(bytes, header.dataOffset + start * columns * header.itemBytes)
    return this.#decode(bytes, shape)
  }

  /** Closes the file, after reads that are under way. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // In column-major order a row is one element of every column.
  async #gatherRows(target: Uint8Array, start: number, count: number, columns: number): Promise<void> {
    const { itemBytes, dataOffset } = this.header
    const columnBytes = this.rows * itemBytes
    const runBytes = count * itemBytes
    if (runBytes === 0) return
    const perStretch = Math.max(1, Math.floor(longestStretch / columnBytes))
    const stretch = new Uint8Array((Math.min(perStretch, columns) - 1) * columnBytes + runBytes)
    for (let column = 0; column < columns; column += perStretch) {
      const together = Math.min(perStretch, columns - column)
      const bytes = stretch.subarray(0, (together - 1) * columnBytes + runBytes)
      await this.#source.read(bytes, dataOffset + column * columnBytes + start * itemBytes)
      for (let i = 0; i < together; i++) {
        target.set(bytes.subarray(i * columnBytes, i * columnBytes + runBytes), (column + i) * runBytes)
      }
    }
  }

  #allocate(elementCount: number): Uint8Array {
    return allocateBytes(elementCount * this.header.itemBytes, `an array of ${this.#source.name}`)
  }

  #decode(bytes: Uint8Array, shape: readonly number[]): NpyArray {
    const data = decodeElements(bytes, this.header, shape, this.#source.name)
    return { type: this.type, shape, data }
  }

  // biome-ignore lint/complexity/noBannedTypes: any function may head a stack
  #requireOpen(caller: Function): void {
    if (this.#closed) throw engineryError('FILE_NOT_READ', { path: this.#source.name, reason: 'it was closed' }, { caller })
  }
}

// biome-ignore lint/complexity/noBannedTypes: any function may head a stack
function requireRows(start: number, count: number, rows: number, caller: Function): void {
  const isRow = (value: number) => Number.isInteger(value) && value >= 0
  const wrong = !isRow(start) || start > rows ? 'start' : !isRow(count) || start + count > rows ? 'count' : null
  if (wrong === null) return
  const received = `received start ${describeValue(start)}, count ${describeValue(count)}`
  throw engineryError(
    'OPTION_INVALID',
    { caller: 'readRows', option: wrong, reason: `expected rows within 0..${rows}, ${received}` },
    { caller },
  )
}
