/**
 * Spearman's rank correlation of pairs, of which each may count several times. Equal values share the mean of their ranks.
 * Sorting is done once: every set of counts then takes linear time.
 */
export class RankCorrelation {
  readonly #x: RankedValues
  readonly #y: RankedValues

  constructor(x: Float64Array, y: Float64Array) {
    this.#x = new RankedValues(x)
    this.#y = new RankedValues(y)
  }

  /** @returns -1 to 1; NaN where one side is all the same */
  correlate(counts: Uint32Array): number {
    const x = this.#x.rank(counts)
    const y = this.#y.rank(counts)
    let total = 0
    for (const count of counts) total += count
    // Ranks 1 to n have this mean, however ties share them.
    const mean = (total + 1) / 2
    let [xx, yy, xy] = [0, 0, 0]
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i] as number
      const dx = (x[i] as number) - mean
      const dy = (y[i] as number) - mean
      xx += count * dx * dx
      yy += count * dy * dy
      xy += count * dx * dy
    }
    return xx === 0 || yy === 0 ? Number.NaN : xy / Math.sqrt(xx * yy)
  }
}

class RankedValues {
  readonly #values: Float64Array
  readonly #order: Uint32Array
  readonly #ranks: Float64Array

  constructor(values: Float64Array) {
    this.#values = values
    this.#order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number))
    this.#ranks = new Float64Array(values.length)
  }

  rank(counts: Uint32Array): Float64Array {
    const order = this.#order
    let before = 0
    for (let start = 0; start < order.length; ) {
      const value = this.#values[order[start] as number]
      let end = start
      let group = 0
      while (end < order.length && this.#values[order[end] as number] === value) group += counts[order[end++] as number] as number
      for (let i = start; i < end; i++) this.#ranks[order[i] as number] = before + (group + 1) / 2
      before += group
      start = end
    }
    return this.#ranks
  }
}
