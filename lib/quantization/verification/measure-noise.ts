import { loadKernels } from '../../native/load-addon.js'
import { type OutputLayout, rowsIn } from './output-layout.js'
import type { OutputValues } from './output-values.js'

/** Decibels are not said beyond this: it is as good as equal. */
export const mostDecibels = 120

export interface Noise {
  /** Signal over noise in decibels, all elements together. */
  readonly sqnr: number
  /**
   * The same, but the signal is what changes between samples, rows and positions, column by column, and the middle column
   * is told: a large offset, or coordinates beside scores, do not hide anything here.
   */
  readonly contrast: number
  readonly cosine: number
  /** Elements that are NaN or infinite in the quantized model, and are not in the float one. */
  readonly notFinite: number
}

/** Gathers the noise of one output over all inferences. Memory does not grow with them. */
export class NoiseMeter {
  readonly #columns: number
  /** As the kernel lays them out. */
  readonly #totals: Float64Array

  constructor(readonly layout: OutputLayout) {
    const { kind, columns } = layout
    // One of many classes is seen too seldom to be judged by itself.
    this.#columns = kind === 'classes' ? 1 : columns
    this.#totals = new Float64Array(3 + 4 * this.#columns)
  }

  add(float: OutputValues, quantized: OutputValues): void {
    const { length } = float.values
    if (length === 0 || length !== quantized.values.length) return
    // Neighbours in memory: a whole column, or one element of each.
    const run = this.layout.isTransposed ? rowsIn(this.layout, float) : 1
    const [one, other] = ofOneType(float.values, quantized.values)
    loadKernels().addOutputNoise(one, other, this.#columns, run, this.#totals)
  }

  /** null where no element could be compared. */
  finish(): Noise | null {
    const [quantizedSquares = 0, product = 0, notFinite = 0] = this.#totals
    const [counts, sums, squares, noises] = [0, 1, 2, 3].map((index) =>
      this.#totals.subarray(3 + index * this.#columns, 3 + (index + 1) * this.#columns),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array]
    if (sumOf(counts) === 0 && notFinite === 0) return null
    const [signal, noise] = [sumOf(squares), sumOf(noises)]
    const ratios = [...counts.keys()]
      .filter((column) => (counts[column] as number) > 0)
      .map((column) => {
        const count = counts[column] as number
        const variance = (squares[column] as number) / count - ((sums[column] as number) / count) ** 2
        return { variance: Math.max(variance, 0), noise: (noises[column] as number) / count }
      })
      // A column that never changes says nothing that could be lost.
      .filter(({ variance, noise }) => variance > 0 || noise > 0)
      .map(({ variance, noise }) => decibels(variance, noise))
      .sort((a, b) => a - b)
    const lengths = Math.sqrt(signal * quantizedSquares)
    return {
      sqnr: decibels(signal, noise),
      contrast: ratios[Math.floor(ratios.length / 2)] ?? mostDecibels,
      cosine: lengths > 0 ? Math.min(1, product / lengths) : noise === 0 ? 1 : 0,
      notFinite,
    }
  }
}

type Values = OutputValues['values']

function ofOneType(one: Values, other: Values): readonly [Values, Values] {
  if (one instanceof Float32Array === other instanceof Float32Array) return [one, other]
  return [Float64Array.from(one), Float64Array.from(other)]
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** 10 log10 of signal over noise, within what is worth telling. */
export function decibels(signal: number, noise: number): number {
  if (noise === 0) return mostDecibels
  if (signal <= 0) return -mostDecibels
  return Math.max(-mostDecibels, Math.min(mostDecibels, 10 * Math.log10(signal / noise)))
}
