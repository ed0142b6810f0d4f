import { countMagnitudes } from './histogram-values.js'
import type { Histogram } from './statistic-points.js'

const bins = 2048
const levels = 128

/**
 * The magnitude at which to clip so that least information is lost: of all thresholds, the one whose distribution,
 * rounded to 128 levels, has the least Kullback-Leibler divergence from the clipped one.
 *
 * The method of S. Migacz, "8-bit Inference with TensorRT", GTC 2017: 2048 bins of magnitudes, what lies beyond a
 * threshold counts in its last bin, and a level shares its count among those of its bins that are not empty.
 */
export function findEntropyThreshold(histogram: Histogram): number {
  const { counts, largest } = countMagnitudes(histogram, bins)
  if (largest === 0) return 0
  // Zeros, of which Relu makes many, are exact with any threshold and say nothing about it.
  counts[0] = counts[1] as number
  let beyond = counts.reduce((sum, count) => sum + count, 0)
  for (let bin = 0; bin < levels; bin++) beyond -= counts[bin] as number
  let [best, least] = [bins, Number.POSITIVE_INFINITY]
  for (let end = levels; end <= bins; end++) {
    const divergence = measureDivergence(counts, end, Math.max(0, beyond))
    // Of equals the wider: clipping less is never worse.
    if (divergence <= least) [best, least] = [end, divergence]
    beyond -= counts[end] ?? 0
  }
  return (best / bins) * largest * histogram.width
}

function measureDivergence(counts: Float64Array, end: number, beyond: number): number {
  let total = beyond
  for (let bin = 0; bin < end; bin++) total += counts[bin] as number
  const quantizedTotal = total - beyond
  if (quantizedTotal <= 0) return Number.POSITIVE_INFINITY
  let divergence = 0
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * end) / levels)
    const to = Math.floor(((level + 1) * end) / levels)
    let [sum, filled] = [0, 0]
    for (let bin = from; bin < to; bin++) {
      const count = counts[bin] as number
      sum += count
      if (count > 0) filled++
    }
    for (let bin = from; bin < to; bin++) {
      const kept = counts[bin] as number
      const reference = bin === end - 1 ? kept + beyond : kept
      if (reference === 0) continue
      // What is beyond lands in a bin that the rounded distribution has nothing in: as bad as can be, but not infinite.
      const rounded = kept > 0 ? sum / filled / quantizedTotal : 1e-12
      divergence += (reference / total) * Math.log(reference / total / rounded)
    }
  }
  return divergence
}
