import { type Graph, isUnused } from './graph.js'
import type { GraphNode } from './graph-node.js'

/** Takes out nodes that no output depends on, and constants that nobody reads. Answers with the nodes. */
export function removeDeadNodes(graph: Graph): GraphNode[] {
  const alive = new Set<GraphNode>()
  const waiting: GraphNode[] = []
  const visit = (node: GraphNode | null | undefined) => {
    if (!node || alive.has(node)) return
    alive.add(node)
    waiting.push(node)
  }
  for (const output of graph.outputs) visit(output.producer)
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const tensor of [...node.inputs, ...node.captured]) visit(tensor?.producer)
  }
  const dead = [...graph.nodes].filter((node) => !alive.has(node))
  for (const node of dead) graph.removeNode(node)
  for (const tensor of [...graph.tensors.values()]) {
    if (isUnused(tensor) && tensor.producer === null && !tensor.isOuter) graph.removeTensor(tensor)
    // An output of a living node that nobody reads stays: the node writes it.
  }
  return dead
}
