import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { engineryError } from '../errors/enginery-error.js'
import { hashFile } from '../model/hash-file.js'
import { openNpy } from './npy.js'
import type { NpyArray } from './npy-elements.js'
import type { NpyReader } from './npy-reader.js'
import { type NpzReader, openNpz } from './npz.js'

/** Samples that lie in files of arrays: read when asked for, several at once. */
export interface TensorFiles {
  readonly paths: readonly string[]
  readonly count: number
  /** One sample: of each array one row, whose first dimension is 1. */
  read(index: number): Promise<Readonly<Record<string, NpyArray>>>
  /** SHA-256 in hex over the contents of all files. */
  digest(): Promise<string>
  close(): Promise<void>
}

/**
 * `.npy` files whose first axis is the samples, one for each name.
 *
 * @throws DATASET_INVALID where they differ in length; DATASET_EMPTY; as openNpy
 */
export async function openNpyFiles(files: Readonly<Record<string, string>>): Promise<TensorFiles> {
  const readers = new Map<string, NpyReader>()
  const close = async () => void (await Promise.all([...readers.values()].map((reader) => reader.close())))
  const paths = Object.values(files)
  try {
    for (const [name, path] of Object.entries(files)) readers.set(name, await openNpy(path))
    const [[first, { rows: count }]] = [...readers] as [[string, NpyReader]]
    for (const [name, { rows }] of readers) {
      if (rows === count) continue
      const reason = `expected as many rows in each, received ${rows} in ${name} and ${count} in ${first}`
      throw engineryError('DATASET_INVALID', { file: files[name] as string, format: 'tensors', reason })
    }
    if (count === 0) throw engineryError('DATASET_EMPTY', { path: paths.join(', '), reason: 'its first axis has no elements' })
    return {
      paths,
      count,
      async read(index) {
        const rows = await Promise.all(
          [...readers].map(async ([name, reader]) => [name, await reader.readRows(index, 1)] as const),
        )
        return Object.fromEntries(rows)
      },
      digest: () => digestFiles(Object.entries(files)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Stack {
  /** True where the first axis is the samples; else the array is one sample. */
  readonly isStacked: boolean
  /** True where rows can be read alone. */
  readonly isStored: boolean
}

interface Archive {
  readonly path: string
  readonly arrays: ReadonlyMap<string, Stack>
  readonly rows: number
  /** Of the first sample among all. */
  readonly start: number
}

/** Which arrays of archives are wanted, and what they are. */
export interface ArraySelection {
  /** May throw where an archive lacks one. */
  select(names: readonly string[], path: string): readonly string[]
  /** Dimensions of a sample with its batch: an array with one less is a single sample. null: unknown. */
  rank(name: string): number | null
}

/**
 * `.npz` files: the rows of their arrays are samples, or each file is one.
 *
 * @throws DATASET_INVALID where arrays of a file differ in length; DATASET_EMPTY; as openNpz, and what the selection throws
 */
export async function openNpzFiles(paths: readonly string[], selection: ArraySelection): Promise<TensorFiles> {
  const archives: Archive[] = []
  for (const path of paths) {
    const before = archives.at(-1)
    archives.push(await inspectArchive(path, before ? before.start + before.rows : 0, selection))
  }
  const last = archives.at(-1)
  const count = last ? last.start + last.rows : 0
  if (count === 0) throw engineryError('DATASET_EMPTY', { path: paths.join(', '), reason: 'its arrays have no rows' })
  // Of the archive read last: samples come in their order, and what is compressed is read whole.
  let kept: { readonly path: string; readonly whole: Map<string, Promise<NpyArray>> } | null = null
  const readWhole = (file: NpzReader, path: string, name: string): Promise<NpyArray> => {
    if (kept?.path !== path) kept = { path, whole: new Map() }
    const array = kept.whole.get(name) ?? file.read(name)
    kept.whole.set(name, array)
    return array
  }
  return {
    paths,
    count,
    async read(index) {
      const archive = archives.find(({ start, rows }) => index < start + rows) as Archive
      const row = index - archive.start
      // Opened for each sample: there may be more archives than a process may have files.
      const file = await openNpz(archive.path)
      try {
        const rows: Record<string, NpyArray> = {}
        for (const [name, { isStacked, isStored }] of archive.arrays) {
          if (!isStacked) rows[name] = withBatch(await file.read(name))
          else if (isStored) rows[name] = await (await file.openRows(name)).readRows(row, 1)
          else rows[name] = rowOf(await readWhole(file, archive.path, name), row)
        }
        return rows
      } finally {
        await file.close()
      }
    },
    digest: () => digestFiles(paths.map((path) => [basename(path), path])),
    close: async () => {},
  }
}

async function inspectArchive(path: string, start: number, { select, rank }: ArraySelection): Promise<Archive> {
  const file = await openNpz(path)
  try {
    const arrays = new Map<string, Stack>()
    let rows: number | null = null
    for (const name of select(file.names, path)) {
      const isStored = file.isStored(name)
      const { shape } = isStored ? await file.openRows(name) : await file.read(name)
      const dimensions = rank(name)
      const isStacked = dimensions === null || shape.length >= dimensions
      arrays.set(name, { isStacked, isStored })
      const own = isStacked ? (shape[0] ?? 1) : 1
      rows ??= own
      if (own === rows) continue
      const reason = `expected as many rows in each array, received ${own} in ${name} and ${rows} before it`
      throw engineryError('DATASET_INVALID', { file: path, format: 'tensors', reason })
    }
    return { path, arrays, rows: rows ?? 0, start }
  } finally {
    await file.close()
  }
}

function withBatch({ type, shape, data }: NpyArray): NpyArray {
  return { type, shape: [1, ...shape], data }
}

function rowOf({ type, shape, data }: NpyArray, row: number): NpyArray {
  const length = shape.slice(1).reduce((product, each) => product * each, 1)
  return { type, shape: [1, ...shape.slice(1)], data: data.slice(row * length, (row + 1) * length) as NpyArray['data'] }
}

async function digestFiles(files: readonly (readonly [name: string, path: string])[]): Promise<string> {
  const hash = createHash('sha256').update('enginery-tensors-1\n')
  for (const [name, path] of files) hash.update(`${JSON.stringify(name)} ${(await hashFile(path)).sha256}\n`)
  return hash.digest('hex')
}
