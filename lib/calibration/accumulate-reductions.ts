import { FloatList, joinFloats } from './float-list.js'
import type { InstrumentedModel } from './instrument-graph.js'
import type { PlannedTensor, Reduction, ReductionPlan } from './plan-reductions.js'
import { type ChannelSpread, mostSpreadSamples, type TensorStatistics } from './statistic-points.js'

/** Gathers what the instrumented model computes of each sample. Memory grows by two numbers a sample and tensor, by rows for few. */
export class ReductionAccumulator {
  readonly #gatherers: readonly TensorGatherer[]
  readonly #inputs: ReadonlySet<string>
  /** Reductions in the order of the vector. */
  readonly #order: readonly { reduction: Reduction; offset: number }[]

  constructor({ tensors }: ReductionPlan, { offsets, inputs }: InstrumentedModel) {
    this.#inputs = new Set(inputs)
    this.#gatherers = tensors.map((tensor) => new TensorGatherer(tensor, offsets))
    this.#order = [...offsets].map(([reduction, offset]) => ({ reduction, offset })).sort((a, b) => a.offset - b.offset)
  }

  /** The tensor that holds NaN or infinity in this sample, an input before all others; null where all is well. */
  findNotFinite(vector: Float32Array): string | null {
    // False for NaN too.
    if (vector.every((value) => Math.abs(value) < Number.POSITIVE_INFINITY)) return null
    const broken = this.#order.filter(({ reduction, offset }) =>
      vector.subarray(offset, offset + reduction.length).some((value) => !Number.isFinite(value)),
    )
    const [first] = broken
    return (broken.find(({ reduction }) => this.#inputs.has(reduction.tensor)) ?? first)?.reduction.tensor ?? null
  }

  add(vector: Float32Array): void {
    for (const gatherer of this.#gatherers) gatherer.add(vector)
  }

  finish(): Map<string, TensorStatistics> {
    return new Map(this.#gatherers.map((gatherer) => [gatherer.tensor, gatherer.finish()]))
  }
}

interface Place {
  readonly offset: number
  readonly length: number
}

class TensorGatherer {
  readonly tensor: string
  readonly #minima = new FloatList()
  readonly #maxima = new FloatList()
  readonly #range: { min: Place | null; max: Place } | null
  readonly #channels: { axis: number; min: Place | null; max: Place; minima: Float32Array; maxima: Float32Array } | null
  readonly #mean: { axis: number; place: Place; sums: Float64Array } | null
  readonly #spread: SpreadGatherer | null
  #samples = 0

  constructor(
    { tensor, range, channelRange, channelMean, channelSpread }: PlannedTensor,
    offsets: ReadonlyMap<Reduction, number>,
  ) {
    const placeOf = (reduction: Reduction): Place => ({
      offset: offsets.get(reduction) as number,
      length: reduction.length,
    })
    const places = ({ min, max }: { min: Reduction | null; max: Reduction }) => ({ min: min && placeOf(min), max: placeOf(max) })
    this.tensor = tensor
    this.#range = range === undefined ? null : places(range)
    this.#channels =
      channelRange === undefined
        ? null
        : {
            ...places(channelRange),
            axis: channelRange.axis,
            minima: new Float32Array(channelRange.max.length).fill(channelRange.min === null ? 0 : Number.POSITIVE_INFINITY),
            maxima: new Float32Array(channelRange.max.length).fill(Number.NEGATIVE_INFINITY),
          }
    this.#mean =
      channelMean === undefined
        ? null
        : { axis: channelMean.axis, place: placeOf(channelMean.mean), sums: new Float64Array(channelMean.mean.length) }
    this.#spread =
      channelSpread === undefined
        ? null
        : new SpreadGatherer({
            ...places(channelSpread),
            axis: channelSpread.axis,
            square: placeOf(channelSpread.square),
          })
  }

  add(vector: Float32Array): void {
    this.#samples++
    if (this.#range !== null) {
      this.#minima.push(this.#range.min === null ? 0 : smallestOf(vector, this.#range.min))
      this.#maxima.push(largestOf(vector, this.#range.max))
    }
    if (this.#channels !== null) {
      const { min, max, minima, maxima } = this.#channels
      for (let i = 0; i < max.length; i++) {
        maxima[i] = Math.max(maxima[i] as number, vector[max.offset + i] as number)
        if (min !== null) minima[i] = Math.min(minima[i] as number, vector[min.offset + i] as number)
      }
    }
    this.#spread?.add(vector)
    if (this.#mean !== null) {
      const { place, sums } = this.#mean
      for (let i = 0; i < place.length; i++) sums[i] = (sums[i] as number) + (vector[place.offset + i] as number)
    }
  }

  finish(): TensorStatistics {
    const spread = this.#spread?.finish(this.#samples)
    const channels = this.#channels
    const mean = this.#mean
    const count = this.#samples
    return {
      ...(this.#range && { range: { minima: this.#minima.toArray(), maxima: this.#maxima.toArray() } }),
      ...(channels && { channelRange: { axis: channels.axis, minima: channels.minima, maxima: channels.maxima } }),
      ...(mean && { channelMean: { axis: mean.axis, means: mean.sums.map((sum) => sum / count) } }),
      ...(spread && { channelSpread: spread }),
    }
  }
}

class SpreadGatherer {
  readonly #minima: Float32Array[] = []
  readonly #maxima: Float32Array[] = []
  readonly #sums: Float64Array

  constructor(
    readonly places: { readonly axis: number; readonly min: Place | null; readonly max: Place; readonly square: Place },
  ) {
    this.#sums = new Float64Array(places.max.length)
  }

  add(vector: Float32Array): void {
    const { min, max, square } = this.places
    const read = ({ offset, length }: Place) => vector.slice(offset, offset + length)
    if (this.#maxima.length < mostSpreadSamples) {
      this.#minima.push(min === null ? new Float32Array(max.length) : read(min))
      this.#maxima.push(read(max))
    }
    for (let i = 0; i < square.length; i++) this.#sums[i] = (this.#sums[i] as number) + (vector[square.offset + i] as number)
  }

  finish(samples: number): ChannelSpread {
    const minima = joinFloats(this.#minima)
    const maxima = joinFloats(this.#maxima)
    return { axis: this.places.axis, minima, maxima, squares: this.#sums.map((sum) => sum / samples) }
  }
}

function smallestOf(vector: Float32Array, { offset, length }: Place): number {
  let smallest = Number.POSITIVE_INFINITY
  for (let i = offset; i < offset + length; i++) {
    const value = vector[i] as number
    if (value < smallest) smallest = value
  }
  return smallest
}

function largestOf(vector: Float32Array, { offset, length }: Place): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = offset; i < offset + length; i++) {
    const value = vector[i] as number
    if (value > largest) largest = value
  }
  return largest
}
