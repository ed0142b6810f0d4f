import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { findSpelledSoftmax } from './find-spelled-softmax.js'
import { climb, descend, isArithmetic, isMove, isProduct, layersBefore, valueInputs } from './value-flow.js'

/** Scaled dot-product attention: output = softmax(query x key + mask) x value. */
export interface AttentionBlock {
  /** Products of queries and keys, mostly one; none where one operator does all. */
  readonly scores: readonly GraphNode[]
  /** Where it is spelled out, the quotient at its end. */
  readonly softmax: GraphNode | null
  /** The product of probabilities and values, or the operator that does all. */
  readonly output: GraphNode
  readonly query: readonly GraphTensor[]
  readonly key: readonly GraphTensor[]
  readonly value: GraphTensor
  /** Layers that write them; empty where something else does. One layer may write all three. */
  readonly projections: Readonly<Record<'query' | 'key' | 'value', readonly GraphNode[]>>
}

/** Operators that do all of it: inputs in the order query, key, value, or one for all three. */
const wholeOperators = new Set([
  'Attention',
  'com.microsoft.Attention',
  'com.microsoft.DecoderMaskedMultiHeadAttention',
  'com.microsoft.GroupQueryAttention',
  'com.microsoft.MultiHeadAttention',
  'com.microsoft.PackedAttention',
  'com.microsoft.PackedMultiHeadAttention',
])

/** All attention blocks, in the order of the graph. */
export function findAttention(graph: Graph): AttentionBlock[] {
  const blocks: AttentionBlock[] = []
  for (const node of sortNodes(graph)) {
    if (wholeOperators.has(node.operator)) blocks.push(...describeWhole(node))
    if (node.is('Softmax')) blocks.push(...describeSoftmax(node, node.inputs))
    const spelled = findSpelledSoftmax(node)
    if (spelled !== null) blocks.push(...describeSoftmax(spelled.quotient, [spelled.logits]))
  }
  return blocks
}

function describeWhole(node: GraphNode): AttentionBlock[] {
  const query = node.inputs[0] ?? null
  if (query === null) return []
  const key = node.inputs[1] ?? query
  const value = node.inputs[2] ?? key
  const parts = { query: [query], key: [key], value }
  return [{ scores: [], softmax: null, output: node, ...parts, projections: projectionsOf(parts) }]
}

function describeSoftmax(softmax: GraphNode, logits: readonly (GraphTensor | null)[]): AttentionBlock[] {
  // Positions may have a product of their own, which is added before the Softmax.
  const scores = [...climb(logits, isBetween).ends].filter(isContraction)
  if (scores.length === 0) return []
  const operands = (index: number) => scores.flatMap((node) => node.inputs[index] ?? [])
  const { passed, ends } = descend(softmax.outputs, isBetween)
  const isProbability = (tensor: GraphTensor) =>
    tensor === softmax.outputs[0] || (tensor.producer !== null && passed.has(tensor.producer))
  return [...ends].filter(isContraction).flatMap((output) => {
    const [value, another] = valueInputs(output).filter((input) => !isProbability(input))
    // Where both operands are probabilities there is no value to weigh.
    if (value === undefined || another !== undefined) return []
    const parts = { query: operands(0), key: operands(1), value }
    return [{ scores, softmax, output, ...parts, projections: projectionsOf(parts) }]
  })
}

/** Scales, masks and clamps, between the product and the Softmax or behind it. */
function isBetween(node: GraphNode): boolean {
  return isMove(node) || isArithmetic(node) || node.is('Where', 'Clip', 'Max', 'Min', 'Tanh')
}

/** MatMul of two activations, or the Einsum that stands for one. */
function isContraction(node: GraphNode): boolean {
  return isProduct(node) || (node.is('Einsum') && node.inputs.length === 2 && node.inputs.every((input) => !input?.constant))
}

function projectionsOf({ query, key, value }: Pick<AttentionBlock, 'query' | 'key' | 'value'>): AttentionBlock['projections'] {
  const layers = (tensors: readonly GraphTensor[]) => layersBefore(tensors, isBeforeProduct)
  return { query: layers(query), key: layers(key), value: layers([value]) }
}

// Rotations by position are products and sums of moved halves; heads may be normalized one by one.
function isBeforeProduct(node: GraphNode): boolean {
  return isMove(node) || isArithmetic(node) || node.is('LayerNormalization', 'RMSNormalization', 'RotaryEmbedding')
}
