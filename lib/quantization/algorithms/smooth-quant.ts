import type { RangeEstimator } from '../../calibration/range-estimator-options.js'
import type { StatisticPoint, Statistics, TensorStatistics } from '../../calibration/statistic-points.js'
import type { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { Algorithm } from '../algorithm.js'
import type { Placement } from '../quantizer.js'
import type { ValueRange } from '../quantizer-parameters.js'
import { type ChosenFactors, chooseFactors } from '../smoothing/choose-factors.js'
import { findSmoothingBlocks, type SmoothingBlock, type UnsmoothedTensor } from '../smoothing/find-smoothing-blocks.js'
import { planDivision } from '../smoothing/fold-factors.js'
import { multiplyInputs, replaceShared, type WeightedReader } from '../smoothing/weighted-reader.js'
import type { Target } from '../targets/target.js'

export interface SmoothQuantOptions {
  readonly target: Target
  readonly estimator: RangeEstimator
  /** From 0, all of it stays with the activation, to 1, all of it goes to the weights; null: what the expected error says. */
  readonly alpha: number | null
  /** Inputs of convolutions too, for which it rarely pays: their channels are balanced by normalization. */
  readonly convolutions: boolean
}

/** An activation whose channels were scaled. */
export interface SmoothedTensor {
  readonly tensor: string
  /** Labels of the nodes whose weights were multiplied. */
  readonly readers: readonly string[]
  readonly alpha: number
  /** Expected squared error of what reads it, over that before. */
  readonly errorRatio: number
  /** Where it is divided: by other constants of what writes it, or by a product that the quantizer takes in. */
  readonly by: 'producer' | 'product'
}

/** By which an activation is divided right before its quantizer. */
export interface ChannelFactors {
  readonly factors: Float64Array
  /** Number of axes behind that of the channels. */
  readonly following: number
}

/**
 * Divides the channels of activations and multiplies the weights that read them, so that the activation needs a narrower
 * range and the network computes what it did. Where the producer can write the divided channels, it does; else there is a
 * product before the quantizer, for targets that make one kernel of both.
 *
 * Source: Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models", 2022.
 */
export class SmoothQuant implements Algorithm {
  readonly name = 'smooth-quant'
  /** Once applied. */
  readonly smoothed: SmoothedTensor[] = []
  readonly unsmoothed: UnsmoothedTensor[] = []
  /** By tensor, once applied: what a product before the quantizer divides. */
  readonly factors = new Map<string, ChannelFactors>()
  /** By tensor, once applied: of the divided activations. */
  readonly ranges = new Map<string, ValueRange>()
  readonly #divided = new Map<string, Float64Array>()
  readonly #blocks: readonly SmoothingBlock[]

  constructor(
    graph: Graph,
    placement: Placement,
    readonly shapes: InferredShapes,
    readonly options: SmoothQuantOptions,
  ) {
    const { blocks, unsmoothed } = findSmoothingBlocks(graph, shapes, placement, options.convolutions)
    this.#blocks = blocks
    this.unsmoothed.push(...unsmoothed)
  }

  statisticPoints(): readonly StatisticPoint[] {
    return this.#blocks.map(({ tensor, axis }) => ({ tensor: tensor.name, kind: 'channel-spread', axis }))
  }

  apply(graph: Graph, statistics: Statistics): void {
    for (const block of this.#blocks) {
      const reason = this.#smooth(graph, block, statistics.get(block.tensor.name) ?? {})
      if (reason !== null) this.unsmoothed.push({ tensor: block.tensor.name, reason })
    }
  }

  /** What was observed, as if it had been of the divided activations: what the other algorithms of the step need of it. */
  divideStatistics(statistics: Statistics): Statistics {
    if (this.#divided.size === 0) return statistics
    const divided = new Map<string, TensorStatistics>(statistics)
    for (const [name, factors] of this.#divided) {
      const found = statistics.get(name)
      if (found?.channelMean === undefined) continue
      const means = found.channelMean.means.map((mean, channel) => mean / (factors[channel] as number))
      divided.set(name, { ...found, channelMean: { ...found.channelMean, means } })
    }
    return divided
  }

  #smooth(graph: Graph, block: SmoothingBlock, statistics: TensorStatistics): string | null {
    const { tensor, readers, channelAxis } = block
    const nodes = new Set(readers.map(({ reader }) => reader.node))
    const division = planDivision(tensor, block, nodes, this.shapes)
    const { target, estimator, alpha } = this.options
    if (typeof division === 'string' && !target.fusesProducts) return division
    const chosen = chooseFactors(block, statistics, estimator, alpha)
    if (chosen === null) return 'scaling its channels would not make the error less'
    const scaled = groupByWeights(readers).map((group) => ({ group, constant: multiplyInputs(group[0], chosen.factors) }))
    if (scaled.some(({ constant }) => constant === null)) return 'a weight would leave the range of float32'
    const isFolded = typeof division !== 'string' && division(graph, chosen.factors)
    if (!isFolded && !target.fusesProducts) return 'a constant would leave the range of float32'
    for (const { group, constant } of scaled) {
      const sharing = group.map(({ node }) => node)
      replaceShared(graph, sharing, group[0].weights, constant as Constant)
    }
    if (!isFolded) this.factors.set(tensor.name, { factors: chosen.factors, following: -1 - channelAxis })
    this.#record(block, chosen, isFolded ? 'producer' : 'product')
    return null
  }

  #record(
    { tensor, readers }: SmoothingBlock,
    { factors, alpha, errorRatio, range }: ChosenFactors,
    by: SmoothedTensor['by'],
  ): void {
    this.#divided.set(tensor.name, factors)
    this.ranges.set(tensor.name, range)
    this.smoothed.push({ tensor: tensor.name, readers: readers.map(({ reader }) => reader.node.label), alpha, errorRatio, by })
  }
}

/** Readers of one constant together: it is multiplied once. */
function groupByWeights(readers: SmoothingBlock['readers']): [WeightedReader, ...WeightedReader[]][] {
  const groups = new Map<unknown, [WeightedReader, ...WeightedReader[]]>()
  for (const { reader } of readers) {
    const tensor = reader.node.inputs[reader.weights]
    const group = groups.get(tensor)
    if (group === undefined) groups.set(tensor, [reader])
    else group.push(reader)
  }
  return [...groups.values()]
}
