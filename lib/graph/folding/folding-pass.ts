import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'

/** A node as it was. */
export interface NodeName {
  readonly operator: string
  readonly label: string
}

/** One thing that a pass did. */
export interface FoldingStep {
  readonly pass: string
  /** Nodes that are gone. */
  readonly nodes: readonly NodeName[]
  /** The node, or for constants the tensor, that does their work now. */
  readonly into: string
}

/** A rewrite that leaves every output of the network as it was, but for rounding. */
export interface FoldingPass {
  readonly name: string
  /** Rewrites the graph wherever it can; says what it did. */
  apply(graph: Graph): FoldingStep[]
}

export function nameNode(node: GraphNode): NodeName {
  return { operator: node.operator, label: node.label }
}
