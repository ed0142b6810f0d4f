import { normalQuantile, normalShareBelow } from './normal-distribution.js'

/** Where a score lies, as far as these samples tell. */
export interface Interval {
  /** For example 0.95. */
  readonly level: number
  readonly low: number
  readonly high: number
}

/** The value below which `share` of sorted values lie; between two of them, on the line between them. */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (at - below) * (high - low)
}

/** The middle `level` of what resamples gave. */
export function percentileInterval(sorted: Float64Array, level: number): Interval {
  return { level, low: quantile(sorted, (1 - level) / 2), high: quantile(sorted, (1 + level) / 2) }
}

/**
 * Efron's bias-corrected and accelerated interval: the percentiles are moved by how far the resamples lie off the observed
 * value, and by how its spread changes with it.
 *
 * @param withoutOne the value with each unit left out once
 */
export function acceleratedInterval(sorted: Float64Array, level: number, observed: number, withoutOne: Float64Array): Interval {
  let below = 0
  for (const value of sorted) below += value < observed ? 1 : value === observed ? 0.5 : 0
  const bias = normalQuantile(below / sorted.length)
  const acceleration = accelerationOf(withoutOne)
  const moved = (share: number) => {
    const z = bias + normalQuantile(share)
    return normalShareBelow(bias + z / (1 - acceleration * z))
  }
  return { level, low: quantile(sorted, moved((1 - level) / 2)), high: quantile(sorted, moved((1 + level) / 2)) }
}

function accelerationOf(withoutOne: Float64Array): number {
  const mean = withoutOne.reduce((sum, value) => sum + value, 0) / withoutOne.length
  let [squares, cubes] = [0, 0]
  for (const value of withoutOne) {
    const distance = mean - value
    squares += distance ** 2
    cubes += distance ** 3
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5)
}
