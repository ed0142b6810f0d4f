import type { Statistics } from '../../calibration/statistic-points.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { fromFloat32, toFloat32 } from '../../tensor/convert-elements.js'
import { UnifiedGroups } from '../placement/unified-groups.js'
import type { SkippedNode } from '../quantizer.js'
import { findExactNodes } from './find-exact-nodes.js'
import { findUnheldReaders } from './find-unheld-readers.js'
import { type HalfLimits, halfLimits, largestSeen } from './half-limits.js'
import { describeHalfOperator, type HalfType, isDataInput } from './half-operators.js'
import { findUnheldConstant } from './unheld-constants.js'

export interface HalfChoice {
  readonly half: ReadonlySet<GraphNode>
  readonly float: readonly SkippedNode[]
}

/**
 * Which nodes compute in half precision. Float32 stays what the type cannot hold (by the ranges that were observed, and by
 * constants such as 1e-12 or -1e9), what is computed from such values until something brings them back
 * ({@link findUnheldReaders}), what counts or points to places (lengths, indices, coordinates to sample at) or is the
 * argument of a function that takes small errors for large ones, every operator that is not known to be right, and what stands between
 * such nodes without a product beside it.
 *
 * @param ranges of tensors by name, as far as they were observed
 * @param inputsAreHalf as the graph gets them
 */
export function chooseHalfNodes(
  graph: Graph,
  shapes: InferredShapes,
  type: HalfType,
  ranges: Statistics,
  ignored: ReadonlyMap<GraphNode, string>,
  inputsAreHalf = false,
): HalfChoice {
  const order = sortNodes(graph)
  const isFloat = (tensor: GraphTensor | null) =>
    tensor !== null && (tensor.constant?.elementType ?? shapes.get(tensor)?.elementType) === 'f32'
  const touching = order.filter((node) => [...node.inputs, ...node.outputs].some(isFloat))
  const exact = findExactNodes(order)
  const unheld = findUnheldReaders(touching, type, shapes, ranges)
  const reasons = new Map<GraphNode, string>()
  for (const node of touching) {
    const reason =
      ignored.get(node) ??
      explainOperator(node, graph.opset, type, shapes) ??
      exact.get(node) ??
      explainScales(node, type) ??
      explainVariance(node, type) ??
      explainRange(node, halfLimits[type], ranges, isFloat) ??
      unheld.get(node) ??
      null
    if (reason !== null) reasons.set(node, reason)
  }
  const half = new Set(touching.filter((node) => !reasons.has(node)))
  for (const node of findIslands(half, isFloat)) reasons.set(node, 'no product beside it is in half precision')
  for (const node of reasons.keys()) half.delete(node)
  for (const node of findLoneQuantizers(half, inputsAreHalf)) half.delete(node)
  const float = [...reasons]
    .filter(([node]) => !isQuantizer(node))
    .map(([node, reason]) => ({ node: node.label, operator: node.operator, reason }))
  return { half, float }
}

function explainOperator(node: GraphNode, opset: number, type: HalfType, shapes: InferredShapes): string | null {
  const operator = describeHalfOperator(node)
  if (operator === null) return `${node.operator} is not known to be right in half precision`
  if (type === 'bf16' && opset < operator.bfloat16) return `${node.type} takes bf16 from opset ${operator.bfloat16} on`
  if (node.is('LayerNormalization') && node.outputs.slice(1).some((output) => output !== null))
    return 'its mean or deviation is used, which are float'
  const isKnown = [...node.inputs, ...node.outputs].every(
    (tensor) => tensor === null || tensor.constant !== null || (shapes.get(tensor)?.elementType ?? null) !== null,
  )
  return isKnown ? null : 'the type of one of its tensors is not known'
}

// An error of half a step of 8 bits is a 254th of the range.
const mostScaleError = 2 ** -9

/** Scales of quantizers are numbers like others, but what is multiplied by them is as wrong as they are. */
function explainScales(node: GraphNode, type: HalfType): string | null {
  if (!isQuantizer(node)) return null
  const scales = node.inputs[1]?.constant
  if (scales?.elementType !== 'f32') return 'its scales are no constants in f32'
  const values = scales.values() as Float32Array
  const rounded = toFloat32(type, fromFloat32(type, values))
  const off = values.findIndex((value, index) => !(Math.abs((rounded[index] as number) - value) <= value * mostScaleError))
  return off < 0 ? null : `a scale of it, ${values[off]?.toPrecision(3)}, is not exact enough in the type`
}

/** Of a normalization with a file's variances, what divides: one that is rounded away makes another number of each element. */
function explainVariance(node: GraphNode, type: HalfType): string | null {
  const variances = node.is('BatchNormalization') ? node.inputs[4]?.constant : null
  if (variances?.elementType !== 'f32') return null
  const epsilon = node.float('epsilon', 1e-5)
  const values = variances.values() as Float32Array
  const rounded = toFloat32(type, fromFloat32(type, values))
  const off = values.find((value, index) => Math.abs((rounded[index] as number) - value) > (value + epsilon) * mostScaleError)
  return off === undefined ? null : `a variance of it, ${off.toPrecision(3)}, is not exact enough in the type`
}

function explainRange(
  node: GraphNode,
  limits: HalfLimits,
  ranges: Statistics,
  isFloat: (tensor: GraphTensor | null) => boolean,
): string | null {
  for (const [index, tensor] of [...node.inputs, ...node.outputs].entries()) {
    if (tensor === null || !isFloat(tensor) || (index < node.inputs.length && !isDataInput(node, index))) continue
    const most = largestSeen(tensor, ranges) ?? 0
    if (!(most <= limits.seen)) return `${tensor.name} was seen with ${most.toPrecision(3)}, near or beyond what the type holds`
  }
  const unheld = isQuantizer(node) ? null : findUnheldConstant(node, limits)
  if (unheld === null) return null
  const size = unheld.magnitude.toPrecision(3)
  return unheld.isLarge
    ? `its constant ${unheld.name} reaches ${size}, which the type does not hold`
    : `its constant ${unheld.name} is ${size}, all but zero in the type`
}

/**
 * Neighbours in half precision among which there is no sum of products: two casts would cost what the rest gains. What
 * quantizers write is read on the other side without a cast.
 */
function findIslands(half: ReadonlySet<GraphNode>, isFloat: (tensor: GraphTensor | null) => boolean): Set<GraphNode> {
  const groups = new UnifiedGroups<GraphNode>()
  for (const node of half) {
    for (const output of node.outputs) {
      if (output === null || !(isFloat(output) || node.is('QuantizeLinear'))) continue
      for (const reader of output.consumers) if (half.has(reader)) groups.unite(node, reader)
    }
  }
  const working = new Set<GraphNode>()
  for (const node of half) if (describeHalfOperator(node)?.kind === 'product') working.add(groups.rootOf(node))
  return new Set([...half].filter((node) => !working.has(groups.rootOf(node))))
}

/** Integers stand between two types as well as a cast would: a quantizer has the type of the floats beside it. */
function findLoneQuantizers(half: ReadonlySet<GraphNode>, inputsAreHalf: boolean): GraphNode[] {
  const isAlone = (node: GraphNode) => {
    if (node.is('DequantizeLinear')) return ![...(node.outputs[0]?.consumers ?? [])].some((reader) => half.has(reader))
    const source = node.inputs[0]
    return source?.producer ? !half.has(source.producer) : !(inputsAreHalf && source?.isGraphInput)
  }
  return [...half].filter((node) => isQuantizer(node) && isAlone(node))
}

export function isQuantizer(node: GraphNode): boolean {
  return node.is('QuantizeLinear', 'DequantizeLinear')
}
