import { engineryError } from '../errors/enginery-error.js'

/**
 * What does not fit in a dataset and does not keep it from being used:
 * - `PICTURE_MISSING`: annotated, but not there; the sample is left out
 * - `PICTURE_UNANNOTATED`: there, but not annotated; left out, except where the format says that nothing is to be found
 * - `PICTURE_UNREADABLE`: its size, which the annotations need, could not be read; left out
 * - `CLASS_UNKNOWN`: an annotation of a class that the dataset does not have; the annotation is left out
 * - `CLASS_EMPTY`: a class without a single annotation; kept
 * - `BOX_OUTSIDE`: reaches beyond the picture by more than a pixel; kept as it is
 * - `BOX_EMPTY`: without width or height; kept as it is
 * - `ANNOTATION_DUPLICATE`: the same picture is annotated twice; the first counts
 */
export type DatasetWarningCode =
  | 'PICTURE_MISSING'
  | 'PICTURE_UNANNOTATED'
  | 'PICTURE_UNREADABLE'
  | 'CLASS_UNKNOWN'
  | 'CLASS_EMPTY'
  | 'BOX_OUTSIDE'
  | 'BOX_EMPTY'
  | 'ANNOTATION_DUPLICATE'

export interface DatasetWarning {
  readonly code: DatasetWarningCode
  readonly count: number
  /** The first few pictures, annotations or classes. */
  readonly examples: readonly string[]
}

const mostExamples = 5

/** Counts what does not fit and remembers the first of each kind. */
export class WarningCollector {
  readonly #found = new Map<DatasetWarningCode, { count: number; examples: string[] }>()

  add(code: DatasetWarningCode, example: string): void {
    const entry = this.#found.get(code) ?? { count: 0, examples: [] }
    entry.count++
    if (entry.examples.length < mostExamples) entry.examples.push(example)
    this.#found.set(code, entry)
  }

  /** Adds what another has found: files that are read at the same time have one each, so that the order is theirs. */
  merge(other: WarningCollector): void {
    for (const [code, { count, examples }] of other.#found) {
      for (const example of examples) this.add(code, example)
      const entry = this.#found.get(code)
      if (entry) entry.count += count - examples.length
    }
  }

  list(): DatasetWarning[] {
    return [...this.#found].map(([code, { count, examples }]) => ({ code, count, examples }))
  }
}

/** `PICTURE_MISSING (3: a.jpg, b.jpg, c.jpg)`. */
export function describeWarning({ code, count, examples }: DatasetWarning): string {
  return `${code} (${count}: ${examples.join(', ')}${count > examples.length ? ', ...' : ''})`
}

/** For `strict`. @throws DATASET_MISMATCH */
export function refuseWarnings(warnings: readonly DatasetWarning[]): void {
  // Classes that do not occur are usual in a part of a dataset, and nothing is wrong with it.
  const wrong = warnings.filter(({ code }) => code !== 'CLASS_EMPTY')
  if (wrong.length === 0) return
  throw engineryError('DATASET_MISMATCH', { problems: wrong.map(describeWarning) }, { details: { warnings: wrong } })
}
