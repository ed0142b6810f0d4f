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
    const made = new Map<string, GraphTensor>()
    for (const node of sortNodes(graph)) {
      // What the outside knows by name has to be written by a node: an engine may refuse an output that is constant.
      if (node.hasSubgraphs || node.outputs.some((output) => output?.isGraphOutput)) continue
      const outputs = node.outputs.filter((output) => output !== null)
      const key = describeFunction(node)
      const same = key === null ? undefined : made.get(key)
      if (same !== undefined && outputs[0] !== undefined && !outputs[0].isCaptured) {
        steps.push({ pass: this.name, nodes: [nameNode(node)], into: same.name })
        graph.replaceUses(outputs[0], same)
        graph.deleteNode(node)
        continue
      }
      const facts = node.outputs.map((output) => (output && shapes.get(output)) || unknownFacts)
      const constants = evaluate(graph, node, facts) ?? followLengths(facts)
      if (constants === null || constants.length < node.outputs.length || outputs.length === 0) continue
      const step = { pass: this.name, nodes: [nameNode(node)], into: (outputs[0] as GraphTensor).name }
      const results = node.outputs.map((output, index) => ({ output, constant: constants[index] as Constant }))
      graph.removeNode(node)
      for (const { output, constant } of results) if (output !== null) graph.setConstant(output, constant)
      if (key !== null && outputs[0] !== undefined) made.set(key, outputs[0])
      steps.push(step)
    }
    return steps
  },
}

/**
 * What a node makes of which constants, the same for nodes that make the same of the same ones: layers that share weights
 * share what is made of them. Null where it makes several things, or nothing of constants.
 */
function describeFunction(node: GraphNode): string | null {
  const { inputs, outputs, attributes, type, domain } = node
  if (inputs.length === 0 || outputs.length !== 1 || !inputs.every((input) => input === null || input.constant !== null))
    return null
  const values = [...attributes.values()].map(({ name, float, int, floats, ints, string, tensor }) =>
    tensor === undefined ? [name, float, int, floats, ints, string && Buffer.from(string).toString('latin1')] : null,
  )
  if (values.includes(null)) return null
  return JSON.stringify([domain, type, inputs.map((input) => input?.name), values])
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
