import type { Statistics } from '../../calibration/statistic-points.js'
import { Constant } from '../../graph/constant.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { type HalfLimits, halfLimits, largestSeen, magnitudeOf } from './half-limits.js'
import { describeHalfOperator, type HalfType } from './half-operators.js'
import { findUnheldConstant } from './unheld-constants.js'

/** How the structure of a graph says that a half may not hold a tensor. */
type Unheld =
  /** Squares, exponentials, sums of many elements, masks of -1e9: beyond the end of the type. */
  | 'vast'
  /** The same of squares whose mean is taken, which samples prove too little of: TensorRT warns of any in half precision. */
  | 'variance'
  /** Kept from zero by a number that is zero in the type; what is divided by it shows that. */
  | 'faint'
  /** One over such a number. */
  | 'inverse'
  /** Integers as floats, which may be lengths of 100,000: where something is divided by it. */
  | 'count'

const told: Readonly<Record<Unheld, string>> = {
  vast: 'may be beyond what the type holds',
  variance: 'is of a variance, which may be beyond what the type holds',
  faint: 'may be all but zero in the type',
  inverse: 'may be beyond what the type holds',
  count: 'counts, perhaps further than the type does',
}

// Sums of fewer elements are about as large as these.
const fewElements = 256

const moves =
  'Concat Expand Flatten Gather GatherElements GatherND Identity Pad Reshape ScatterElements ScatterND Slice Split Squeeze Tile Transpose Unsqueeze'.split(
    ' ',
  )
// What these write is bounded, whatever they read.
const bounding = [
  ...['Softmax', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Erf', 'Softsign'],
  ...['LayerNormalization', 'InstanceNormalization', 'GroupNormalization'],
  // Padding of -1e9 never is the largest, and the root of a sum of squares is about what was squared.
  ...['MaxPool', 'GlobalMaxPool', 'ReduceMax', 'Sqrt', 'Log', 'ReduceL2', 'Reciprocal'],
]
// Not in half precision itself, and as large as what it reads.
const passing = ['Exp', 'Pow', 'ReduceSum', 'ReduceSumSquare', 'ReduceL1', 'CumSum', 'Floor', 'Ceil', 'Round', 'TopK', 'Trilu']

/**
 * Nodes that read what a type in half precision may not hold, by the structure of the graph: the variance of a
 * normalization that is written out (squares, a mean, an epsilon, a root, a quotient), a mask of -1e9 before a Softmax, a mean
 * over a long signal. They stay float32 up to where values fit again. Samples that show that a tensor is small enough are believed.
 *
 * @param order of nodes, each behind those that it reads from
 */
export function findUnheldReaders(
  order: readonly GraphNode[],
  type: HalfType,
  shapes: InferredShapes,
  ranges: Statistics,
): ReadonlyMap<GraphNode, string> {
  const limits = halfLimits[type]
  const kinds = new Map<GraphTensor, ReadonlySet<Unheld>>()
  const reasons = new Map<GraphNode, string>()
  for (const node of order) {
    const read = findRead(node, kinds)
    const written = new Set(read.map(({ kind }) => kindBehind(node, kind, kinds, limits)))
    const own = kindFrom(node, type, limits, shapes)
    written.add(own)
    written.delete(null)
    const [first] = read
    if (first !== undefined) reasons.set(node, `${first.tensor.name} ${told[first.kind]}`)
    else if (own !== null && isPower(node) && !isSeenSmall(node.outputs[0] ?? null, own, ranges, limits))
      reasons.set(node, 'what it writes, a square, may be beyond what the type holds')
    if (own === 'variance') for (const one of deviationOf(node)) reasons.set(one, 'a normalization begins with it')
    for (const output of node.outputs) {
      if (output === null) continue
      const left = new Set([...written].filter((kind) => kind !== null && !isSeenSmall(output, kind, ranges, limits)))
      if (left.size > 0) kinds.set(output, left as Set<Unheld>)
    }
  }
  return reasons
}

interface Read {
  readonly tensor: GraphTensor
  readonly kind: Unheld
}

/** What of its inputs keeps a node from half precision. */
function findRead(node: GraphNode, kinds: ReadonlyMap<GraphTensor, ReadonlySet<Unheld>>): Read[] {
  const read: Read[] = []
  for (const [index, tensor] of node.inputs.entries()) {
    if (tensor === null) continue
    for (const kind of kinds.get(tensor) ?? []) if (isTouched(node, kind, index)) read.push({ tensor, kind })
  }
  return read
}

/** What a square is taken of, where that is a distance from a mean. */
function deviationOf(square: GraphNode): readonly GraphNode[] {
  const difference = square.inputs[0]?.producer
  if (!difference?.is('Sub')) return []
  const mean = difference.inputs[1]?.producer
  return mean?.is('ReduceMean') && mean.inputs[0] === difference.inputs[0] ? [mean, difference] : []
}

const isLarge = (kind: Unheld) => kind === 'vast' || kind === 'variance'

function isTouched(node: GraphNode, kind: Unheld, index: number): boolean {
  if (isLarge(kind)) return true
  if (node.is(...moves)) return true
  if (node.is('Div')) return index === 1 || kind === 'inverse'
  if (kind === 'faint') return node.is('Sqrt', 'Reciprocal', 'Pow', 'Clip', 'Max', 'Add')
  return kind === 'inverse' && node.is('Mul')
}

/** What a node writes that reads it. */
function kindBehind(
  node: GraphNode,
  kind: Unheld,
  kinds: ReadonlyMap<GraphTensor | null, ReadonlySet<Unheld>>,
  limits: HalfLimits,
): Unheld | null {
  if (node.is(...moves)) return kind
  if (kind === 'faint') {
    if (node.is('Reciprocal') || (node.is('Pow') && exponentOf(node) < 0)) return 'inverse'
    // One over it, written as a quotient.
    if (node.is('Div')) return node.inputs[0]?.constant ? 'inverse' : null
    return 'faint'
  }
  if (!isLarge(kind)) return null
  const divisor = node.is('Div') ? kinds.get(node.inputs[1] ?? null) : undefined
  const isDivisor = [...(divisor ?? [])].some(isLarge)
  if (node.is(...bounding) || isDivisor || isNarrowClip(node, limits)) return null
  if (node.is('Pow')) return exponentOf(node) <= 0.5 ? null : kind
  const operator = describeHalfOperator(node)
  return node.is(...passing) || operator?.kind === 'elementwise' || operator?.kind === 'reduction' ? kind : null
}

/** What a node writes by itself. */
function kindFrom(node: GraphNode, type: HalfType, limits: HalfLimits, shapes: InferredShapes): Unheld | null {
  if (node.is('Cast')) return isWideInteger(node.inputs[0] ?? null, shapes) ? 'count' : null
  if (node.is('ConstantOfShape')) {
    const message = node.attributes.get('value')?.tensor
    const value = message ? Constant.fromMessage(message) : null
    return value?.elementType === 'f32' && magnitudeOf(value.values() as Float32Array) > limits.largest ? 'vast' : null
  }
  if (type === 'f16' && isPower(node)) {
    return node.outputs[0]?.uses.some(({ node: reader }) => reader.is('ReduceMean')) ? 'variance' : 'vast'
  }
  if (type === 'f16' && (node.is('Exp', 'ReduceSumSquare') || isLongSum(node, shapes))) return 'vast'
  const unheld = findUnheldConstant(node, limits)
  if (unheld === null) return null
  // Bounds beyond the type bound nothing.
  if (unheld.isLarge) return node.is('Clip', 'Min', 'Max', 'Div') ? null : 'vast'
  if (node.is('Div')) return 'vast'
  return node.is('Add', 'Sub', 'Max', 'Clip', 'Where') ? 'faint' : null
}

// x * x overflows from 256 on, and the third power of a feature from 40 on.
function isPower(node: GraphNode): boolean {
  return node.is('Mul') ? node.inputs[0] === node.inputs[1] : node.is('Pow') && exponentOf(node) > 1
}

/** Of a Pow; 2 where it is no single number. */
function exponentOf(node: GraphNode): number {
  const constant = node.inputs[1]?.constant
  return constant?.elements === 1 ? Number(constant.values()[0]) : 2
}

function isLongSum(node: GraphNode, shapes: InferredShapes): boolean {
  if (!node.is('ReduceSum', 'ReduceL1')) return false
  const [before, after] = [node.inputs[0], node.outputs[0]].map((tensor) => tensor && shapes.get(tensor)?.shape)
  if (!before || !after) return true
  // Lengths that are on both sides were not summed; what is left tells how many elements were, unless it is open.
  const left = [...before]
  for (const length of after) {
    const at = left.indexOf(length)
    if (at >= 0) left.splice(at, 1)
  }
  return (
    left.some((length) => typeof length !== 'number') || left.reduce<number>((all, one) => all * Number(one), 1) > fewElements
  )
}

function isNarrowClip(node: GraphNode, { largest }: HalfLimits): boolean {
  if (!node.is('Clip')) return false
  return [1, 2].every((index) => {
    const bound = node.inputs[index]?.constant
    return bound?.elementType === 'f32' && Math.abs(Number(bound.values()[0])) <= largest
  })
}

function isWideInteger(tensor: GraphTensor | null, shapes: InferredShapes): boolean {
  const type = tensor === null ? null : (tensor.constant?.elementType ?? shapes.get(tensor)?.elementType)
  return type === 'i64' || type === 'i32' || type === 'u64' || type === 'u32'
}

function isSeenSmall(tensor: GraphTensor | null, kind: Unheld, ranges: Statistics, { seen }: HalfLimits): boolean {
  const most = tensor !== null && (kind === 'vast' || kind === 'count') ? largestSeen(tensor, ranges) : null
  return most !== null && most <= seen
}
