import type { Statistics } from '../../calibration/statistic-points.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { HalfType } from './half-operators.js'

export interface HalfLimits {
  /** Largest magnitude that a tensor may have been seen with. */
  readonly seen: number
  /** Largest number of the type. */
  readonly largest: number
  /** Below it, fewer and fewer bits are left. */
  readonly smallest: number
}

export const halfLimits: Readonly<Record<HalfType, HalfLimits>> = {
  // Pictures that no sample shows reach further: two bits are kept for them.
  f16: { seen: 65504 / 4, largest: 65504, smallest: 2 ** -14 },
  bf16: { seen: 2 ** 126, largest: 2 ** 127, smallest: 2 ** -126 },
}

/** Largest magnitude that samples brought to a tensor; null where it was not observed. */
export function largestSeen(tensor: GraphTensor, ranges: Statistics): number | null {
  const range = ranges.get(tensor.name)?.range
  return range === undefined ? null : Math.max(magnitudeOf(range.minima), magnitudeOf(range.maxima))
}

export function magnitudeOf(values: Float32Array): number {
  let most = 0
  for (const value of values) {
    const magnitude = Math.abs(value)
    // Infinity is what it is in every type; NaN must come out.
    if (magnitude !== Number.POSITIVE_INFINITY && !(magnitude <= most)) most = magnitude
  }
  return most
}
