import type { Statistics } from '../../calibration/statistic-points.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { fromFloat32, toFloat32 } from '../../tensor/convert-elements.js'
import { UnifiedGroups } from '../placement/unified-groups.js'
import type { SkippedNode } from '../quantizer.js'
import { describeHalfOperator, type HalfType, isDataInput } from './half-operators.js'

export interface HalfChoice {
  readonly half: ReadonlySet<GraphNode>
  readonly float: readonly SkippedNode[]
}

interface Limits {
  /** Largest magnitude that a tensor may have been seen with. */
  readonly seen: number
  /** Largest number of the type. */
  readonly largest: number
  /** Below it, fewer and fewer bits are left. */
  readonly smallest: number
}

const limits: Readonly<Record<HalfType, Limits>> = {
  // Pictures that no sample shows reach further: two bits are kept for them.
  f16: { seen: 65504 / 4, largest: 65504, smallest: 2 ** -14 },
  bf16: { seen: 2 ** 126, largest: 2 ** 127, smallest: 2 ** -126 },
}

/**
 * Which nodes compute in half precision. Float32 stays what the type cannot hold (by the ranges that were observed, and by
 * constants such as 1e-12 or -1e9), what counts or points to places (lengths, indices, coordinates to sample at), every
 * operator that is not known to be right, and what stands between such nodes without a product beside it.
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
  const reasons = new Map<GraphNode, string>()
  for (const node of touching) {
    const reason =
      ignored.get(node) ??
      explainOperator(node, graph.opset, type, shapes) ??
      (exact.has(node) ? 'lengths, indices or places are made of it' : null) ??
      explainScales(node, type) ??
      explainRange(node, limits[type], ranges, isFloat)
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

function explainRange(
  node: GraphNode,
  { seen, largest, smallest }: Limits,
  ranges: Statistics,
  isFloat: (tensor: GraphTensor | null) => boolean,
): string | null {
  for (const [index, tensor] of [...node.inputs, ...node.outputs].entries()) {
    if (tensor === null || !isFloat(tensor) || (index < node.inputs.length && !isDataInput(node, index))) continue
    const range = ranges.get(tensor.name)?.range
    const most = range === undefined ? 0 : Math.max(magnitudeOf(range.minima), magnitudeOf(range.maxima))
    if (!(most <= seen)) return `${tensor.name} was seen with ${most.toPrecision(3)}, near or beyond what the type holds`
    if (tensor.constant === null || isQuantizer(node)) continue
    const magnitude = magnitudeOf(tensor.constant.values() as Float32Array)
    if (magnitude > largest)
      return `its constant ${tensor.name} reaches ${magnitude.toPrecision(3)}, which the type does not hold`
    if (magnitude > 0 && magnitude < smallest && !isOffset(node, index, tensor.constant.elements))
      return `its constant ${tensor.name} is ${magnitude.toPrecision(3)}, all but zero in the type`
  }
  return null
}

// A bias that all but vanishes was next to nothing; a single number may be what keeps a divisor from zero.
function isOffset(node: GraphNode, index: number, elements: number): boolean {
  return node.is('Add', 'Sub') ? elements > 1 : node.is('Conv', 'ConvTranspose', 'Gemm', 'LayerNormalization') && index === 2
}

function magnitudeOf(values: Float32Array): number {
  let most = 0
  for (const value of values) {
    const magnitude = Math.abs(value)
    // Infinity is what it is in every type; NaN must come out.
    if (magnitude !== Number.POSITIVE_INFINITY && !(magnitude <= most)) most = magnitude
  }
  return most
}

/** Nodes whose float results become lengths, indices or coordinates, back to where these are computed by more than arithmetic. */
function findExactNodes(order: readonly GraphNode[]): ReadonlySet<GraphNode> {
  const exact = new Set<GraphNode>()
  for (const node of [...order].reverse()) {
    const isRead = node.outputs.some((output) => output?.uses.some(({ node: reader, index }) => isExactUse(reader, index, exact)))
    if (isRead && describeHalfOperator(node)?.kind === 'elementwise') exact.add(node)
  }
  return exact
}

// The places of a GridSample are its second input; whatever is rounded to an integer jumps where it is a little off.
function isExactUse(reader: GraphNode, index: number, exact: ReadonlySet<GraphNode>): boolean {
  if (exact.has(reader)) return !reader.is('Gather', 'GatherElements', 'GatherND') || index === 0
  if (reader.is('GridSample')) return index === 1
  if (reader.is('Cast')) return ![1, 10, 11, 16].includes(reader.int('to', 0))
  return reader.is('Floor', 'Ceil', 'Round', 'Range', 'NonMaxSuppression') || (reader.is('Resize') && index > 0)
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
