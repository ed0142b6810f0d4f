import type { EstimateContext } from './estimate-range.js'
import { countMagnitudes, edgesOf } from './histogram-values.js'
import type { Histogram } from './statistic-points.js'

const bins = 2048

/**
 * The magnitude at which to clip so that least information is lost: of all thresholds, the one whose distribution,
 * rounded to the levels that there will be, has the least Kullback-Leibler divergence from the clipped one.
 *
 * The method of S. Migacz, "8-bit Inference with TensorRT", GTC 2017: 2048 bins of magnitudes, what lies beyond a
 * threshold counts in its last bin, and a level shares its count among those of its bins that are not empty. There, integers
 * have a sign and magnitudes 128 levels; integers without one, and zero points, leave the larger side up to 256.
 */
export function findEntropyThreshold(histogram: Histogram, context: EstimateContext): number {
  const { counts, largest } = countMagnitudes(histogram, bins)
  if (largest === 0) return 0
  const { min, max } = edgesOf(histogram)
  const levelsAt = countLevels({ low: Math.max(-min, 0), high: Math.max(max, 0) }, context)
  // Zeros, of which Relu makes many, are exact with any threshold and say nothing about it.
  counts[0] = counts[1] as number
  const sums = sumUp(counts)
  let [best, least] = [bins, Number.POSITIVE_INFINITY]
  for (let end = 1; end <= bins; end++) {
    const levels = levelsAt(end / bins)
    if (end < levels) continue
    const divergence = measureDivergence(counts, sums, end, levels)
    // Of equals the wider: clipping less is never worse.
    if (divergence <= least) [best, least] = [end, divergence]
  }
  return (best / bins) * largest * histogram.width
}

/** Levels of the larger side by the share of it that a threshold leaves. The smaller side has its own, of the same width. */
function countLevels(
  sides: { low: number; high: number },
  { isSymmetric, steps = isSymmetric && sides.low > 0 ? 127 : 255 }: EstimateContext,
): (share: number) => number {
  const [smaller, larger] = sides.low < sides.high ? [sides.low, sides.high] : [sides.high, sides.low]
  if (isSymmetric) return () => steps + 1
  return (share) => Math.round((steps + 1) / (1 + Math.min(1, smaller / (share * larger))))
}

/** Sums over the bins before each, of which there are one more than bins: what all thresholds share. */
interface Sums {
  readonly counts: Float64Array
  /** Bins that are not empty. */
  readonly filled: Float64Array
  /** Of count times its logarithm. */
  readonly logs: Float64Array
}

function sumUp(counts: Float64Array): Sums {
  const sums = { counts: new Float64Array(bins + 1), filled: new Float64Array(bins + 1), logs: new Float64Array(bins + 1) }
  for (let bin = 0; bin < bins; bin++) {
    const count = counts[bin] as number
    sums.counts[bin + 1] = (sums.counts[bin] as number) + count
    sums.filled[bin + 1] = (sums.filled[bin] as number) + (count > 0 ? 1 : 0)
    sums.logs[bin + 1] = (sums.logs[bin] as number) + timesLog(count)
  }
  return sums
}

const timesLog = (value: number) => (value > 0 ? value * Math.log(value) : 0)

/**
 * Divergence of the distribution that is rounded to levels from the one clipped at `end`. With p the clipped counts, q the
 * rounded ones and their sums P and Q it is the sum of p/P log(p/P) - p/P log(q/Q), where q is the same in all bins of a level
 * that are not empty: so a level takes one logarithm.
 */
function measureDivergence(counts: Float64Array, sums: Sums, end: number, levels: number): number {
  const quantizedTotal = sums.counts[end] as number
  if (quantizedTotal <= 0) return Number.POSITIVE_INFINITY
  const total = sums.counts[bins] as number
  const beyond = Math.max(0, total - quantizedTotal)
  const last = counts[end - 1] as number
  const entropy = (sums.logs[end - 1] as number) + timesLog(last + beyond) - timesLog(total)
  let cross = 0
  for (let level = 0; level < levels; level++) {
    const from = Math.floor((level * end) / levels)
    const to = Math.floor(((level + 1) * end) / levels)
    const sum = (sums.counts[to] as number) - (sums.counts[from] as number)
    const filled = (sums.filled[to] as number) - (sums.filled[from] as number)
    // What is beyond counts in the last bin, where there is one to round it to.
    const clipped = to === end && last > 0 ? sum + beyond : sum
    if (filled > 0) cross += clipped * Math.log(sum / filled / quantizedTotal)
  }
  // In an empty bin it has nothing to be rounded to: as bad as can be, but not infinite.
  if (last === 0) cross += beyond * Math.log(1e-12)
  return (entropy - cross) / total
}
