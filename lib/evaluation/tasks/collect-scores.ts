import type { PredictionTable } from './prediction-table.js'

/** What turns a model's numbers into scores. */
export type Activation = 'none' | 'sigmoid' | 'softmax'

export interface ScoreColumns {
  /** Column of the first class. */
  readonly first: number
  readonly classes: number
  readonly activation: Activation
  /** Column of a score that each class is multiplied by; rows where it is at most the threshold are left out. */
  readonly objectness?: number
  /** Class that means "nothing": takes part in a softmax, is no answer. */
  readonly background?: number
  /** `best`: the best class of a row. `all`: every class above the threshold. */
  readonly labels: 'best' | 'all'
}

/**
 * Calls `found` for the scores of a sample that exceed `threshold`, in the order of rows, then classes. NaN exceeds
 * nothing. Both are compared as float32, as the reference implementations do.
 */
export function collectScores(
  table: PredictionTable,
  sample: number,
  columns: ScoreColumns,
  threshold: number,
  found: (row: number, category: number, score: number) => void,
): void {
  const { data, rows, rowStride, columnStride } = table
  const { classes, activation, objectness = -1, background = -1, labels } = columns
  const least = Math.fround(threshold)
  // What is this far below the threshold is not worth an exponential.
  const floor = activation === 'sigmoid' ? inverseSigmoid(least) - 0.01 : Number.NEGATIVE_INFINITY
  const start = sample * table.sampleStride
  const softmax = activation === 'softmax' ? new Float32Array(classes) : undefined
  for (let row = 0; row < rows; row++) {
    const rowStart = start + row * rowStride
    let factor = 1
    if (objectness >= 0) {
      factor = data[rowStart + objectness * columnStride] as number
      if (activation === 'sigmoid') factor = sigmoid(factor)
      if (!(factor > least)) continue
    }
    let values = data
    let at = rowStart + columns.first * columnStride
    let step = columnStride
    if (softmax) {
      writeSoftmax(data, at, step, softmax)
      values = softmax
      at = 0
      step = 1
    }
    if (labels === 'best') {
      let best = Number.NEGATIVE_INFINITY
      let category = -1
      for (let c = 0; c < classes; c++, at += step) {
        const value = values[at] as number
        if (value > best && c !== background) {
          best = value
          category = c
        }
      }
      // Only the best needs the sigmoid, which keeps their order.
      const score = Math.fround(factor * (activation === 'sigmoid' ? sigmoid(best) : best))
      if (category >= 0 && score > least) found(row, category, score)
    } else {
      for (let c = 0; c < classes; c++, at += step) {
        const value = values[at] as number
        if (!(value > floor) || c === background) continue
        const score = Math.fround(factor * (activation === 'sigmoid' ? sigmoid(value) : value))
        if (score > least) found(row, c, score)
      }
    }
  }
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

function inverseSigmoid(score: number): number {
  return Math.log(score / (1 - score))
}

/**
 * Softmax of `target.length` values. NaN counts as minus infinity and stays NaN; values of plus infinity share the whole.
 */
export function writeSoftmax(data: Float32Array, start: number, step: number, target: Float32Array): void {
  const count = target.length
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0, at = start; i < count; i++, at += step) if ((data[at] as number) > largest) largest = data[at] as number
  let sum = 0
  for (let i = 0, at = start; i < count; i++, at += step) {
    const value = data[at] as number
    const power = value === largest ? 1 : Math.exp(value - largest)
    target[i] = power
    if (!Number.isNaN(power)) sum += power
  }
  for (let i = 0; i < count; i++) target[i] = (target[i] as number) / sum
}
