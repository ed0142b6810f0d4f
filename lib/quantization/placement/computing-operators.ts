import type { GraphNode } from '../../graph/graph-node.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { WeightQuantizer } from '../quantizer.js'
import type { Target } from '../targets/target.js'

/** What a node needs to compute on integers. */
export interface IntegerOperator {
  /** Indices of the inputs that are activations. */
  readonly activations: readonly number[]
  readonly weights: WeightQuantizer | null
}

// None of the engines computes these on integers, though much of a model may be in them: they are listed, not passed over.
const recurrent = new Set(['GRU', 'LSTM', 'RNN'])

/** How a node computes on integers, or why it does not; null for operators that never do. */
export function describeInteger(
  node: GraphNode,
  shapes: InferredShapes,
  target: Target,
): IntegerOperator | { reason: string } | null {
  if (node.domain !== '') return null
  if (node.type === 'MatMul') return describeMatMul(node, shapes, target)
  if (recurrent.has(node.type)) return { reason: 'the target has no INT8 kernel for layers that recur' }
  if (node.type !== 'Conv' && node.type !== 'ConvTranspose' && node.type !== 'Gemm') return null
  if (!target.weighted.has(node.type)) return { reason: 'the target computes it in float' }
  const weights = node.inputs[1] ?? null
  if (weights === null) return { reason: 'it has no weights' }
  if (weights.constant === null) return { reason: 'its weights are computed' }
  if (weights.constant.elementType !== 'f32') return { reason: `its weights are ${weights.constant.elementType}, not f32` }
  if (isConstant(node, 0)) return { reason: 'its input is constant' }
  if (!target.depthwise && isDepthwise(node)) return { reason: 'depthwise convolutions gain nothing from integers on the target' }
  if (hasOddGroups(node, target.groupMultiple)) {
    return {
      reason: `channels of its groups are no multiples of ${target.groupMultiple}: CPUs with AVX2 alone compute them slower in INT8`,
    }
  }
  if (node.is('Gemm') && node.int('transA', 0) === 1) return { reason: 'its input is transposed' }
  if (node.is('Gemm') && node.float('alpha', 1) !== 1) return { reason: 'it has a factor alpha' }
  const pairedAxis = target.addsPairsIn16Bits ? summedAxis(node) : null
  return { activations: [0], weights: { use: { node, index: 1 }, axis: weightAxis(node), pairedAxis } }
}

function describeMatMul(node: GraphNode, shapes: InferredShapes, target: Target): IntegerOperator | { reason: string } | null {
  const [left, right] = [node.inputs[0] ?? null, node.inputs[1] ?? null]
  if (left === null || right === null) return null
  if (left.constant !== null && right.constant !== null) return null
  if (left.constant === null && right.constant === null) {
    if (!target.multipliesActivations) return { reason: 'both operands are activations, which the target multiplies in float' }
    for (const operand of [left, right]) {
      if ((shapes.get(operand)?.elementType ?? 'f32') !== 'f32') return { reason: 'an operand is not f32' }
    }
    return { activations: [0, 1], weights: null }
  }
  if (!target.weighted.has('MatMul')) return { reason: 'the target computes it in float' }
  const index = left.constant === null ? 1 : 0
  const { constant } = index === 1 ? right : left
  if (constant?.elementType !== 'f32') return { reason: `its weights are ${constant?.elementType}, not f32` }
  const { shape } = constant
  const rank = shape.length
  if (rank < 2) return { reason: 'its weights are a vector' }
  if (index === 0 && !target.leftWeights)
    return { reason: 'its weights are the left operand, for which the target has no INT8 kernel' }
  const isBatch = shape.slice(0, -2).some((length) => length !== 1)
  // Outputs are the rows of a left operand, and the columns of a right one.
  const axis = isBatch && !target.batchedScales ? null : rank - 2 + index
  const pairedAxis = target.addsPairsIn16Bits ? rank - 1 - index : null
  return { activations: [1 - index], weights: { use: { node, index }, axis, pairedAxis } }
}

function isConstant(node: GraphNode, index: number): boolean {
  return (node.inputs[index]?.constant ?? null) !== null
}

function isDepthwise(node: GraphNode): boolean {
  const [filters, inputs] = node.inputs[1]?.constant?.shape ?? []
  return node.is('Conv') && node.int('group', 1) > 1 && inputs === 1 && (filters as number) >= node.int('group', 1)
}

function hasOddGroups(node: GraphNode, multiple: number): boolean {
  const groups = node.int('group', 1)
  const [filters = 0, inputs = 0] = node.inputs[1]?.constant?.shape ?? []
  return node.is('Conv') && groups > 1 && (inputs % multiple !== 0 || (filters / groups) % multiple !== 0)
}

function weightAxis(node: GraphNode): number | null {
  if (node.type === 'Conv') return 0
  if (node.type === 'Gemm') return node.int('transB', 0) === 1 ? 0 : 1
  // Groups of a transposed convolution share the axis of their outputs, so one scale would serve several channels.
  return node.int('group', 1) === 1 ? 1 : null
}

// Along the input channels.
function summedAxis(node: GraphNode): number {
  if (node.type === 'Conv') return 1
  if (node.type === 'Gemm') return node.int('transB', 0) === 1 ? 1 : 0
  return 0
}
