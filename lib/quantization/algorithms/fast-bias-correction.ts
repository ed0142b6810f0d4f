import type { StatisticPoint, Statistics } from '../../calibration/statistic-points.js'
import type { Constant } from '../../graph/constant.js'
import { findLinearOperator, type LinearOperator, shiftChannels } from '../../graph/folding/linear-operator.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { Algorithm } from '../algorithm.js'
import type { Placement, WeightQuantizer } from '../quantizer.js'
import type { WeightStore } from '../weights/weight-store.js'
import { convolutionShift } from './convolution-shift.js'
import { productShift } from './product-shift.js'
import type { RoundedWeights } from './rounding-shift.js'

/**
 * Takes the mean error that rounded weights bring into each output channel out of the bias. The error is exact where the
 * operator is a sum of products: weight error times mean input. No inference of a quantized model is needed.
 *
 * Must be applied while the weights are still float. Source: Nagel et al., "Data-Free Quantization Through Weight
 * Equalization and Bias Correction", 2019 (section 4.2), with means that were measured.
 */
export class FastBiasCorrection implements Algorithm {
  readonly name = 'bias-correction'
  /** Labels of the nodes that were corrected, once applied. */
  readonly corrected: string[] = []
  readonly #targets: readonly CorrectedOperator[]

  constructor(
    placement: Placement,
    readonly shapes: InferredShapes,
    readonly weights: WeightStore,
  ) {
    this.#targets = placement.weights.flatMap((quantizer) => describeCorrected(quantizer, shapes))
  }

  statisticPoints(): readonly StatisticPoint[] {
    return this.#targets.map(({ input, axis }) => ({ tensor: input.name, kind: 'channel-mean', axis }))
  }

  apply(graph: Graph, statistics: Statistics): void {
    for (const { quantizer, linear, input } of this.#targets) {
      const mean = statistics.get(input.name)?.channelMean
      const constant = quantizer.use.node.inputs[quantizer.use.index]?.constant
      if (mean === undefined || !constant) continue
      const rounded = this.#round(constant, quantizer)
      const shift = linear.node.is('Conv', 'ConvTranspose')
        ? convolutionShift(linear, rounded, mean.means, this.shapes)
        : productShift(linear, rounded, mean.means)
      if (shift === null || !shift.every(Number.isFinite)) continue
      for (let i = 0; i < shift.length; i++) shift[i] = -(shift[i] as number)
      if (shiftChannels(graph, linear, shift)) this.corrected.push(linear.node.label)
    }
  }

  #round(constant: Constant, quantizer: WeightQuantizer): RoundedWeights {
    const { values: integers, scales, shape } = this.weights.of(constant, quantizer)
    const weights = constant.values() as Float32Array
    const { axis } = quantizer
    const run = axis === null ? weights.length : shape.slice(axis + 1).reduce((product, length) => product * length, 1)
    return { shape, weights, integers, scales, run }
  }
}

interface CorrectedOperator {
  readonly quantizer: WeightQuantizer
  readonly linear: LinearOperator
  readonly input: GraphTensor
  /** Of the channels of the input, from the front. */
  readonly axis: number
}

function describeCorrected(quantizer: WeightQuantizer, shapes: InferredShapes): CorrectedOperator[] {
  const { node, index } = quantizer.use
  const input = node.inputs[1 - index] ?? null
  if (index !== 1 || input === null) return []
  const linear = findBiased(node, shapes)
  const rank = shapes.get(input)?.shape?.length ?? (node.is('Conv', 'ConvTranspose') ? -(linear?.channelAxis ?? 0) + 1 : null)
  if (linear === null || linear.bias === null || rank === null) return []
  return [{ quantizer, linear, input, axis: node.is('Conv', 'ConvTranspose') ? 1 : rank - 1 }]
}

/** The operator with the Add behind it, where that holds the bias. */
export function findBiased(node: GraphNode, shapes: InferredShapes): LinearOperator | null {
  const output = node.outputs[0] ?? null
  if (output === null) return null
  const next = output.soleConsumer
  const sum = next?.is('Add') ? next.outputs[0] : null
  const withSum = node.is('MatMul') && sum ? findLinearOperator(sum, shapes) : null
  return withSum?.node === node ? withSum : findLinearOperator(output, shapes)
}
