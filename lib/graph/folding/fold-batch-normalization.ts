import { Constant } from '../constant.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import { inferShapes } from '../shapes/infer-shapes.js'
import { sortNodes } from '../sort-nodes.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'
import { absorbNode, findLinearOperator, rescaleChannels } from './linear-operator.js'

/**
 * BatchNormalization becomes part of the Conv, ConvTranspose, Gemm or MatMul before it; behind a MatMul that has no bias,
 * an Add is left.
 */
export const foldBatchNormalization: FoldingPass = {
  name: 'batch-normalization',
  apply(graph) {
    const shapes = inferShapes(graph)
    const steps: FoldingStep[] = []
    for (const node of sortNodes(graph)) {
      const affine = node.is('BatchNormalization') ? readAffine(node) : null
      const input = node.inputs[0] ?? null
      if (affine === null || input?.soleConsumer !== node) continue
      const linear = findLinearOperator(input, shapes)
      // The channels of a normalization are on axis 1.
      if (linear === null || linear.rank === null || linear.rank + linear.channelAxis !== 1) continue
      const { scale, shift } = affine
      if (scale.length !== linear.channels) continue
      const step = { pass: this.name, nodes: [nameNode(node)], into: linear.node.label }
      if (linear.bias !== null) {
        if (!rescaleChannels(graph, linear, scale, shift)) continue
        absorbNode(graph, linear, node)
      } else {
        if (!rescaleChannels(graph, linear, scale, new Float64Array(scale.length))) continue
        replaceWithAdd(graph, node, shift)
      }
      steps.push(step)
    }
    return steps
  },
}

/** y = scale * x + shift for each channel; null where the node is not constant, or trains. */
function readAffine(node: GraphNode): { scale: Float64Array; shift: Float64Array } | null {
  if (node.int('training_mode', 0) !== 0) return null
  if (node.outputs.slice(1).some((output) => output !== null && (output.consumers.size > 0 || output.isGraphOutput))) return null
  const parts = node.inputs.slice(1, 5).map((input) => (input?.constant?.elementType === 'f32' ? input.constant.numbers() : null))
  const [gamma, beta, mean, variance] = parts
  if (!gamma || !beta || !mean || !variance) return null
  const epsilon = node.float('epsilon', 1e-5)
  const scale = Float64Array.from(gamma, (value, channel) => value / Math.sqrt((variance[channel] as number) + epsilon))
  const shift = Float64Array.from(scale, (value, channel) => (beta[channel] as number) - (mean[channel] as number) * value)
  return scale.every(Number.isFinite) && shift.every(Number.isFinite) ? { scale, shift } : null
}

function replaceWithAdd(graph: Graph, node: GraphNode, shift: Float64Array): void {
  const input = node.inputs[0] as GraphTensor
  const bias = graph.addConstant(`${node.label}_shift`, Constant.of('f32', [shift.length], Float32Array.from(shift)))
  graph.replaceNode(node, { type: 'Add', inputs: [input, bias] })
}
