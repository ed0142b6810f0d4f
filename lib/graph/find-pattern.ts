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
  const found = matchNode(node, pattern, { nodes: new Map(), tensors: new Map(), all: [] })
  if (found === null) return null
  const inside = new Set(found.all)
  for (const { node: member, isPrivate } of found.privacy ?? []) {
    const isSeen = member.outputs.some(
      (output) => output !== null && (output.isGraphOutput || [...output.consumers].some((consumer) => !inside.has(consumer))),
    )
    if (isPrivate && isSeen) return null
  }
  return { root: node, nodes: found.nodes, tensors: found.tensors, all: found.all }
}

interface Bindings {
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly tensors: ReadonlyMap<string, GraphTensor>
  readonly all: readonly GraphNode[]
  /** Of all nodes but the root. */
  readonly privacy?: readonly { node: GraphNode; isPrivate: boolean }[]
}

function matchNode(node: GraphNode, pattern: NodePattern, bindings: Bindings): Bindings | null {
  if (!node.is(...pattern.types) || pattern.where?.(node) === false) return null
  const isRoot = bindings.all.length === 0
  const own: Bindings = {
    ...bindings,
    nodes: pattern.as === undefined ? bindings.nodes : new Map(bindings.nodes).set(pattern.as, node),
    all: bindings.all.includes(node) ? bindings.all : [...bindings.all, node],
    privacy: isRoot ? [] : [...(bindings.privacy ?? []), { node, isPrivate: pattern.isPrivate !== false }],
  }
  const straight = matchInputs(node.inputs, pattern.inputs ?? [], own)
  if (straight !== null || pattern.isCommutative !== true || node.inputs.length < 2) return straight
  const [first, second, ...rest] = node.inputs
  return matchInputs([second ?? null, first ?? null, ...rest], pattern.inputs ?? [], own)
}

function matchInputs(inputs: readonly (GraphTensor | null)[], patterns: readonly Pattern[], bindings: Bindings): Bindings | null {
  let current: Bindings | null = bindings
  for (const [index, pattern] of patterns.entries()) {
    const input = inputs[index] ?? null
    if (current === null || input === null) return null
    current =
      'tensor' in pattern ? matchTensor(input, pattern, current) : input.producer && matchNode(input.producer, pattern, current)
  }
  return current
}

function matchTensor(tensor: GraphTensor, pattern: TensorPattern, bindings: Bindings): Bindings | null {
  const isConstant = tensor.constant !== null
  if ((pattern.isConstant ?? isConstant) !== isConstant || pattern.where?.(tensor) === false) return null
  const bound = bindings.tensors.get(pattern.tensor)
  if (bound !== undefined) return bound === tensor ? bindings : null
  return { ...bindings, tensors: new Map(bindings.tensors).set(pattern.tensor, tensor) }
}
