import { engineryError } from '../../errors/enginery-error.js'
import type { Constant } from '../../graph/constant.js'

export interface QuantizedWeights {
  /** From -limit to limit. */
  readonly values: Int8Array
  /** One for each slice, or one for all. Positive, and far enough from zero that products of scales are no denormals. */
  readonly scales: Float32Array
  readonly shape: readonly number[]
  /** Elements that are NaN, which became 0, or infinite, which became the limit. */
  readonly nonFinite: number
}

// Scales of slices that are all but zero. A scale of a billionth of the others', or of 1e-30, would do the weights no
// good: what engines do with a bias divides it by scales and would leave the range of integers, or even of floats.
const leastScale = 2 ** -60
const leastShare = 2 ** -24

/**
 * Weights as integers, symmetric: real = scale * integer, with the largest magnitude of each slice at `limit`. Rounds
 * to even, as QuantizeLinear does.
 *
 * @param constant of type f32
 * @param axis each index along it has a scale of its own; null: one for all
 */
export function quantizeWeights(
  constant: Constant,
  axis: number | null,
  limit: 127 | 63,
  _options: { readonly method: 'max' } = { method: 'max' },
): QuantizedWeights {
  const { shape } = constant
  const weights = constant.values()
  if (!(weights instanceof Float32Array) || (axis !== null && !(axis >= 0 && axis < shape.length))) {
    throw engineryError('BUG', { reason: `quantizing ${constant.elementType} weights [${shape}] along axis ${axis}` })
  }
  const layout = layoutOf(shape, axis)
  const scales = new Float32Array(layout.slices)
  const nonFinite = measureSlices(weights, layout, scales)
  scalesFromMagnitudes(scales, limit)
  const values = new Int8Array(weights.length)
  roundSlices(weights, layout, scales, values)
  if (nonFinite > 0) saturate(weights, values, limit)
  return { values, scales, shape, nonFinite }
}

/** Element (o, s, i) lies at (o * slices + s) * inner + i. */
interface Layout {
  readonly outer: number
  readonly slices: number
  readonly inner: number
}

function layoutOf(shape: readonly number[], axis: number | null): Layout {
  const product = (lengths: readonly number[]) => lengths.reduce((total, length) => total * length, 1)
  if (axis === null) return { outer: 1, slices: 1, inner: product(shape) }
  return { outer: product(shape.slice(0, axis)), slices: shape[axis] as number, inner: product(shape.slice(axis + 1)) }
}

/** Largest finite magnitude of each slice; answers with the number of elements that have none. */
function measureSlices(weights: Float32Array, { outer, slices, inner }: Layout, magnitudes: Float32Array): number {
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

function scalesFromMagnitudes(scales: Float32Array, limit: number): void {
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

function roundSlices(weights: Float32Array, { outer, slices, inner }: Layout, scales: Float32Array, values: Int8Array): void {
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

function saturate(weights: Float32Array, values: Int8Array, limit: number): void {
  for (const [at, weight] of weights.entries()) {
    if (Number.isFinite(weight)) continue
    values[at] = Number.isNaN(weight) ? 0 : Math.sign(weight) * limit
  }
}
