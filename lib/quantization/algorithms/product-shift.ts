import type { LinearOperator } from '../../graph/folding/linear-operator.js'
import { type RoundedWeights, roundingShift } from './rounding-shift.js'

const whole = Float64Array.of(1)

/**
 * What rounding the weights of a Gemm or MatMul adds to each output, in the mean.
 *
 * @param means of the inputs, one for each of the summed products
 * @returns null where the lengths do not fit
 */
export function productShift(
  { node, channels }: LinearOperator,
  rounded: RoundedWeights,
  means: Float64Array,
): Float64Array | null {
  const [first, second, ...others] = rounded.shape
  if (first === undefined || second === undefined || others.length > 0) return null
  const isTransposed = !(node.is('Gemm') && node.int('transB', 0) === 1)
  return roundingShift(rounded, { first, second, groups: 1, isTransposed, shares: whole, channels }, means)
}
