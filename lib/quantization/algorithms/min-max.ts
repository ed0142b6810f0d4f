import { estimateRange } from '../../calibration/estimate-range.js'
import type { RangeEstimator } from '../../calibration/range-estimator-options.js'
import { kindsNeededBy } from '../../calibration/range-estimator-options.js'
import type { StatisticPoint, Statistics } from '../../calibration/statistic-points.js'
import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { Algorithm } from '../algorithm.js'
import type { ActivationQuantizer, Placement, QuantizerParameters } from '../quantizer.js'
import { contextOf, parametersForRange, type ValueRange } from '../quantizer-parameters.js'
import { insertQuantizers } from '../rewrite/insert-quantizers.js'
import { storeWeights } from '../weights/store-weights.js'
import type { WeightStore } from '../weights/weight-store.js'
import type { SmoothQuant } from './smooth-quant.js'

/** Quantizers as placed, with scales from the ranges that were observed; weights become integers. */
export class MinMaxQuantization implements Algorithm {
  readonly name = 'min-max'
  /** By tensor, once applied. */
  readonly parameters = new Map<string, QuantizerParameters>()
  /** By tensor, once applied. */
  readonly ranges = new Map<string, ValueRange>()

  constructor(
    readonly placement: Placement,
    readonly estimator: RangeEstimator,
    readonly weights: WeightStore,
    /** What changed the activations before, and knows how; null: nothing did. */
    readonly smoothing: Pick<SmoothQuant, 'ranges' | 'factors'> | null = null,
  ) {}

  statisticPoints(): readonly StatisticPoint[] {
    return this.placement.activations.flatMap(({ tensor }) => kindsNeededBy(this.estimator).map((kind) => ({ tensor, ...kind })))
  }

  apply(graph: Graph, statistics: Statistics): void {
    const { activations, weights } = this.placement
    const unified = this.#unifyRanges(activations, statistics)
    const placed = activations.map((quantizer) => {
      const range = unified.get(quantizer.group ?? quantizer.tensor) as ValueRange
      const parameters = parametersForRange(range, quantizer.scheme)
      this.ranges.set(quantizer.tensor, range)
      this.parameters.set(quantizer.tensor, parameters)
      return { tensor: this.#divide(graph, quantizer), uses: quantizer.uses, parameters }
    })
    for (const { use, axis, pairedAxis } of weights) {
      const constant = use.node.inputs[use.index]?.constant
      if (constant) storeWeights(graph, use, axis, this.weights.of(constant, { axis, pairedAxis }))
    }
    insertQuantizers(graph, placed)
  }

  /** Puts a product before the quantizer where smoothing says so; answers with the name of what is quantized. */
  #divide(graph: Graph, { tensor: name, uses }: ActivationQuantizer): string {
    const divided = this.smoothing?.factors.get(name)
    const tensor = graph.tensors.get(name)
    if (divided === undefined || tensor === undefined) return name
    const { factors, following } = divided
    const inverse = Float32Array.from(factors, (factor) => 1 / factor)
    const shape = [inverse.length, ...new Array<number>(following).fill(1)]
    const moreInputs = [graph.addConstant(`${name}_factors`, Constant.of('f32', shape, inverse))]
    return graph.insertAfter(tensor, { type: 'Mul', name: graph.uniqueName(`${name}_divided`), moreInputs }, uses).name
  }

  /** One range for all quantizers of a group: it holds those of its members. */
  #unifyRanges(activations: readonly ActivationQuantizer[], statistics: Statistics): Map<number | string, ValueRange> {
    const unified = new Map<number | string, ValueRange>()
    for (const { tensor, group, scheme } of activations) {
      const key = group ?? tensor
      const own =
        this.smoothing?.ranges.get(tensor) ?? estimateRange(statistics.get(tensor) ?? {}, this.estimator, contextOf(scheme))
      const others = unified.get(key)
      unified.set(key, others ? { min: Math.min(others.min, own.min), max: Math.max(others.max, own.max) } : own)
    }
    return unified
  }
}
