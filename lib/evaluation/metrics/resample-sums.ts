import type { Resampler } from './metric.js'

/**
 * Resampling for scores that are made of sums over samples, as accuracies and rates are.
 *
 * @param rows what each sample adds to each sum
 * @param score the headline number, of the sums
 */
export function resampleSums(rows: readonly (readonly number[])[], score: (sums: Float64Array) => number): Resampler {
  const width = rows[0]?.length ?? 0
  const table = Float64Array.from(rows.flat())
  const sums = new Float64Array(width)
  return {
    size: rows.length,
    score(counts) {
      sums.fill(0)
      for (let row = 0, at = 0; row < rows.length; row++) {
        const count = counts[row] as number
        for (let column = 0; column < width; column++, at++)
          sums[column] = (sums[column] as number) + count * (table[at] as number)
      }
      return score(sums)
    },
  }
}

/** The sums over all samples, each once. */
export function sumRows(rows: readonly (readonly number[])[]): Float64Array {
  const sums = new Float64Array(rows[0]?.length ?? 0)
  for (const row of rows) for (let i = 0; i < row.length; i++) sums[i] = (sums[i] as number) + (row[i] as number)
  return sums
}
