import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'

/**
 * Whether outputs of the float model are had for less by running it again on what is kept, than by computing them for all
 * samples while statistics are collected: a last layer that nobody observes may be a quarter of a model.
 *
 * @param observed names of the tensors that are computed in any case
 * @param inferences how many there will be, and of how many the outputs are wanted
 */
export function areOutputsDear(
  graph: Graph,
  shapes: InferredShapes,
  observed: Iterable<string>,
  inferences: { readonly all: number; readonly kept: number },
): boolean {
  const computed = nodesBefore(graph, observed)
  let [whole, rest] = [0, 0]
  for (const node of graph.nodes) {
    const products = countProducts(node, shapes)
    whole += products
    if (!computed.has(node)) rest += products
  }
  return rest * inferences.all > whole * inferences.kept
}

function nodesBefore(graph: Graph, names: Iterable<string>): Set<GraphNode> {
  const found = new Set<GraphNode>()
  const open: (GraphTensor | null | undefined)[] = [...names].map((name) => graph.tensors.get(name))
  while (open.length > 0) {
    const node = open.pop()?.producer
    if (!node || found.has(node)) continue
    found.add(node)
    open.push(...node.inputs)
  }
  return found
}

/** Of a layer with constant weights; 0 for others, and where lengths are not known. */
function countProducts(node: GraphNode, shapes: InferredShapes): number {
  const weights = node.is('Conv', 'Gemm', 'MatMul') ? node.inputs[1]?.constant : null
  const output = node.outputs[0]
  const shape = output ? shapes.get(output)?.shape : null
  if (!weights || !shape) return 0
  const elements = shape.reduce<number>((product, length) => product * (typeof length === 'number' ? length : 1), 1)
  const axis = node.is('Conv') ? 1 : shape.length - 1
  const channels = shape[axis]
  return typeof channels === 'number' ? (elements * weights.elements) / channels : 0
}
