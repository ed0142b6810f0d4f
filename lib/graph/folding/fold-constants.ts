import type { Constant } from '../constant.js'
import { storeNumbers } from '../constants/compute-elements.js'
import { evaluateNode } from '../constants/evaluate-node.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import { inferShapes } from '../shapes/infer-shapes.js'
import { type TensorFacts, unknownFacts } from '../shapes/rule.js'
import { sortNodes } from '../sort-nodes.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'

// Grids of anchors and position codes are below; filling a picture with zeros is better left to the engine.
const mostElements = 1 << 16

/** Nodes that read only constants become constants, and so do lengths that follow from the shapes of the inputs. */
export const foldConstants: FoldingPass = {
  name: 'constants',
  apply(graph) {
    const shapes = inferShapes(graph)
    const steps: FoldingStep[] = []
    for (const node of sortNodes(graph)) {
      // What the outside knows by name has to be written by a node: an engine may refuse an output that is constant.
      if (node.hasSubgraphs || node.outputs.some((output) => output?.isGraphOutput)) continue
      const outputs = node.outputs.filter((output) => output !== null)
      const facts = node.outputs.map((output) => (output && shapes.get(output)) || unknownFacts)
      const constants = evaluate(graph, node, facts) ?? followLengths(facts)
      if (constants === null || constants.length < node.outputs.length || outputs.length === 0) continue
      const step = { pass: this.name, nodes: [nameNode(node)], into: (outputs[0] as GraphTensor).name }
      const results = node.outputs.map((output, index) => ({ output, constant: constants[index] as Constant }))
      graph.removeNode(node)
      for (const { output, constant } of results) if (output !== null) graph.setConstant(output, constant)
      steps.push(step)
    }
    return steps
  },
}

function evaluate(graph: Graph, node: GraphNode, outputs: readonly TensorFacts[]): Constant[] | null {
  const inputs = node.inputs.map((input) => input?.constant ?? null)
  if (node.inputs.some((input, index) => input !== null && inputs[index] === null)) return null
  return evaluateNode({ node, opset: graph.opset, inputs, outputs, mostElements })
}

function followLengths(outputs: readonly TensorFacts[]): Constant[] | null {
  const [facts, another] = outputs
  if (facts === undefined || another !== undefined || facts.shape === null) return null
  const { elementType, shape, value } = facts
  if (value === null || (elementType !== 'i64' && elementType !== 'i32') || shape.length > 1) return null
  if (!value.every((length) => typeof length === 'number') || value.length !== (shape[0] ?? 1)) return null
  const constant = storeNumbers(elementType, shape as readonly number[], value as readonly number[])
  return constant && [constant]
}
