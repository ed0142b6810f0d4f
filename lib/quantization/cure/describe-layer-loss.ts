import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { movingOperators } from '../targets/target.js'
import type { LossReason } from './cure-report.js'

interface SeenTensor {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** A channel this many times as wide as the middle one leaves it four bits or fewer of eight. */
const outlierChannel = 16
/** The same for single elements, over what nine of ten stay below. */
const outlierValue = 32
/** Mean over standard deviation: most of the range is an offset that all elements share. */
const hugeOffset = 8

/**
 * Why a layer costs accuracy, by what it reads.
 *
 * @param seen what tensors held, by name
 */
export function describeLayerLoss(node: GraphNode, seen: ReadonlyMap<string, readonly SeenTensor[]>): LossReason {
  const oddity = describeOddity(node, seen)
  if (oddity !== null) return oddity
  const layer = node.label
  if (isLast(node))
    return { kind: 'head', layer, detail: 'it writes what the outputs are made of, and nothing behind it evens out its error' }
  return { kind: 'unknown', layer, detail: 'nothing about what it reads is odd' }
}

/** What is odd about what a layer reads; null where nothing is. */
export function describeOddity(node: GraphNode, seen: ReadonlyMap<string, readonly SeenTensor[]>): LossReason | null {
  const layer = node.label
  for (const input of node.inputs) {
    const tensors = input === null ? undefined : seen.get(input.name)
    if (input === null || tensors === undefined || tensors.length === 0) continue
    const facts = describeTensor(tensors, node)
    const told = (kind: LossReason['kind'], detail: string): LossReason => ({ kind, layer, detail: `${input.name}: ${detail}` })
    if (facts.width === 0) return told('dead-range', 'it held one value in all samples, so that there is no range')
    const [wide, usual, narrow] = [facts.widest, facts.usual, facts.narrow].map(shown)
    // Half of the channels may be of the large kind.
    const isUnlike = facts.narrow > 0 && facts.widest >= outlierChannel * facts.narrow
    if (isUnlike && joinsUnlike(input)) {
      const [kind, where] = isAmongLast(node)
        ? (['head', ' before the last layers'] as const)
        : (['outlier-channel', ''] as const)
      return told(kind, `values of unlike size are joined${where}: ${wide} beside ${narrow}, in one range`)
    }
    if (facts.channels > 1 && facts.widest >= outlierChannel * facts.usual) {
      return told('outlier-channel', `channel ${facts.channel} reaches ${wide}, the middle one ${usual}, in one range`)
    }
    if (Math.abs(facts.mean) >= hugeOffset * facts.deviation) {
      return told('huge-values', `all elements are near ${shown(facts.mean)}, and differ by ${shown(facts.deviation)} only`)
    }
    if (facts.largest >= outlierValue * facts.common) {
      return told('outlier-values', `few elements reach ${shown(facts.largest)}, nine of ten stay below ${shown(facts.common)}`)
    }
  }
  return null
}

/** Where what a node reads has its channels: maps and signals second, tokens last. */
export function channelAxis(reader: GraphNode, rank: number): number {
  return rank >= 4 || (rank >= 2 && reader.is('Conv', 'ConvTranspose')) ? 1 : rank - 1
}

function describeTensor(tensors: readonly SeenTensor[], reader: GraphNode) {
  const { shape } = tensors[0] as SeenTensor
  const axis = channelAxis(reader, shape.length)
  const channels = shape.length < 2 ? 1 : (shape[axis] as number)
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const most = new Float64Array(channels)
  const magnitudes: number[] = []
  let [count, sum, squares, min, max] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const origin = tensors[0]?.values[0] ?? 0
  for (const { values } of tensors) {
    const step = Math.max(1, Math.floor(values.length / 4096))
    for (let at = 0; at < values.length; at++) {
      const value = values[at] as number
      const channel = Math.floor(at / inner) % channels
      most[channel] = Math.max(most[channel] as number, Math.abs(value))
      min = Math.min(min, value)
      max = Math.max(max, value)
      // Of squares of large numbers that differ by little, nothing would be left.
      const shifted = value - origin
      sum += shifted
      squares += shifted * shifted
      count++
      if (at % step === 0) magnitudes.push(Math.abs(value))
    }
  }
  const mean = sum / Math.max(1, count)
  const sorted = [...most].sort((a, b) => a - b)
  magnitudes.sort((a, b) => a - b)
  const widest = sorted.at(-1) ?? 0
  return {
    channels,
    channel: most.indexOf(widest),
    widest,
    usual: sorted[Math.floor(channels / 2)] ?? 0,
    narrow: sorted[Math.floor(channels / 8)] ?? 0,
    width: max - min,
    largest: Math.max(Math.abs(min), Math.abs(max)),
    common: magnitudes[Math.floor(magnitudes.length * 0.9)] ?? 0,
    mean: origin + mean,
    deviation: Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean * mean)),
  }
}

/** True where a Concat is right before, past what only moves elements. */
function joinsUnlike(tensor: GraphTensor): boolean {
  let node = tensor.producer
  while (node?.is(...movingOperators) && !node.is('Concat')) node = node.inputs[0]?.producer ?? null
  return node?.is('Concat') === true
}

/** True where no other layer with weights reads what a node leads to. */
function isLast(node: GraphNode): boolean {
  return countLayersBehind(node) === 0
}

/** The same, but for one that makes boxes of bins: outputs of unlike heads are often joined and parted once more. */
function isAmongLast(node: GraphNode): boolean {
  return countLayersBehind(node) <= 1
}

function countLayersBehind(node: GraphNode): number {
  const seen = new Set<GraphNode>([node])
  for (const each of seen) for (const output of each.outputs) for (const reader of output?.consumers ?? []) seen.add(reader)
  return [...seen].filter((each) => each !== node && each.is('Conv', 'ConvTranspose', 'Gemm', 'MatMul')).length
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)))
}
