import { type OutputLayout, rowsIn } from './output-layout.js'
import { countNotFinite, type OutputValues } from './output-values.js'

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
  // Of each column.
  readonly #counts: Float64Array
  readonly #sums: Float64Array
  readonly #squares: Float64Array
  readonly #noises: Float64Array
  #quantized = 0
  #product = 0
  #notFinite = 0

  constructor(readonly layout: OutputLayout) {
    const { kind, columns } = layout
    // One of many classes is seen too seldom to be judged by itself.
    const count = kind === 'classes' ? 1 : columns
    this.#counts = new Float64Array(count)
    this.#sums = new Float64Array(count)
    this.#squares = new Float64Array(count)
    this.#noises = new Float64Array(count)
  }

  add(float: OutputValues, quantized: OutputValues): void {
    if (float.values.length !== quantized.values.length) return
    this.#notFinite += Math.max(0, countNotFinite(quantized.values) - countNotFinite(float.values))
    // Held here: reading a private field for every element takes most of the time.
    const [counts, sums, squares, noises] = [this.#counts, this.#sums, this.#squares, this.#noises]
    const [ones, others] = [float.values, quantized.values]
    const columns = counts.length
    // Neighbours in memory: a whole column, or one element of each.
    const run = this.layout.isTransposed ? rowsIn(this.layout, float) : 1
    let [quantizedSquares, product] = [this.#quantized, this.#product]
    for (let at = 0, column = 0; at < ones.length; column = column + 1 === columns ? 0 : column + 1) {
      const end = Math.min(at + run, ones.length)
      for (; at < end; at++) {
        const value = ones[at] as number
        const other = others[at] as number
        if (!Number.isFinite(value) || !Number.isFinite(other)) continue
        const difference = value - other
        quantizedSquares += other * other
        product += value * other
        counts[column] = (counts[column] as number) + 1
        sums[column] = (sums[column] as number) + value
        squares[column] = (squares[column] as number) + value * value
        noises[column] = (noises[column] as number) + difference * difference
      }
    }
    this.#quantized = quantizedSquares
    this.#product = product
  }

  /** null where no element could be compared. */
  finish(): Noise | null {
    if (sumOf(this.#counts) === 0 && this.#notFinite === 0) return null
    const [signal, noise] = [sumOf(this.#squares), sumOf(this.#noises)]
    const ratios = [...this.#counts.keys()]
      .filter((column) => (this.#counts[column] as number) > 0)
      .map((column) => this.#describe(column))
      // A column that never changes says nothing that could be lost.
      .filter(({ variance, noise }) => variance > 0 || noise > 0)
      .map(({ variance, noise }) => decibels(variance, noise))
      .sort((a, b) => a - b)
    const lengths = Math.sqrt(signal * this.#quantized)
    return {
      sqnr: decibels(signal, noise),
      contrast: ratios[Math.floor(ratios.length / 2)] ?? mostDecibels,
      cosine: lengths > 0 ? Math.min(1, this.#product / lengths) : noise === 0 ? 1 : 0,
      notFinite: this.#notFinite,
    }
  }

  #describe(column: number): { variance: number; noise: number } {
    const count = this.#counts[column] as number
    const mean = (this.#sums[column] as number) / count
    const variance = (this.#squares[column] as number) / count - mean ** 2
    return { variance: Math.max(variance, 0), noise: (this.#noises[column] as number) / count }
  }
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
