import type { StatisticPoint } from '../../calibration/statistic-points.js'
import type { Constant } from '../../graph/constant.js'
import { findLinearOperator, type LinearOperator, rescaleChannels } from '../../graph/folding/linear-operator.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Algorithm } from '../algorithm.js'
import type { Placement } from '../quantizer.js'
import { createInputOf, multiplyInputs, replaceWeights } from '../smoothing/weighted-reader.js'

/** Two convolutions of which the second alone reads what the first writes. */
interface Pair {
  readonly first: LinearOperator
  readonly second: GraphNode
}

// f(s * x) = s * f(x) for s > 0, so a factor may be moved past them.
const homogeneous = ['Relu', 'LeakyRelu']

// A pair that is balanced unbalances its neighbours, less each time.
const mostRounds = 10
/** Of the logarithm, base 2: less than a tenth of a bit is not worth another round. */
const settled = 0.1

// What a channel is scaled by at most, at a time: those of dead channels would leave the range of float32.
const mostScale = 2 ** 8

/**
 * Gives the channels between two convolutions the same range: a channel that is divided by a number in the weights that
 * write it is multiplied by that number in those that read it, and the network computes what it did.
 *
 * Ranges are those of the weights, so nothing must be observed, and what is observed afterwards is of the aligned network.
 *
 * Source: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019 (section 4.1).
 */
export class ChannelAlignment implements Algorithm {
  readonly name = 'channel-alignment'
  /** Labels of the first nodes of pairs that were scaled, once applied. */
  readonly aligned: string[] = []

  constructor(
    readonly placement: Placement,
    readonly shapes: InferredShapes,
  ) {}

  statisticPoints(): readonly StatisticPoint[] {
    return []
  }

  apply(graph: Graph): void {
    const quantized = new Set(this.placement.weights.map(({ use }) => use.node))
    const pairs = sortNodes(graph).flatMap((node) => {
      const pair = findPair(node, this.shapes)
      // Between layers that stay float there is nothing to gain.
      return pair !== null && (quantized.has(node) || quantized.has(pair.second)) ? [pair] : []
    })
    const aligned = new Set<string>()
    for (let round = 0, isSettled = false; round < mostRounds && !isSettled; round++) {
      isSettled = true
      for (const pair of pairs) {
        const scales = balance(pair)
        const change = scales.reduce((most, scale) => Math.max(most, Math.abs(Math.log2(scale))), 0)
        if (change < settled || !scalePair(graph, pair, scales)) continue
        isSettled = false
        aligned.add(pair.first.node.label)
      }
    }
    this.aligned.push(...aligned)
  }
}

function findPair(node: GraphNode, shapes: InferredShapes): Pair | null {
  if (!node.is('Conv', 'ConvTranspose')) return null
  let output = node.outputs[0] ?? null
  const first = output && findLinearOperator(output, shapes)
  let second = output?.soleConsumer ?? null
  while (second?.is(...homogeneous)) {
    output = second.outputs[0] ?? null
    second = output?.soleConsumer ?? null
  }
  if (!first || !second?.is('Conv') || second.inputs[0] !== output) return null
  const weights = weightsOf(second)
  if (weights === null || inputChannels(second, weights) !== first.channels) return null
  return { first, second }
}

function weightsOf(node: GraphNode): Constant | null {
  const constant = node.inputs[1]?.constant ?? null
  return constant?.elementType === 'f32' && constant.shape.length >= 3 ? constant : null
}

function inputChannels(node: GraphNode, { shape }: Constant): number {
  return (shape[1] as number) * node.int('group', 1)
}

/** By which to divide what is written, and multiply what is read, so that both have the same largest magnitude. */
function balance({ first, second }: Pair): Float64Array {
  const written = (first.weights.node.inputs[first.weights.index] as GraphTensor).constant as Constant
  const read = weightsOf(second) as Constant
  const before = measureChannels(written, first.channels, first.channelOf)
  const after = measureChannels(read, first.channels, createInputOf(second, read))
  return before.map((magnitude, channel) => {
    const scale = Math.sqrt(magnitude / (after[channel] as number))
    return scale > 0 && Number.isFinite(scale) ? Math.min(Math.max(scale, 1 / mostScale), mostScale) : 1
  })
}

function measureChannels(constant: Constant, channels: number, channelOf: (index: number) => number): Float64Array {
  const most = new Float64Array(channels)
  const values = constant.values() as Float32Array
  for (let at = 0; at < values.length; at++) {
    const channel = channelOf(at)
    most[channel] = Math.max(most[channel] as number, Math.abs(values[at] as number))
  }
  return most
}

/** @returns false where a value would leave the range of float32: then nothing was changed */
function scalePair(graph: Graph, { first, second }: Pair, scales: Float64Array): boolean {
  const inputOf = createInputOf(second, weightsOf(second) as Constant)
  const scaled = multiplyInputs({ node: second, weights: 1, inputOf }, scales)
  if (scaled === null) return false
  const inverse = scales.map((scale) => 1 / scale)
  if (!rescaleChannels(graph, first, inverse, new Float64Array(first.channels))) return false
  replaceWeights(graph, second, 1, scaled)
  return true
}
