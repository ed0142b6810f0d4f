import type { Aggregate } from './range-estimator-options.js'

/** Which end of the range the numbers are of. */
export type RangeEnd = 'min' | 'max'

/**
 * One number for those of all samples.
 *
 * @param outliers share left out at each end by the no-outlier aggregates: what is outside of the quantiles `outliers`
 * and `1 - outliers` is not counted
 */
export function aggregateSamples(values: Float32Array, aggregate: Aggregate, outliers: number, end: RangeEnd): number {
  switch (aggregate) {
    case 'mean':
      return meanOf(values)
    case 'median':
      return quantileOf(values.slice().sort(), 0.5)
    case 'min':
      return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    case 'max':
      return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    case 'mean-no-outliers':
      return meanOf(withoutOutliers(values, outliers))
    case 'median-no-outliers':
      return quantileOf(withoutOutliers(values, outliers), 0.5)
    case 'mean-deviation':
      return meanAndDeviation(values, end)
  }
}

/**
 * A standard deviation beyond the mean, and no further than any sample: the mean of samples that hardly differ, and most of
 * what is there where they do. Such samples differ in kind (silence and speech, an empty page and a full one), and a mean
 * would cut off whole samples.
 */
function meanAndDeviation(values: Float32Array, end: RangeEnd): number {
  const mean = meanOf(values)
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  const deviation = Math.sqrt(squares / values.length)
  if (end === 'max') return Math.min(mean + deviation, aggregateSamples(values, 'max', 0, end))
  return Math.max(mean - deviation, aggregateSamples(values, 'min', 0, end))
}

function meanOf(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Sorted. */
function withoutOutliers(values: Float32Array, outliers: number): Float32Array {
  const sorted = values.slice().sort()
  const [low, high] = [quantileOf(sorted, outliers), quantileOf(sorted, 1 - outliers)]
  const kept = sorted.filter((value) => value >= low && value <= high)
  // Of one or two samples both may be outside.
  return kept.length === 0 ? sorted : kept
}

/** The element at a rank of a sorted list, between two neighbours in proportion (as NumPy's `linear`). */
export function quantileOf(sorted: Float32Array, quantile: number): number {
  const rank = quantile * (sorted.length - 1)
  const below = Math.floor(rank)
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number]
  return low + (high - low) * (rank - below)
}
