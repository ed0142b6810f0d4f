import type { SliceLayout } from './slice-layout.js'

// Below it so much is clipped that the rest cannot make up for it.
const narrowest = 0.6
const candidates = 20

/**
 * Lowers the magnitude that the largest integer stands for, slice by slice, to where rounding and clipping together cost the
 * least squared error.
 *
 * @param magnitudes of each slice; changed
 * @param floors magnitudes below which they must not go
 * @param limits smallest and largest integer
 */
export function lowerToLeastError(
  weights: Float32Array,
  { outer, slices, inner }: SliceLayout,
  magnitudes: Float32Array,
  floors: Float32Array,
  [low, high]: readonly [number, number],
): void {
  for (let s = 0; s < slices; s++) magnitudes[s] = Math.max(magnitudes[s] as number, floors[s] as number)
  const [best, least] = [magnitudes.slice(), new Float64Array(slices).fill(Number.POSITIVE_INFINITY)]
  for (let candidate = candidates; candidate >= 0; candidate--) {
    const share = narrowest + ((1 - narrowest) * candidate) / candidates
    const errors = new Float64Array(slices)
    for (let start = 0, o = 0; o < outer; o++, start += slices * inner) {
      for (let s = 0, from = start; s < slices; s++, from += inner) {
        const magnitude = Math.max((magnitudes[s] as number) * share, floors[s] as number)
        if (magnitude === 0) continue
        const scale = magnitude / high
        let error = 0
        for (let at = from; at < from + inner; at++) {
          const weight = weights[at] as number
          const difference = Math.min(Math.max(Math.round(weight / scale), low), high) * scale - weight
          error += difference * difference
        }
        errors[s] = (errors[s] as number) + error
      }
    }
    for (let s = 0; s < slices; s++) {
      // Asked this way round, weights that are not finite keep what they had.
      if (!((errors[s] as number) < (least[s] as number))) continue
      least[s] = errors[s] as number
      best[s] = Math.max((magnitudes[s] as number) * share, floors[s] as number)
    }
  }
  magnitudes.set(best)
}

/**
 * Lowers the magnitude of slices whose largest weight is negative, where negative integers reach one further.
 *
 * @param magnitudes of each slice, the largest of both signs; changed
 */
export function lowerToNegatives(
  weights: Float32Array,
  { outer, slices, inner }: SliceLayout,
  magnitudes: Float32Array,
  [low, high]: readonly [number, number],
): void {
  const most = new Float32Array(slices)
  for (let start = 0, o = 0; o < outer; o++, start += slices * inner) {
    for (let s = 0, from = start; s < slices; s++, from += inner) {
      for (let at = from; at < from + inner; at++) {
        const weight = weights[at] as number
        const magnitude = weight < 0 ? (weight * high) / low : weight
        if (magnitude > (most[s] as number) && Number.isFinite(magnitude)) most[s] = magnitude
      }
    }
  }
  magnitudes.set(most)
}

/** The weights with what integers do not reach cut off. */
export function clipSlices(
  weights: Float32Array,
  { slices, inner }: SliceLayout,
  scales: Float32Array,
  [low, high]: readonly [number, number],
): Float32Array {
  return weights.map((weight, at) => {
    const scale = scales[Math.floor(at / inner) % slices] as number
    return Math.min(Math.max(weight, low * scale), high * scale)
  })
}
