import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import { inferShapes } from '../shapes/infer-shapes.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'

/** Identity, Dropout (which does nothing outside training) and casts to the type that is there already. */
export const removeIdentities: FoldingPass = {
  name: 'identities',
  apply(graph) {
    const shapes = inferShapes(graph)
    const steps: FoldingStep[] = []
    for (const node of [...graph.nodes]) {
      const [input, output] = [node.inputs[0] ?? null, node.outputs[0] ?? null]
      if (
        input === null ||
        output === null ||
        !doesNothing(node, shapes.get(input)?.elementType ?? null, shapes.get(output)?.elementType ?? null)
      )
        continue
      const name = nameNode(node)
      if (bypassNode(graph, node, input, output)) steps.push({ pass: this.name, nodes: [name], into: input.name })
    }
    return steps
  },
}

function doesNothing(node: GraphNode, from: string | null, to: string | null): boolean {
  if (node.is('Identity')) return true
  if (node.is('Cast')) return from !== null && from === to
  if (!node.is('Dropout')) return false
  const mask = node.outputs[1] ?? null
  const training = node.inputs[2] ?? null
  const isTraining = training !== null && training.constant?.numbers()?.[0] !== 0
  return !isTraining && (mask === null || (mask.consumers.size === 0 && !mask.isGraphOutput))
}

/** Takes out a node whose output equals its input; false where both are known outside by their names. */
function bypassNode(graph: Graph, node: GraphNode, input: GraphTensor, output: GraphTensor): boolean {
  if (!output.isGraphOutput && !output.isCaptured) {
    graph.replaceUses(output, input)
    graph.deleteNode(node)
    return true
  }
  const { producer } = input
  if (producer === null || input.isGraphOutput || input.isCaptured) return false
  const index = producer.outputs.indexOf(input)
  graph.removeNode(node)
  // The mask of a Dropout stays behind, unread; dead tensors are taken out in the end.
  graph.setOutput(producer, index, output)
  graph.replaceUses(input, output)
  graph.removeTensor(input)
  return true
}
