import type { EstimateContext, EstimatedRange } from './estimate-range.js'
import { edgesOf } from './histogram-values.js'
import type { Histogram } from './statistic-points.js'

/** Widths tried, from all down to a part of it; then again, finer, around the best. */
const candidates = 40
const narrowest = 0.1
const rounds = 2

/**
 * The range in which rounding to the nearest integer's value, and clipping, cost the least squared error: a search over
 * the ends, one after the other where the range may be asymmetric. Zero is always in the range and exact.
 */
export function findLeastErrorRange(histogram: Histogram, context: EstimateContext): EstimatedRange {
  const { min, max } = edgesOf(histogram)
  const [low, high] = [Math.min(min, 0), Math.max(max, 0)]
  if (low === high) return { min: 0, max: 0 }
  const points = listPoints(histogram)
  const { isSymmetric, steps = isSymmetric && low < 0 ? 127 : 255 } = context
  if (isSymmetric) {
    const magnitude = Math.max(-low, high)
    const floor = low < 0 ? -steps : 0
    const width = searchWidth((share) => measureError(points, (share * magnitude) / steps, floor, steps))
    return { min: low < 0 ? -width * magnitude : 0, max: width * magnitude }
  }
  let range = { min: low, max: high }
  const errorOf = ({ min, max }: EstimatedRange) => {
    const scale = (max - min) / steps
    const floor = Math.round(min / scale)
    return measureError(points, scale, floor, floor + steps)
  }
  for (let round = 0; round < rounds; round++) {
    if (high > 0) range = { ...range, max: high * searchWidth((share) => errorOf({ ...range, max: high * share })) }
    if (low < 0) range = { ...range, min: low * searchWidth((share) => errorOf({ ...range, min: low * share })) }
  }
  return range
}

function searchWidth(errorOf: (share: number) => number): number {
  let [from, to] = [narrowest, 1]
  let [best, least] = [1, errorOf(1)]
  for (let round = 0; round < rounds; round++) {
    const step = (to - from) / candidates
    for (let index = 0; index <= candidates; index++) {
      const share = from + step * index
      const error = errorOf(share)
      if (error < least) [best, least] = [share, error]
    }
    ;[from, to] = [Math.max(narrowest, best - step), Math.min(1, best + step)]
  }
  return best
}

/** Middles of the bins that are not empty, with their counts. */
function listPoints({ counts, first, width }: Histogram): { values: Float64Array; counts: Float64Array } {
  const filled = [...counts.keys()].filter((index) => (counts[index] as number) > 0)
  return {
    values: Float64Array.from(filled, (index) => (first + index + 0.5) * width),
    counts: Float64Array.from(filled, (index) => counts[index] as number),
  }
}

function measureError(points: ReturnType<typeof listPoints>, scale: number, lowest: number, highest: number): number {
  let error = 0
  for (let index = 0; index < points.values.length; index++) {
    const value = points.values[index] as number
    const integer = Math.min(Math.max(Math.round(value / scale), lowest), highest)
    const difference = value - integer * scale
    error += difference * difference * (points.counts[index] as number)
  }
  return error
}
