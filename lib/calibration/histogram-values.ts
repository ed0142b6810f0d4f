import type { Histogram } from './statistic-points.js'

/** Where the counted elements begin and end, to the width of a bin; zeros where nothing was counted. */
export function edgesOf({ counts, first, width }: Histogram): { min: number; max: number } {
  const lowest = counts.findIndex((count) => count > 0)
  if (lowest === -1) return { min: 0, max: 0 }
  let highest = counts.length - 1
  while (counts[highest] === 0) highest--
  // The bin that ends at zero below it, and the one that begins there, say that the end is zero.
  return { min: (first + lowest) * width, max: (first + highest + 1) * width }
}

/** The value that a share of all elements is below; within a bin, elements are taken to lie evenly. */
export function findPercentile(histogram: Histogram, share: number): number {
  const { counts, first, width } = histogram
  const { min, max } = edgesOf(histogram)
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (share <= 0 || total === 0) return min
  let below = 0
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= share * total) {
      return (first + index + (share * total - below) / count) * width
    }
    below += count
  }
  return max
}

/** Counts of magnitudes in `bins` bins of equal width from 0 to the largest; a count on an edge is shared out. */
export function countMagnitudes({ counts, first }: Histogram, bins: number): { counts: Float64Array; largest: number } {
  let largest = 0
  for (const [index, count] of counts.entries()) {
    if (count > 0) largest = Math.max(largest, first + index + 1, -(first + index))
  }
  const magnitudes = new Float64Array(bins)
  const scale = bins / largest
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue
    const place = first + index
    const low = (place >= 0 ? place : -place - 1) * scale
    spread(magnitudes, low, low + scale, count)
  }
  return { counts: magnitudes, largest }
}

function spread(target: Float64Array, low: number, high: number, count: number): void {
  const density = count / (high - low)
  for (let bin = Math.floor(low); bin < Math.min(high, target.length); bin++) {
    target[bin] = (target[bin] as number) + density * (Math.min(high, bin + 1) - Math.max(low, bin))
  }
}
