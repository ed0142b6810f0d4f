import { engineryError } from '../../errors/enginery-error.js'
import type { Constant } from '../../graph/constant.js'
import { clipSlices, lowerToLeastError, lowerToNegatives } from './least-error-scales.js'
import { layoutSlices, type SliceLayout } from './slice-layout.js'

export interface QuantizedWeights {
  /** From -127 to 127; from -128 on where the range is not narrow. */
  readonly values: Int8Array
  /** One for each slice, or one for all. Positive, and far enough from zero that products of scales are no denormals. */
  readonly scales: Float32Array
  readonly shape: readonly number[]
  /** Elements that are NaN, which became 0, or infinite, which became 127. */
  readonly nonFinite: number
}

// Scales of slices that are all but zero. A scale of a billionth of the others', or of 1e-30, would do the weights no
// good: what engines do with a bias divides it by scales and would leave the range of integers, or even of floats.
const leastScale = 2 ** -60
const leastShare = 2 ** -24

/** Largest integer weight. */
const limit = 127

export interface WeightOptions {
  /** Integers from -127 to 127, the same on both sides; else -128 is used too. */
  readonly isNarrow: boolean
  /** `minmax`: the largest weight is not clipped; `mse`: where clipping it and rounding the others finer costs less, it is. */
  readonly range: 'minmax' | 'mse'
}

export const usualWeights: WeightOptions = { isNarrow: true, range: 'minmax' }

/**
 * Weights as integers, symmetric: real = scale * integer, with the largest magnitude of each slice at 127. Rounds to
 * even, as QuantizeLinear does.
 *
 * @param constant of type f32
 * @param axis each index along it has a scale of its own; null: one for all
 * @param pairedAxis the axis that products are summed along, where engines add neighbours in 16 bits: the sum of two
 * neighbours of one sign stays within 128 then, so that 255 times it does not overflow. null: no bound
 */
export function quantizeWeights(
  constant: Constant,
  axis: number | null,
  pairedAxis: number | null = null,
  { isNarrow, range }: WeightOptions = usualWeights,
): QuantizedWeights {
  const { shape } = constant
  const weights = constant.values()
  const isAxis = (index: number | null) => index === null || (index >= 0 && index < shape.length)
  if (!(weights instanceof Float32Array) || !isAxis(axis) || !isAxis(pairedAxis) || (axis !== null && axis === pairedAxis)) {
    throw engineryError('BUG', { reason: `quantizing ${constant.elementType} weights [${shape}] along axis ${axis}` })
  }
  const layout = layoutSlices(shape, axis)
  const scales = new Float32Array(layout.slices)
  const nonFinite = measureSlices(weights, layout, scales)
  const limits = [isNarrow ? -limit : -limit - 1, limit] as const
  if (!isNarrow) lowerToNegatives(weights, layout, scales, limits)
  // What pairs ask for holds however much is clipped.
  const floors = range === 'mse' ? new Float32Array(layout.slices) : scales
  if (pairedAxis !== null) measurePairs(weights, layout, { axis: pairedAxis, shape }, floors)
  if (range === 'mse') lowerToLeastError(weights, layout, scales, floors, limits)
  scalesFromMagnitudes(scales)
  const values = new Int8Array(weights.length)
  roundSlices(range === 'mse' ? clipSlices(weights, layout, scales, limits) : weights, layout, scales, values)
  if (nonFinite > 0) saturate(weights, values)
  return { values, scales, shape, nonFinite }
}

/** Largest finite magnitude of each slice; answers with the number of elements that have none. */
function measureSlices(weights: Float32Array, { outer, slices, inner }: SliceLayout, magnitudes: Float32Array): number {
  const tally = { nonFinite: 0 }
  for (let start = 0, o = 0; o < outer; o++) {
    if (inner === 1) measureEach(weights, start, magnitudes, tally)
    else {
      for (let s = 0, from = start; s < slices; s++, from += inner) {
        magnitudes[s] = measureRun(weights, from, from + inner, magnitudes[s] as number, tally)
      }
    }
    start += slices * inner
  }
  return tally.nonFinite
}

/** Neighbours belong to one slice. */
function measureRun(weights: Float32Array, from: number, to: number, least: number, tally: { nonFinite: number }): number {
  let most = least
  for (let at = from; at < to; at++) {
    const magnitude = Math.abs(weights[at] as number)
    // Asked this way round, NaN comes in too.
    if (!(magnitude <= most)) {
      if (magnitude < Number.POSITIVE_INFINITY) most = magnitude
      else tally.nonFinite++
    }
  }
  return most
}

/** Neighbours belong to neighbouring slices. */
function measureEach(weights: Float32Array, from: number, magnitudes: Float32Array, tally: { nonFinite: number }): void {
  for (let s = 0; s < magnitudes.length; s++) {
    const magnitude = Math.abs(weights[from + s] as number)
    if (!(magnitude <= (magnitudes[s] as number))) {
      if (magnitude < Number.POSITIVE_INFINITY) magnitudes[s] = magnitude
      else tally.nonFinite++
    }
  }
}

/**
 * Raises the magnitude of each slice to the largest sum of two neighbours that have one sign. Both are rounded, which may
 * add one to the sum of their integers: 127 becomes 128.
 */
function measurePairs(
  weights: Float32Array,
  { slices, inner }: SliceLayout,
  { axis, shape }: { axis: number; shape: readonly number[] },
  magnitudes: Float32Array,
): void {
  const length = shape[axis] as number
  const stride = shape.slice(axis + 1).reduce((product, other) => product * other, 1)
  // Where whole blocks are of one slice, their pairs are neighbours.
  const run = inner % (length * stride) === 0 ? (length - 1) * stride : Math.min(inner, stride)
  for (let block = 0; run > 0 && block < weights.length; block += length * stride) {
    for (let start = block; start < block + (length - 1) * stride; start += run) {
      const slice = Math.floor(start / inner) % slices
      let most = magnitudes[slice] as number
      for (let at = start; at < start + run; at++) {
        const one = weights[at] as number
        const other = weights[at + stride] as number
        const sum = Math.abs(one + other)
        if (sum > most && one * other > 0 && sum < Number.POSITIVE_INFINITY) most = sum
      }
      magnitudes[slice] = most
    }
  }
}

function scalesFromMagnitudes(scales: Float32Array): void {
  let most = 0
  for (const magnitude of scales) most = Math.max(most, magnitude / limit)
  const least = Math.max(leastScale, most * leastShare)
  for (const [slice, magnitude] of scales.entries()) {
    // A slice of zeros gets the scale of the largest other, so that a bias quantized by it keeps its digits.
    const scale = magnitude > 0 ? magnitude / limit : most || 1
    scales[slice] = Math.max(scale, least)
  }
}

// Adding it to a number below 2^51 leaves no room for a fraction, and what is lost is rounded to even.
const roundingShift = 1.5 * 2 ** 52

function roundSlices(
  weights: Float32Array,
  { outer, slices, inner }: SliceLayout,
  scales: Float32Array,
  values: Int8Array,
): void {
  for (let start = 0, o = 0; o < outer; o++) {
    if (inner === 1) roundEach(weights, start, scales, values)
    else {
      for (let s = 0, from = start; s < slices; s++, from += inner) {
        roundRun(weights, from, from + inner, scales[s] as number, values)
      }
    }
    start += slices * inner
  }
}

// The quotient of f32 elements is rounded to f32 first, as engines do.
function roundRun(weights: Float32Array, from: number, to: number, scale: number, values: Int8Array): void {
  for (let at = from; at < to; at++) {
    values[at] = Math.fround((weights[at] as number) / scale) + roundingShift - roundingShift
  }
}

function roundEach(weights: Float32Array, from: number, scales: Float32Array, values: Int8Array): void {
  for (let s = 0; s < scales.length; s++) {
    const at = from + s
    values[at] = Math.fround((weights[at] as number) / (scales[s] as number)) + roundingShift - roundingShift
  }
}

function saturate(weights: Float32Array, values: Int8Array): void {
  for (const [at, weight] of weights.entries()) {
    if (Number.isFinite(weight)) continue
    values[at] = Number.isNaN(weight) ? 0 : Math.sign(weight) * limit
  }
}
