import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'

/** What is looked for in a graph, in the order in which findings are listed. */
export const recipeNames = [
  'attention',
  'deformable-attention',
  'query-decoder',
  'query-selection',
  'box-distribution',
  'box-regression',
  'post-processing',
  'shape-arithmetic',
  'channel-gates',
  'activation-products',
  'normalization',
] as const

export type RecipeName = (typeof recipeNames)[number]

/** Nodes that together do one thing, recognised by how they hang together and never by a name. */
export interface RecipeFinding {
  readonly recipe: RecipeName
  /** `float`: the nodes are left float; `note`: they are recognised, and quantized as any others. */
  readonly decision: 'float' | 'note'
  /** In the order of the graph. */
  readonly nodes: readonly GraphNode[]
  /** In words: what it is, and why it is left float or not. */
  readonly reason: string
}

export interface Recipe {
  readonly name: RecipeName
  /** What it looks for, for people. */
  readonly finds: string
  /** The graph is one that was folded; it is not changed. */
  readonly find: (graph: Graph) => readonly RecipeFinding[]
}
