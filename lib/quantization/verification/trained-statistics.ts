import type { Constant } from '../../graph/constant.js'
import { constantOfNode } from '../../graph/constant-of-node.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { movingOperators } from '../targets/target.js'

/** What a layer makes of samples: a number for each of its channels. */
export interface ChannelStatistics {
  readonly means: ArrayLike<number>
  readonly deviations: ArrayLike<number>
}

/** A layer with the BatchNormalization behind it, before one became part of the other. */
export interface TrainedLayer extends ChannelStatistics {
  /** As the file has them: filters of one channel after the other. */
  readonly weights: ArrayLike<number>
  readonly bias: ArrayLike<number> | null
}

/** The first convolution that reads pictures or signals, past what only moves elements; null where there is none. */
export function findFirstConvolution(graph: Graph): GraphNode | null {
  for (const node of graph.nodes) {
    if (!node.is('Conv') || readConstant(node.inputs[1])?.elementType !== 'f32') continue
    let input = node.inputs[0] ?? null
    while (input?.producer?.is(...movingOperators, 'Cast')) input = input.producer.inputs[0] ?? null
    if (input?.isGraphInput) return node
  }
  return null
}

/**
 * What training saw behind the first convolution, as the BatchNormalization there remembers it: the mean and deviation of each
 * channel. null where there is none, as in files whose normalizations were folded before, and where it remembers nothing.
 *
 * @param graph as the file has it: folding takes normalizations out
 */
export function readTrainedLayer(graph: Graph): TrainedLayer | null {
  const layer = findFirstConvolution(graph)
  const reader = layer?.outputs[0]?.soleConsumer ?? null
  if (layer === null || !reader?.is('BatchNormalization') || reader.inputs[0] !== layer.outputs[0]) return null
  const numbers = (input: GraphNode['inputs'][number] | undefined) => readConstant(input)?.numbers() ?? null
  const [weights, bias] = [numbers(layer.inputs[1]), numbers(layer.inputs[2])]
  const [means, variances] = [numbers(reader.inputs[3]), numbers(reader.inputs[4])]
  if (weights === null || means === null || variances === null) return null
  const epsilon = reader.float('epsilon', 1e-5)
  const deviations = Float64Array.from(variances, (variance) => Math.sqrt(variance + epsilon))
  // As they are before any training.
  if (new Set(variances).size < 2 && new Set(means).size < 2) return null
  return deviations.every((deviation) => deviation > 0) ? { means, deviations, weights, bias } : null
}

/** Before anything is folded, some files have their weights in nodes. */
function readConstant(input: GraphNode['inputs'][number] | undefined): Constant | null {
  let tensor = input ?? null
  while (tensor?.producer?.is('Identity')) tensor = tensor.producer.inputs[0] ?? null
  return tensor?.constant ?? (tensor?.producer ? constantOfNode(tensor.producer) : null)
}

/**
 * The same behind the layer as it is now: a BatchNormalization, and other factors, were made part of it, a factor for each channel.
 * null where more than that was changed.
 */
export function expectStatistics(
  trained: TrainedLayer,
  folded: { readonly weights: ArrayLike<number>; readonly bias: ArrayLike<number> | null },
): ChannelStatistics | null {
  const channels = trained.means.length
  const inner = trained.weights.length / channels
  if (folded.weights.length !== trained.weights.length || !Number.isInteger(inner)) return null
  const means = new Float64Array(channels)
  const deviations = new Float64Array(channels)
  for (let channel = 0; channel < channels; channel++) {
    const factor = divideFilters(folded.weights, trained.weights, channel * inner, inner)
    if (factor === null) return null
    const before = (trained.means[channel] as number) - (trained.bias?.[channel] ?? 0)
    means[channel] = factor * before + (folded.bias?.[channel] ?? 0)
    deviations[channel] = Math.abs(factor) * (trained.deviations[channel] as number)
  }
  return { means, deviations }
}

/** What multiplied a filter; null where it was no single factor. */
function divideFilters(changed: ArrayLike<number>, original: ArrayLike<number>, from: number, length: number): number | null {
  let [product, square, own] = [0, 0, 0]
  for (let at = from; at < from + length; at++) {
    const [a, b] = [changed[at] as number, original[at] as number]
    product += a * b
    square += b * b
    own += a * a
  }
  if (square === 0) return own === 0 ? 0 : null
  return product * product >= 0.999 * own * square ? product / square : null
}
