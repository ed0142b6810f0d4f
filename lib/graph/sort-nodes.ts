import { engineryError } from '../errors/enginery-error.js'
import type { Graph } from './graph.js'
import type { GraphNode } from './graph-node.js'

/**
 * The nodes, each behind those it reads from. A graph that is in order already stays as it is; a node that was added
 * comes right before the first that needs it. The same graph always gives the same order.
 *
 * @throws MODEL_CORRUPT where nodes wait for each other in a circle
 */
export function sortNodes(graph: Graph): GraphNode[] {
  const sorted: GraphNode[] = []
  const state = new Map<GraphNode, 'open' | 'done'>()
  for (const start of graph.nodes) {
    // A stack of our own: a chain of nodes may be longer than the call stack allows.
    const stack: { node: GraphNode; waiting: GraphNode[] }[] = []
    const enter = (node: GraphNode) => {
      if (state.get(node) === 'done') return
      if (state.get(node) === 'open') {
        const reason = `as an ONNX model, the node ${node.label} waits for its own output`
        throw engineryError('MODEL_CORRUPT', { model: 'The model', reason })
      }
      state.set(node, 'open')
      stack.push({ node, waiting: producersOf(node).reverse() })
    }
    enter(start)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.waiting.pop()
      if (next !== undefined) {
        enter(next)
        continue
      }
      state.set(top.node, 'done')
      sorted.push(top.node)
      stack.pop()
    }
  }
  return sorted
}

function producersOf(node: GraphNode): GraphNode[] {
  const producers: GraphNode[] = []
  for (const tensor of [...node.inputs, ...node.captured]) if (tensor?.producer) producers.push(tensor.producer)
  return producers
}
