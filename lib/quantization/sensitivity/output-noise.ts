import { decibels } from '../verification/measure-noise.js'
import { findLayout } from '../verification/output-layout.js'
import type { FloatOutputs } from '../verification/reference-outputs.js'

/** Columns that spread this many times as far as the middle one are of another kind: coordinates beside scores. */
const unlike = 10
/** Tables with more columns are of classes alone, most of which are never seen. */
const mostColumns = 512

/**
 * How much of the outputs is noise: for each output noise over noise and variance, from 0 to 1, and the mean over outputs.
 * Integers count where they differ. Where a table joins coordinates and scores, both count alike: else pixels, which are hundreds,
 * would drown what scores lose.
 *
 * @param float outputs, an entry for each inference
 * @param batch length of the first axis of the inputs
 */
export function measureOutputNoise(float: readonly FloatOutputs[], other: readonly FloatOutputs[], batch = 1): number {
  const names = [...(float[0]?.keys() ?? [])]
  const shares = names.map((name) => shareOfNoise(name, float, other, batch))
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
}

interface ColumnSums {
  count: number
  sum: number
  squares: number
  noise: number
}

function shareOfNoise(name: string, float: readonly FloatOutputs[], other: readonly FloatOutputs[], batch: number): number {
  const layout = findLayout(
    float.flatMap((outputs) => outputs.get(name) ?? []),
    batch,
  )
  const columns = layout.kind === 'rows' && layout.columns <= mostColumns ? layout.columns : 1
  const sums = Array.from({ length: columns }, (): ColumnSums => ({ count: 0, sum: 0, squares: 0, noise: 0 }))
  for (const [inference, outputs] of float.entries()) {
    const [one, two] = [outputs.get(name), other[inference]?.get(name)]
    if (one === undefined || two === undefined || one.values.length !== two.values.length) return 1
    // In one column alone elements follow each other; transposed, as many as there are rows.
    const run = layout.isTransposed ? Math.max(1, Math.floor(one.values.length / columns / layout.tables)) : 1
    for (let at = 0; at < one.values.length; at++) {
      const value = one.values[at] as number
      const difference = value - (two.values[at] as number)
      if (!Number.isFinite(difference)) return 1
      const own = sums[Math.floor(at / run) % columns] as ColumnSums
      own.count++
      own.sum += value
      own.squares += value * value
      own.noise += difference * difference
    }
  }
  const groups = groupColumns(sums)
  return groups.reduce((sum, group) => sum + shareOf(group), 0) / groups.length
}

/** All together, or apart what spreads far more than the middle column. */
function groupColumns(columns: readonly ColumnSums[]): (readonly ColumnSums[])[] {
  const spreads = columns.map((column) => Math.sqrt(varianceOf([column]) / Math.max(1, column.count)))
  const middle = [...spreads].sort((a, b) => a - b)[Math.floor(columns.length / 2)] as number
  const isFar = spreads.map((spread) => spread > unlike * middle)
  const groups = [columns.filter((_, at) => isFar[at]), columns.filter((_, at) => !isFar[at])]
  return groups.some(({ length }) => length === 0) ? [columns] : groups
}

function shareOf(columns: readonly ColumnSums[]): number {
  const noise = columns.reduce((sum, column) => sum + column.noise, 0)
  return noise === 0 ? 0 : noise / (noise + varianceOf(columns))
}

/** Of all elements, times their number. */
function varianceOf(columns: readonly ColumnSums[]): number {
  const all = { count: 0, sum: 0, squares: 0 }
  for (const { count, sum, squares } of columns) {
    all.count += count
    all.sum += sum
    all.squares += squares
  }
  return Math.max(0, all.squares - (all.sum * all.sum) / Math.max(1, all.count))
}

/** Signal over noise in decibels for a share of noise. */
export function noiseInDecibels(share: number): number {
  return decibels(1 - share, share)
}
