import { loadKernels } from '../../native/load-addon.js'

/** Float weights and the integers that stand for them. */
export interface RoundedWeights {
  readonly shape: readonly number[]
  readonly weights: Float32Array
  readonly integers: Int8Array
  readonly scales: Float32Array
  /** Elements that follow each other with one scale; scales come in turn. */
  readonly run: number
}

/** How weights are multiplied: [first, second, taps]. */
export interface ProductLayout {
  readonly first: number
  readonly second: number
  readonly groups: number
  /** The first axis is the inputs; else the outputs. */
  readonly isTransposed: boolean
  /** Of each tap: the share of positions at which it lies inside the input. */
  readonly shares: Float64Array
  /** Outputs. */
  readonly channels: number
}

/**
 * What rounding adds to each output of a sum of products, in the mean.
 *
 * @param means of the inputs
 * @returns null where the lengths do not fit
 */
export function roundingShift(
  { weights, integers, scales, run }: RoundedWeights,
  { first, second, groups, isTransposed, shares, channels }: ProductLayout,
  means: Float64Array,
): Float64Array | null {
  const [inputs, outputs] = isTransposed ? [first, second * groups] : [second * groups, first]
  const fits = inputs === means.length && outputs === channels && weights.length === first * second * shares.length
  if (!fits || weights.length === 0 || groups < 1 || groups > first) return null
  const shift = new Float64Array(channels)
  loadKernels().addRoundingShift(weights, integers, scales, run, shares, second, groups, isTransposed, means, shift)
  return shift
}
