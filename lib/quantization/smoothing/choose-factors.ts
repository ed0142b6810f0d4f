import { estimateRange } from '../../calibration/estimate-range.js'
import { type RangeEstimator, rangeEstimatorSchema } from '../../calibration/range-estimator-options.js'
import type { ChannelSpread, TensorStatistics } from '../../calibration/statistic-points.js'
import { contextOf, parametersForRange, type ValueRange } from '../quantizer-parameters.js'
import type { SmoothingBlock } from './find-smoothing-blocks.js'
import { readWeights } from './weighted-reader.js'

/** How the channels of an activation are divided, and its weights multiplied. */
export interface ChosenFactors {
  /** By which the activation is divided: a number for each channel, their geometric mean 1. */
  readonly factors: Float64Array
  readonly alpha: number
  /** Expected squared error of all outputs that read it, over that without factors. */
  readonly errorRatio: number
  /** Of the divided activation. */
  readonly range: ValueRange
}

/** What is tried where nobody says: from balancing the two to leaving all of it to the weights. */
const alphas = [0.25, 0.5, 0.65, 0.75, 0.85, 0.95]

/** A gain below a decibel is within what the estimate leaves out. */
const leastGain = 0.8

/** Of the squared step of weights whose neighbours must not overflow: a fifth of a bit, in the mean. */
const pairedStep = 1.35

/** Of the largest channel. What hardly moved in the samples may move later, and is not blown up further than that. */
const leastShare = 1e-3

/** A channel is moved by at most so much: scales must stay far from the ends of float32. */
const mostFactor = 2 ** 8

/** Of an activation that is divided only its extremes are known: here is no histogram to look at. */
const rangeOfExtremes = rangeEstimatorSchema.parse('mean-deviation-minmax')

/**
 * Factors by which to divide the channels of an activation, for each of which the weights are multiplied: what varies
 * between channels more than one scale can hold goes where each output has its own.
 *
 * Without an alpha, the one with the least expected error is taken, which is the error of rounding both operands, with the
 * steps they would have: where no alpha makes it less, there are no factors.
 *
 * Source: Xiao et al., "SmoothQuant", 2022 (equation 4); the choice of alpha by the expected error is ours.
 */
export function chooseFactors(
  block: SmoothingBlock,
  statistics: TensorStatistics,
  estimator: RangeEstimator,
  alpha: number | null,
): ChosenFactors | null {
  const spread = statistics.channelSpread
  const { channels, quantizer } = block
  if (spread === undefined || spread.squares.length !== channels || spread.maxima.length < channels) return null
  const magnitudes = magnitudesOf(spread)
  const reads = describeReads(block)
  const most = magnitudes.reduce((a, b) => Math.max(a, b), 0)
  if (!(most > 0) || !Number.isFinite(most)) return null
  const errorOf = (range: ValueRange, factors: Float64Array) =>
    expectedError(parametersForRange(range, quantizer.scheme).scale, spread.squares, reads, factors)
  const none = new Float64Array(channels).fill(1)
  const before = errorOf(estimateRange(statistics, estimator, contextOf(quantizer.scheme)), none)
  let best: ChosenFactors | null = null
  for (const tried of alpha === null ? alphas : [alpha]) {
    const factors = factorsOf(magnitudes, reads.magnitudes, tried)
    const range = dividedRange(spread, factors, estimator)
    const errorRatio = errorOf(range, factors) / before
    if (Number.isFinite(errorRatio) && (best === null || errorRatio < best.errorRatio))
      best = { factors, alpha: tried, errorRatio, range }
  }
  return best !== null && (alpha !== null || best.errorRatio < leastGain) ? best : null
}

/** Mean over the samples of the largest magnitude in each. */
function magnitudesOf({ minima, maxima, squares }: ChannelSpread): Float64Array {
  const channels = squares.length
  const sums = new Float64Array(channels)
  for (let at = 0; at < maxima.length; at++) {
    const magnitude = Math.max(-(minima[at] as number), maxima[at] as number)
    sums[at % channels] = (sums[at % channels] as number) + magnitude
  }
  return sums.map((sum) => (sum * channels) / maxima.length)
}

/** The range that would be found of the activation if its channels were divided, by the extremes of the samples. */
function dividedRange({ minima, maxima, squares }: ChannelSpread, factors: Float64Array, estimator: RangeEstimator): ValueRange {
  const channels = squares.length
  const samples = maxima.length / channels
  const [low, high] = [new Float32Array(samples), new Float32Array(samples)]
  for (let sample = 0, at = 0; sample < samples; sample++) {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let channel = 0; channel < channels; channel++, at++) {
      const factor = factors[channel] as number
      least = Math.min(least, (minima[at] as number) / factor)
      most = Math.max(most, (maxima[at] as number) / factor)
    }
    low[sample] = least
    high[sample] = most
  }
  const ofExtremes = estimator.statistic === 'minmax' ? estimator : rangeOfExtremes
  return estimateRange({ range: { minima: low, maxima: high } }, ofExtremes, { isSymmetric: false })
}

/** What the weights that read a block make of errors of its channels. */
interface Reads {
  /** Largest weight of each channel. */
  readonly magnitudes: Float64Array
  /** Sum of the squares of its weights. */
  readonly energies: Float64Array
  /** For each output of each reader, the weight of every channel with the largest magnitude: a list of rows. */
  readonly rows: readonly Float32Array[]
  /** By which each row counts: for all outputs where weights share one scale, for each of its taps, and for coarser steps. */
  readonly outputs: readonly number[]
}

function describeReads({ readers, channels }: SmoothingBlock): Reads {
  const magnitudes = new Float64Array(channels)
  const energies = new Float64Array(channels)
  const rows: Float32Array[] = []
  const outputs: number[] = []
  for (const { reader, weights } of readers) {
    const { shape, values } = readWeights(reader.node, reader.weights)
    const count = shape[reader.outputAxis] as number
    const inner = shape.slice(reader.outputAxis + 1).reduce((product, length) => product * length, 1)
    const isShared = weights.axis === null
    const own = Array.from({ length: isShared ? 1 : count }, () => new Float32Array(channels))
    const taps = values.length / count / channels
    for (let at = 0; at < values.length; at++) {
      const channel = reader.inputOf(at)
      const magnitude = Math.abs(values[at] as number)
      energies[channel] = (energies[channel] as number) + magnitude * magnitude
      if (magnitude > (magnitudes[channel] as number)) magnitudes[channel] = magnitude
      const row = own[isShared ? 0 : Math.floor(at / inner) % count] as Float32Array
      if (magnitude > (row[channel] as number)) row[channel] = magnitude
    }
    rows.push(...own)
    const weight = (isShared ? count : 1) * Math.max(taps, 1) * (weights.pairedAxis === null ? 1 : pairedStep)
    for (const _ of own) outputs.push(weight)
  }
  return { magnitudes, energies, rows, outputs }
}

function factorsOf(activation: Float64Array, weights: Float64Array, alpha: number): Float64Array {
  const floor = (values: Float64Array) => {
    const least = values.reduce((a, b) => Math.max(a, b), 0) * leastShare
    return values.map((value) => Math.max(value, least, Number.MIN_VALUE))
  }
  const [x, w] = [floor(activation), floor(weights)]
  const logarithms = x.map((value, channel) => alpha * Math.log(value) - (1 - alpha) * Math.log(w[channel] as number))
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length
  return logarithms.map((value) => Math.min(Math.max(Math.exp(value - mean), 1 / mostFactor), mostFactor))
}

/** Rounding to steps adds a twelfth of the step squared: to each element of the activation, and to each weight. */
function expectedError(step: number, squares: Float64Array, { energies, rows, outputs }: Reads, factors: Float64Array): number {
  let ofActivation = 0
  let input = 0
  for (const [channel, factor] of factors.entries()) {
    ofActivation += (energies[channel] as number) * factor * factor
    input += (squares[channel] as number) / (factor * factor)
  }
  let ofWeights = 0
  for (const [index, row] of rows.entries()) {
    let most = 0
    for (let channel = 0; channel < row.length; channel++)
      most = Math.max(most, (row[channel] as number) * (factors[channel] as number))
    ofWeights += (most / 127) ** 2 * (outputs[index] as number)
  }
  return step * step * ofActivation + ofWeights * input
}
