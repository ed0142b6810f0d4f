import type { Graph } from './graph.js'
import type { GraphNode } from './graph-node.js'
import type { GraphTensor } from './graph-tensor.js'
import { sortNodes } from './sort-nodes.js'

/** Any tensor; the same name twice in a pattern means the same tensor twice. */
export interface TensorPattern {
  readonly tensor: string
  /** true: only a constant; false: only what is none. */
  readonly isConstant?: boolean
  /** Further conditions. */
  readonly where?: (tensor: GraphTensor) => boolean
}

/** A node that writes the tensor in question. */
export interface NodePattern {
  /** Standard operators. */
  readonly types: readonly string[]
  /** Name of the node in the match. */
  readonly as?: string
  /** First inputs, as many as are of interest. */
  readonly inputs?: readonly Pattern[]
  /** True where the first two inputs may be the other way round. */
  readonly isCommutative?: boolean
  /** True (default) where an inner node's output may be read inside the match alone. */
  readonly isPrivate?: boolean
  readonly where?: (node: GraphNode) => boolean
}

export type Pattern = TensorPattern | NodePattern

export interface PatternMatch {
  /** The node that the pattern describes. */
  readonly root: GraphNode
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly tensors: ReadonlyMap<string, GraphTensor>
  /** All nodes of the match, the root first. */
  readonly all: readonly GraphNode[]
}

/**
 * All places where a pattern is, in topological order of their roots. Matches may overlap: who rewrites them checks
 * that a node is still there.
 *
 * @example
 * // x * sigmoid(x)
 * findPattern(graph, { types: ['Mul'], isCommutative: true, inputs: [{ tensor: 'x' }, { types: ['Sigmoid'], inputs: [{ tensor: 'x' }] }] })
 */
export function findPattern(graph: Graph, pattern: NodePattern): PatternMatch[] {
  const matches: PatternMatch[] = []
  for (const node of sortNodes(graph)) {
    const match = matchPattern(node, pattern)
    if (match !== null) matches.push(match)
  }
  return matches
}

/** The pattern with its root at a node; null where it is not there. */
export function matchPattern(node: GraphNode, pattern: NodePattern): PatternMatch | null {
  for (const found of matchNode(node, pattern, { nodes: new Map(), tensors: new Map(), all: [], guarded: [] })) {
    const { nodes, tensors, all, guarded } = found
    const inside = new Set(all)
    if (!guarded.some((member) => isSeenOutside(member, inside))) return { root: node, nodes, tensors, all }
  }
  return null
}

interface Bindings {
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly tensors: ReadonlyMap<string, GraphTensor>
  readonly all: readonly GraphNode[]
  /** Nodes whose outputs nobody outside may read. */
  readonly guarded: readonly GraphNode[]
}

function isSeenOutside(node: GraphNode, inside: ReadonlySet<GraphNode>): boolean {
  return node.outputs.some(
    (output) => output !== null && (output.isGraphOutput || [...output.consumers].some((consumer) => !inside.has(consumer))),
  )
}

// Generators, so that another order of an inner node's operands is tried where the first does not go with the rest.
function* matchNode(node: GraphNode, pattern: NodePattern, bindings: Bindings): Generator<Bindings, void, void> {
  if (!node.is(...pattern.types) || pattern.where?.(node) === false) return
  const { as, inputs = [], isCommutative = false, isPrivate = true } = pattern
  const isRoot = bindings.all.length === 0
  const own: Bindings = {
    ...bindings,
    nodes: as === undefined ? bindings.nodes : new Map(bindings.nodes).set(as, node),
    all: bindings.all.includes(node) ? bindings.all : [...bindings.all, node],
    guarded: isRoot || !isPrivate ? bindings.guarded : [...bindings.guarded, node],
  }
  yield* matchInputs(node.inputs, inputs, 0, own)
  if (!isCommutative || node.inputs.length < 2) return
  const [first, second, ...rest] = node.inputs
  yield* matchInputs([second ?? null, first ?? null, ...rest], inputs, 0, own)
}

function* matchInputs(
  inputs: readonly (GraphTensor | null)[],
  patterns: readonly Pattern[],
  index: number,
  bindings: Bindings,
): Generator<Bindings, void, void> {
  const pattern = patterns[index]
  if (pattern === undefined) {
    yield bindings
    return
  }
  const input = inputs[index] ?? null
  if (input === null) return
  if ('tensor' in pattern) {
    const bound = matchTensor(input, pattern, bindings)
    if (bound !== null) yield* matchInputs(inputs, patterns, index + 1, bound)
    return
  }
  if (input.producer === null) return
  for (const bound of matchNode(input.producer, pattern, bindings)) yield* matchInputs(inputs, patterns, index + 1, bound)
}

function matchTensor(tensor: GraphTensor, pattern: TensorPattern, bindings: Bindings): Bindings | null {
  const isConstant = tensor.constant !== null
  if ((pattern.isConstant ?? isConstant) !== isConstant || pattern.where?.(tensor) === false) return null
  const bound = bindings.tensors.get(pattern.tensor)
  if (bound !== undefined) return bound === tensor ? bindings : null
  return { ...bindings, tensors: new Map(bindings.tensors).set(pattern.tensor, tensor) }
}
