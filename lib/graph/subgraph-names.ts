import type { GraphMessage, NodeMessage } from '../model/onnx-messages.js'
import { subgraphsOf } from './attributes.js'

/** Names in graphs inside a node: those read from outside, and all others. */
export interface SubgraphNames {
  readonly captured: Set<string>
  readonly own: Set<string>
}

/** What the graphs inside a node read from the graph around it, through any depth. */
export function listSubgraphNames(node: NodeMessage): SubgraphNames {
  const names: SubgraphNames = { captured: new Set(), own: new Set() }
  for (const value of node.attributes) for (const graph of subgraphsOf(value)) collect(graph, names)
  return names
}

function collect(graph: GraphMessage, names: SubgraphNames): void {
  const defined = new Set<string>()
  for (const { name } of [...graph.inputs, ...graph.initializers]) defined.add(name ?? '')
  for (const { values } of graph.sparseInitializers) defined.add(values?.name ?? '')
  for (const node of graph.nodes) for (const output of node.outputs) defined.add(output)
  const read = new Set<string>()
  for (const { name } of graph.outputs) read.add(name ?? '')
  for (const node of graph.nodes) {
    for (const input of node.inputs) read.add(input)
    const inside = listSubgraphNames(node)
    for (const name of inside.captured) read.add(name)
    for (const name of inside.own) names.own.add(name)
  }
  for (const name of defined) names.own.add(name)
  for (const name of read) if (name !== '' && !defined.has(name)) names.captured.add(name)
}
