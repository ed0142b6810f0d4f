import type { Aggregate } from './range-estimator-options.js'

/**
 * One number for those of all samples.
 *
 * @param outliers share left out at each end by the no-outlier aggregates: what is outside of the quantiles `outliers`
 * and `1 - outliers` is not counted
 */
export function aggregateSamples(values: Float32Array, aggregate: Aggregate, outliers: number): number {
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
  }
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
