import type { LinearOperator } from '../../graph/folding/linear-operator.js'

/**
 * What an error of the weights of a Gemm or MatMul adds to each output, in the mean.
 *
 * @param error laid out as the weights
 * @param means of the inputs, one for each of the summed products
 * @returns null where the lengths do not fit
 */
export function productShift(
  { node, channels }: LinearOperator,
  shape: readonly number[],
  error: Float32Array,
  means: Float64Array,
): Float64Array | null {
  if (shape.length !== 2 || error.length !== channels * means.length) return null
  const shift = new Float64Array(channels)
  const isTransposed = node.is('Gemm') && node.int('transB', 0) === 1
  for (let at = 0; at < error.length; at++) {
    const [channel, input] = isTransposed
      ? [Math.floor(at / means.length), at % means.length]
      : [at % channels, Math.floor(at / channels)]
    shift[channel] = (shift[channel] as number) + (error[at] as number) * (means[input] as number)
  }
  return shift
}
