import type { Constant } from '../../graph/constant.js'
import type { WeightQuantizer } from '../quantizer.js'
import { type QuantizedWeights, quantizeWeights, usualWeights, type WeightOptions } from './quantize-weights.js'

/** Weights as integers, each made once, for all algorithms of a run. */
export class WeightStore {
  readonly #made = new Map<Constant, { axis: number | null; pairedAxis: number | null; weights: QuantizedWeights }[]>()

  constructor(readonly options: WeightOptions = usualWeights) {}

  of(constant: Constant, { axis, pairedAxis }: Pick<WeightQuantizer, 'axis' | 'pairedAxis'>): QuantizedWeights {
    const made = this.#made.get(constant) ?? []
    const found = made.find((other) => other.axis === axis && other.pairedAxis === pairedAxis)
    if (found !== undefined) return found.weights
    const weights = quantizeWeights(constant, axis, pairedAxis, this.options)
    this.#made.set(constant, [...made, { axis, pairedAxis, weights }])
    return weights
  }
}
