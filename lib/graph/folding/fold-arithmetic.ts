import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import { inferShapes } from '../shapes/infer-shapes.js'
import { sortNodes } from '../sort-nodes.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'
import { absorbNode, findLinearOperator, type LinearOperator, readPerChannel, rescaleChannels } from './linear-operator.js'

/** Add, Sub, Mul and Div by a constant, per channel or for all, become part of the weights and the bias before them. */
export const foldArithmetic: FoldingPass = {
  name: 'arithmetic',
  apply(graph) {
    const shapes = inferShapes(graph)
    const steps: FoldingStep[] = []
    for (const node of sortNodes(graph)) {
      if (!node.is('Add', 'Sub', 'Mul', 'Div') || node.inputs.length !== 2) continue
      const at = node.inputs.findIndex((input) => input?.constant)
      const input = node.inputs[1 - at] ?? null
      if (at === -1 || input?.soleConsumer !== node) continue
      const linear = findLinearOperator(input, shapes)
      const affine = linear && readAffine(node, at, linear)
      if (!affine || !rescaleChannels(graph, linear, affine.scale, affine.shift)) continue
      steps.push({ pass: this.name, nodes: [nameNode(node)], into: linear.node.label })
      absorbNode(graph, linear, node)
    }
    return steps
  },
}

function readAffine(node: GraphNode, at: number, linear: LinearOperator): { scale: Float64Array; shift: Float64Array } | null {
  const constant = (node.inputs[at] as GraphTensor).constant
  const values = constant && readPerChannel(constant, linear)
  if (!values) return null
  const all = (value: number) => new Float64Array(linear.channels).fill(value)
  switch (node.type) {
    case 'Add':
      return { scale: all(1), shift: values }
    case 'Sub':
      return at === 1 ? { scale: all(1), shift: values.map((value) => -value) } : { scale: all(-1), shift: values }
    case 'Mul':
      return { scale: values, shift: all(0) }
    case 'Div': {
      // A constant divided by the tensor is no linear function of it.
      const scale = values.map((value) => 1 / value)
      return at === 1 && scale.every(Number.isFinite) ? { scale, shift: all(0) } : null
    }
    default:
      return null
  }
}
