import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { ActivationQuantizer, Placement, QuantizerScheme, SkippedNode, TensorUse, WeightQuantizer } from '../quantizer.js'
import { extremeOperators, movingOperators, type Target } from '../targets/target.js'
import { describeInteger } from './computing-operators.js'
import { findIntegerOutput } from './integer-outputs.js'
import { findResidualSums } from './residual-sums.js'
import { listSubgraphLayers } from './subgraph-layers.js'
import { passesIntegers } from './transparent-operators.js'
import { UnifiedGroups } from './unified-groups.js'

export interface PlacementOptions {
  readonly target: Target
  /** Symmetric activations even where the target has zero points. */
  readonly isSymmetric: boolean
  /** A scale for each output channel of weights; else one for all of them. */
  readonly perChannel: boolean
  /** Nodes that stay float, each with the reason. */
  readonly ignored: ReadonlyMap<GraphNode, string>
}

/** What reads one tensor as integers, while the graph is walked from its end. */
interface Demand {
  readonly uses: TensorUse[]
  readonly consumers: Set<string>
}

/**
 * Where quantizers go: before every operator that the target computes on integers, moved towards the producer past
 * operators that only move elements, so that these move bytes and one quantizer serves all readers of a tensor.
 *
 * A quantizer whose integers nobody would compute on is never placed: it costs time and accuracy.
 */
export function placeQuantizers(graph: Graph, shapes: InferredShapes, options: PlacementOptions): Placement {
  const ignored = new Map(options.ignored)
  for (;;) {
    const placement = placeOnce(graph, shapes, { ...options, ignored })
    let isRefused = false
    for (const { tensor, uses } of placement.activations) {
      const reason = refuseQuantizer(graph, tensor, uses, options.target)
      if (reason === null) continue
      isRefused = true
      for (const { node } of uses) ignored.set(node, reason)
    }
    if (!isRefused) return placement
  }
}

/** Why a target must not be given a quantizer of a tensor; null where it may. */
function refuseQuantizer(graph: Graph, name: string, uses: readonly TensorUse[], target: Target): string | null {
  const { concatenatesIntegers, quantizesExtremes } = target
  if (!concatenatesIntegers && touchesConcat(graph, name, uses)) return 'not every engine takes integers around a Concat'
  if (!quantizesExtremes && followsExtreme(graph, name, uses))
    return 'the engine makes wrong integers of largest and smallest elements'
  return null
}

function touchesConcat(graph: Graph, name: string, uses: readonly TensorUse[]): boolean {
  if (uses.some(({ node }) => node.is('Concat'))) return true
  // Engines move quantizers themselves, past whatever only moves elements.
  let node = graph.tensors.get(name)?.producer ?? null
  while (node?.is(...movingOperators) && !node.is('Concat')) node = node.inputs[0]?.producer ?? null
  return node?.is('Concat') === true
}

// What engines compute in one go with the operator before it, besides moves of elements.
const fusedOperators = [
  'Abs',
  'Add',
  'Clip',
  'Div',
  'Elu',
  'HardSigmoid',
  'HardSwish',
  'LeakyRelu',
  'Mul',
  'PRelu',
  'Relu',
  'Sigmoid',
  'Sub',
  'Tanh',
]

/** True where an operator that picks elements may do the work of the quantizer too, since nobody else reads what is on the way. */
function followsExtreme(graph: Graph, name: string, uses: readonly TensorUse[]): boolean {
  let tensor = graph.tensors.get(name) ?? null
  if (tensor === null || tensor.isGraphOutput || tensor.uses.length !== uses.length) return false
  for (let node = tensor?.producer ?? null; node !== null; node = tensor?.producer ?? null) {
    if (node.is(...extremeOperators)) return true
    if (!node.is(...movingOperators, ...fusedOperators)) return false
    tensor = node.inputs.find((input) => input !== null && input.constant === null) ?? null
    if (tensor?.consumers.size !== 1) return false
  }
  return false
}

function placeOnce(graph: Graph, shapes: InferredShapes, options: PlacementOptions): Placement {
  const { target, ignored } = options
  const demands = new Map<GraphTensor, Demand>()
  const groups = new UnifiedGroups<GraphTensor>()
  const weights: WeightQuantizer[] = []
  const skipped: SkippedNode[] = []
  const order = sortNodes(graph)
  const integer = findIntegerNodes(order, shapes, options, skipped)
  const residuals = findResidualSums(order, new Set(integer.keys()), shapes)
  const writers = new Set<GraphNode>()
  const demand = (node: GraphNode, index: number, consumers: Iterable<string>) => {
    const tensor = node.inputs[index] as GraphTensor
    const entry = demands.get(tensor) ?? { uses: [], consumers: new Set<string>() }
    entry.uses.push({ node, index })
    for (const label of consumers) entry.consumers.add(label)
    demands.set(tensor, entry)
  }
  for (const node of [...order].reverse()) {
    const operator = integer.get(node)
    if (operator !== undefined) {
      for (const index of operator.activations) demand(node, index, [node.label])
      if (operator.weights !== null) weights.push(operator.weights)
      if (node.is('Conv')) writers.add(node)
      continue
    }
    if (ignored.has(node)) continue
    const added = residuals.get(node)
    if (added !== undefined && target.residuals !== 'none') {
      const operands = target.residuals === 'both' ? [0, 1] : [1 - added]
      for (const index of operands) demand(node, index, [node.label])
      writers.add(node)
      continue
    }
    const moved = passesIntegers(node, target, shapes)
    if (moved === null) continue
    const outputs = node.outputs.filter((output) => output !== null)
    const entries = outputs.map((output) => ({ output, entry: demands.get(output) }))
    if (!entries.every(({ output, entry }) => entry !== undefined && isWholly(output, entry))) continue
    for (const { output, entry } of entries) {
      for (const index of moved) demand(node, index, (entry as Demand).consumers)
      groups.unite(output, ...moved.map((index) => node.inputs[index] as GraphTensor))
      if (!target.quantizesOutputs) demands.delete(output)
    }
  }
  if (target.quantizesOutputs) {
    for (const node of writers) {
      const output = findIntegerOutput(node, ignored)
      if (output === null) continue
      const consumers = demands.get(output)?.consumers ?? new Set<string>()
      demands.set(output, { uses: [...output.uses].reverse(), consumers: consumers.add(node.label) })
    }
  }
  return { activations: listActivations(order, graph, demands, groups, options), weights: weights.reverse(), skipped }
}

function findIntegerNodes(
  order: readonly GraphNode[],
  shapes: InferredShapes,
  { target, ignored, perChannel }: PlacementOptions,
  skipped: SkippedNode[],
) {
  const found = new Map<GraphNode, { activations: readonly number[]; weights: WeightQuantizer | null }>()
  for (const node of order) {
    skipped.push(...listSubgraphLayers(node))
    const described = describeInteger(node, shapes, target)
    if (described === null) continue
    const reason = ignored.get(node) ?? ('reason' in described ? described.reason : null)
    if (reason !== null) skipped.push({ node: node.label, operator: node.operator, reason })
    else if ('reason' in described) continue
    else if (perChannel || described.weights === null) found.set(node, described)
    else found.set(node, { ...described, weights: { ...described.weights, axis: null } })
  }
  return found
}

// Only where all readers take integers may the producer's side become integers.
function isWholly(tensor: GraphTensor, { uses }: Demand): boolean {
  return !tensor.isGraphOutput && !tensor.isCaptured && tensor.uses.length === uses.length
}

function listActivations(
  order: readonly GraphNode[],
  graph: Graph,
  demands: ReadonlyMap<GraphTensor, Demand>,
  groups: UnifiedGroups<GraphTensor>,
  { target, isSymmetric }: PlacementOptions,
): ActivationQuantizer[] {
  const listed: ActivationQuantizer[] = []
  const tensors = [...graph.inputs, ...order.flatMap(({ outputs }) => outputs)]
  const numbers = new Map<GraphTensor, number>()
  for (const tensor of tensors) {
    const entry = tensor === null ? undefined : demands.get(tensor)
    if (tensor === null || entry === undefined) continue
    const root = groups.rootOf(tensor)
    if (!numbers.has(root)) numbers.set(root, numbers.size)
    const scheme: QuantizerScheme = {
      bits: 8,
      isSymmetric: isSymmetric || target.activationType === 'i8',
      type: target.activationType,
    }
    listed.push({
      tensor: tensor.name,
      uses: [...entry.uses].reverse(),
      scheme,
      group: numbers.get(root) as number,
      consumers: [...entry.consumers].reverse(),
    })
  }
  return listed
}
