import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { engineryError } from '../errors/enginery-error.js'
import type { Category, Dataset, Sample } from './annotations.js'
import { type DatasetWarning, refuseWarnings, type WarningCollector } from './dataset-warnings.js'
import { mapLimited } from './map-limited.js'

/** A dataset that was read from files. */
export interface OpenedDataset extends Dataset {
  /** What did not fit: counted, with the first few by name. */
  readonly warnings: readonly DatasetWarning[]
}

/** What a reader of a format finds, before pictures are looked for. */
export interface DatasetDraft {
  readonly format: string
  /** For messages. */
  readonly path: string
  readonly categories: readonly Category[]
  readonly samples: readonly Sample[]
  readonly warnings: WarningCollector
  /** Goes into the digest, where samples have no files of their own. */
  readonly identity?: string
}

// More system calls at once gain nothing.
const statsAtOnce = 32

/**
 * Leaves out pictures that are not there, looks for classes without annotations and computes the digest.
 *
 * @throws DATASET_EMPTY; DATASET_MISMATCH where `strict` and anything was noted
 */
export async function buildDataset(draft: DatasetDraft, options: { strict?: boolean } = {}): Promise<OpenedDataset> {
  const { format, path, categories, warnings } = draft
  const sizes = await mapLimited(draft.samples, statsAtOnce, (sample) => sizeOf(sample))
  const samples: Sample[] = []
  const hash = createHash('sha256').update(
    `enginery-dataset-1\n${format}\n${JSON.stringify(categories)}\n${draft.identity ?? ''}\n`,
  )
  for (const [index, sample] of draft.samples.entries()) {
    const size = sizes[index]
    if (size === undefined) {
      warnings.add('PICTURE_MISSING', sample.id)
      continue
    }
    samples.push(sample)
    const { path: _path, tensors: _tensors, loadTensors: _load, ...annotations } = sample
    hash.update(`${JSON.stringify(annotations)} ${size}\n`)
  }
  if (samples.length === 0) {
    const reason = draft.samples.length === 0 ? 'no picture was found' : `none of its ${draft.samples.length} pictures is there`
    throw engineryError('DATASET_EMPTY', { path, reason })
  }
  noteEmptyClasses(categories, samples, warnings)
  const list = warnings.list()
  if (options.strict) refuseWarnings(list)
  return { format, categories, samples, digest: hash.digest('hex'), warnings: list }
}

async function sizeOf({ path, tensors }: Sample): Promise<number | undefined> {
  if (path === undefined) return Object.values(tensors ?? {}).reduce((sum, tensor) => sum + tensor.byteLength, 0)
  try {
    const facts = await stat(path)
    return facts.isFile() ? facts.size : undefined
  } catch {
    return undefined
  }
}

function noteEmptyClasses(categories: readonly Category[], samples: readonly Sample[], warnings: WarningCollector): void {
  const seen = new Set<number>()
  for (const { label, boxes = [], polygons = [] } of samples) {
    if (label !== undefined) seen.add(label)
    for (const { category } of [...boxes, ...polygons]) seen.add(category)
  }
  for (const [index, { name }] of categories.entries()) if (!seen.has(index)) warnings.add('CLASS_EMPTY', name)
}
