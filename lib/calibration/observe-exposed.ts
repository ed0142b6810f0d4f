import { engineryError } from '../errors/enginery-error.js'
import { loadKernels } from '../native/load-addon.js'
import type { NamedTensors } from './calibration-runner.js'
import { FloatList } from './float-list.js'
import type { Histogram, TensorStatistics } from './statistic-points.js'

/** A tensor that leaves the model whole, for what cannot be computed inside. */
export interface ExposedTensor {
  readonly tensor: string
  readonly histogram: boolean
  readonly quantiles: { readonly lower: number; readonly upper: number } | null
}

/** As `addToHistogram` has it. */
const halfBins = 4096
const header = 2

/** What a histogram takes while it is counted. */
export const histogramBytes = (header + 2 * halfBins) * Float64Array.BYTES_PER_ELEMENT

/** Counts the elements of tensors beside the model. Memory does not grow with samples, but for two quantiles of each. */
export class ExposedObserver {
  readonly #tensors: readonly ObservedTensor[]

  constructor(tensors: readonly ExposedTensor[]) {
    this.#tensors = tensors.map((tensor) => new ObservedTensor(tensor))
  }

  /** The tensors stay untouched until it resolves. @throws CALIBRATION_NOT_FINITE */
  async add(tensors: NamedTensors, sample: number): Promise<void> {
    await Promise.all(this.#tensors.map((observed) => observed.add(tensors, sample)))
  }

  finish(): Map<string, TensorStatistics> {
    return new Map(this.#tensors.map((observed) => [observed.name, observed.finish()]))
  }
}

/** A histogram that grows: counts, and the width that goes with them. */
export class HistogramCounter {
  readonly #memory = new Float64Array(header + 2 * halfBins)

  /** False, and nothing is counted, where an element is NaN or infinite. One call at a time. */
  add(values: Float32Array): Promise<boolean> {
    return loadKernels().addToHistogram(values, this.#memory)
  }

  finish(): Histogram {
    const [isFilled, exponent] = this.#memory as unknown as [number, number]
    const counts = this.#memory.subarray(header)
    let [from, to] = [0, counts.length]
    while (from < to && counts[from] === 0) from++
    while (to > from && counts[to - 1] === 0) to--
    return { width: isFilled === 0 ? 1 : 2 ** exponent, first: from === to ? 0 : from - halfBins, counts: counts.slice(from, to) }
  }
}

class ObservedTensor {
  readonly name: string
  readonly #wanted: ExposedTensor
  readonly #histogram: HistogramCounter | null
  readonly #low = new FloatList()
  readonly #high = new FloatList()
  readonly #pair = new Float32Array(2)

  constructor(wanted: ExposedTensor) {
    this.name = wanted.tensor
    this.#wanted = wanted
    this.#histogram = wanted.histogram ? new HistogramCounter() : null
  }

  async add(tensors: NamedTensors, sample: number): Promise<void> {
    const tensor = tensors[this.name]
    // An empty tensor, which a model with open shapes may have, counts nothing.
    if (tensor === undefined || tensor.size === 0) return
    const values = tensor.data as Float32Array
    const isCounted = this.#histogram === null || (await this.#histogram.add(values))
    const { quantiles } = this.#wanted
    if (isCounted && quantiles === null) return
    const isRanked =
      isCounted && quantiles !== null && (await loadKernels().findQuantiles(values, this.#pair, quantiles.lower, quantiles.upper))
    if (!isRanked) throw engineryError('CALIBRATION_NOT_FINITE', { sample, tensor: this.name })
    this.#low.push(this.#pair[0] as number)
    this.#high.push(this.#pair[1] as number)
  }

  finish(): TensorStatistics {
    const { quantiles } = this.#wanted
    return {
      ...(this.#histogram && { histogram: this.#histogram.finish() }),
      ...(quantiles && { quantiles: { ...quantiles, low: this.#low.toArray(), high: this.#high.toArray() } }),
    }
  }
}
