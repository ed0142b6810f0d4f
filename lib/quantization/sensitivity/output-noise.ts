import { decibels } from '../verification/measure-noise.js'
import type { FloatOutputs } from '../verification/reference-outputs.js'

/**
 * How much of the outputs is noise: for each output noise over noise and variance, from 0 to 1, and the mean over outputs.
 * Integers count where they differ.
 *
 * @param float outputs, an entry for each inference
 */
export function measureOutputNoise(float: readonly FloatOutputs[], other: readonly FloatOutputs[]): number {
  const names = [...(float[0]?.keys() ?? [])]
  const shares = names.map((name) => shareOfNoise(name, float, other))
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
}

function shareOfNoise(name: string, float: readonly FloatOutputs[], other: readonly FloatOutputs[]): number {
  let [count, sum, squares, noise] = [0, 0, 0, 0]
  for (const [inference, outputs] of float.entries()) {
    const [one, two] = [outputs.get(name), other[inference]?.get(name)]
    if (one === undefined || two === undefined || one.values.length !== two.values.length) return 1
    for (let at = 0; at < one.values.length; at++) {
      const value = one.values[at] as number
      const difference = value - (two.values[at] as number)
      if (!Number.isFinite(difference)) return 1
      count++
      sum += value
      squares += value * value
      noise += difference * difference
    }
  }
  const variance = squares - (sum * sum) / Math.max(1, count)
  return noise === 0 ? 0 : noise / (noise + Math.max(variance, 0))
}

/** Signal over noise in decibels for a share of noise. */
export function noiseInDecibels(share: number): number {
  return decibels(1 - share, share)
}
