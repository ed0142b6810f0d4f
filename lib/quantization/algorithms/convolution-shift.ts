import type { LinearOperator } from '../../graph/folding/linear-operator.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { type RoundedWeights, roundingShift } from './rounding-shift.js'

/**
 * What rounding the weights of a convolution adds to each output channel, in the mean over all positions. Where the kernel
 * reaches over the border it reads padding, which is zero: each tap counts for the share of positions at which it lies
 * inside.
 *
 * @param means of the input channels
 * @returns null where the lengths do not fit
 */
export function convolutionShift(
  { node, channels }: LinearOperator,
  rounded: RoundedWeights,
  means: Float64Array,
  shapes: InferredShapes,
): Float64Array | null {
  const [first = 0, second = 0, ...kernel] = rounded.shape
  const groups = node.int('group', 1)
  const isTransposed = node.is('ConvTranspose')
  const shares = tapShares(node, kernel, shapes)
  return roundingShift(rounded, { first, second, groups, isTransposed, shares, channels }, means)
}

function tapShares(node: GraphNode, kernel: readonly number[], shapes: InferredShapes): Float64Array {
  const lengthsOf = (index: 'inputs' | 'outputs') => {
    const tensor = node[index][0]
    return (tensor ? shapes.get(tensor)?.shape : null)?.slice(2) ?? []
  }
  const [inside, positions] = [lengthsOf('inputs'), lengthsOf('outputs')]
  const sharesOf = node.is('ConvTranspose') ? transposedAxisShares : axisShares
  const alongAxes = kernel.map((length, axis) => sharesOf(node, axis, length, inside[axis], positions[axis], kernel.length))
  let shares = Float64Array.of(1)
  for (const along of alongAxes) {
    const product = new Float64Array(shares.length * along.length)
    for (const [i, share] of shares.entries())
      for (const [j, other] of along.entries()) product[i * along.length + j] = share * other
    shares = product
  }
  return shares
}

function axisShares(
  node: GraphNode,
  axis: number,
  kernel: number,
  inside: unknown,
  positions: unknown,
  rank: number,
): Float64Array {
  const shares = new Float64Array(kernel).fill(1)
  if (typeof inside !== 'number' || typeof positions !== 'number' || positions === 0) return shares
  const stride = node.ints('strides')?.[axis] ?? 1
  const dilation = node.ints('dilations')?.[axis] ?? 1
  const before = paddingBefore(node, axis, rank, { kernel, inside, positions, stride, dilation })
  return shares.map((_, tap) => countInside(positions, stride, tap * dilation - before, inside) / positions)
}

/** How many of `steps` steps, the first at `start`, come down from 0 to below `length`. */
function countInside(steps: number, stride: number, start: number, length: number): number {
  let count = 0
  for (let step = 0; step < steps; step++) {
    const at = start + step * stride
    if (at >= 0 && at < length) count++
  }
  return count
}

/** Of the outputs of a transposed convolution, the share that a tap adds something to. */
function transposedAxisShares(
  node: GraphNode,
  axis: number,
  kernel: number,
  inside: unknown,
  positions: unknown,
  rank: number,
): Float64Array {
  const stride = node.ints('strides')?.[axis] ?? 1
  const shares = new Float64Array(kernel).fill(1 / Math.max(stride, 1))
  // Without lengths, borders are left out of account.
  if (typeof inside !== 'number' || typeof positions !== 'number' || positions === 0) return shares
  const dilation = node.ints('dilations')?.[axis] ?? 1
  const spare = node.ints('output_padding')?.[axis] ?? 0
  const total = (inside - 1) * stride + spare + (kernel - 1) * dilation + 1 - positions
  const before = cropBefore(node, axis, rank, total)
  return shares.map((_, tap) => countInside(inside, stride, tap * dilation - before, positions) / positions)
}

/** What a transposed convolution leaves out of its result at the front. */
function cropBefore(node: GraphNode, axis: number, rank: number, total: number): number {
  const mode = node.text('auto_pad', 'NOTSET')
  if (mode === 'VALID') return 0
  const pads = node.ints('pads')
  if (mode === 'NOTSET' && node.ints('output_shape') === null) return pads?.length === 2 * rank ? (pads[axis] as number) : 0
  return mode === 'SAME_UPPER' ? Math.floor(total / 2) : total - Math.floor(total / 2)
}

function paddingBefore(
  node: GraphNode,
  axis: number,
  rank: number,
  { kernel, inside, positions, stride, dilation }: Record<'kernel' | 'inside' | 'positions' | 'stride' | 'dilation', number>,
): number {
  const mode = node.text('auto_pad', 'NOTSET')
  const pads = node.ints('pads')
  if (mode === 'NOTSET') return pads?.length === 2 * rank ? (pads[axis] as number) : 0
  if (mode === 'VALID') return 0
  const total = Math.max((positions - 1) * stride + (kernel - 1) * dilation + 1 - inside, 0)
  return mode === 'SAME_LOWER' ? Math.ceil(total / 2) : Math.floor(total / 2)
}
