import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { ActivationQuantizer, Placement, WeightQuantizer } from '../quantizer.js'
import { describeWeightedReader, type WeightedReader } from './weighted-reader.js'

/** An activation with all that reads its integers: their weights share the factors of its channels. */
export interface SmoothingBlock {
  readonly quantizer: ActivationQuantizer
  readonly tensor: GraphTensor
  readonly readers: readonly { readonly reader: WeightedReader; readonly weights: WeightQuantizer }[]
  readonly channels: number
  /** Of the channels, counted from the front. */
  readonly axis: number
  /** The same, counted from the end. */
  readonly channelAxis: number
}

/** An activation that is left as it is. */
export interface UnsmoothedTensor {
  readonly tensor: string
  readonly reason: string
}

/** Quantized activations whose channels could be scaled, since nothing but products with constant weights reads them as integers. */
export function findSmoothingBlocks(
  graph: Graph,
  shapes: InferredShapes,
  { activations, weights }: Placement,
  convolutions: boolean,
): { blocks: SmoothingBlock[]; unsmoothed: UnsmoothedTensor[] } {
  const blocks: SmoothingBlock[] = []
  const unsmoothed: UnsmoothedTensor[] = []
  const members = new Map<number, number>()
  for (const { group } of activations) if (group !== undefined) members.set(group, (members.get(group) ?? 0) + 1)
  for (const quantizer of activations) {
    const { group, uses } = quantizer
    if (!convolutions && uses.some(({ node }) => node.is('Conv', 'ConvTranspose'))) continue
    const isAlone = group === undefined || members.get(group) === 1
    const found = isAlone ? describeBlock(graph, shapes, quantizer, weights) : 'it shares its range with others'
    if (typeof found === 'string') unsmoothed.push({ tensor: quantizer.tensor, reason: found })
    else blocks.push(found)
  }
  return { blocks, unsmoothed }
}

function describeBlock(
  graph: Graph,
  shapes: InferredShapes,
  quantizer: ActivationQuantizer,
  weights: readonly WeightQuantizer[],
): SmoothingBlock | string {
  const tensor = graph.tensors.get(quantizer.tensor) as GraphTensor
  const readers: { reader: WeightedReader; weights: WeightQuantizer }[] = []
  for (const use of quantizer.uses) {
    const reader = describeWeightedReader(use, shapes)
    const stored = weights.find((other) => other.use.node === use.node && other.use.index === reader?.weights)
    if (reader === null || stored === undefined) return `${use.node.label} does more than multiply its channels with weights`
    readers.push({ reader, weights: stored })
  }
  const [first] = readers
  if (first === undefined) return 'nothing reads it'
  const { channels, channelAxis } = first.reader
  if (readers.some(({ reader }) => reader.channels !== channels || reader.channelAxis !== channelAxis))
    return 'its readers do not agree on its channels'
  const shared = refuseShared(readers, weights)
  if (shared !== null) return shared
  const shape = shapes.get(tensor)?.shape ?? null
  const axis = shape === null ? -1 : shape.length + channelAxis
  if (shape === null || shape[axis] !== channels) return 'the number of its channels is not known'
  return channels < 2 ? 'it has a single channel' : { quantizer, tensor, readers, channels, axis, channelAxis }
}

/**
 * Weights that layers share, as those of ALBERT do, are stored once: multiplied by factors of each layer, they would be
 * stored for each. All that read them as integers must belong to the block, and see its channels at the same place.
 */
function refuseShared(readers: SmoothingBlock['readers'], weights: readonly WeightQuantizer[]): string | null {
  const own = new Map(readers.map(({ reader }) => [reader.node, reader]))
  for (const { reader } of readers) {
    const tensor = reader.node.inputs[reader.weights]
    for (const { use } of weights) {
      if (use.node === reader.node || use.node.inputs[use.index] !== tensor) continue
      const other = own.get(use.node)
      if (other === undefined) return `${reader.node.label} shares its weights with ${use.node.label}`
      if (other.outputAxis !== reader.outputAxis || other.node.operator !== reader.node.operator)
        return `${reader.node.label} and ${use.node.label} read the same weights in different ways`
    }
  }
  return null
}
