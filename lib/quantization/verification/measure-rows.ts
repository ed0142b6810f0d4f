import { placeOf, rowsIn } from './output-layout.js'
import type { OutputValues } from './output-values.js'
import { largestAt, type Ranking, type RowOutput } from './ranked-rows.js'

export interface RowAgreement {
  /**
   * Of the rows that stand out in either model, the share that the other has too: of the same class, with nearly the same
   * score and the rest nearly the same. In any order, since what picks the best of its rows may pick them in another.
   */
  readonly agreement: number
  /** Rows that stand out in the float model, in all inferences. */
  readonly rows: number
}

/** Share of the width of scores that two scores may differ by. */
const scoreTolerance = 0.25
/** Of the spread of each column, in the mean over columns. */
const placeTolerance = 0.35
/** More that stand out in one table are not looked for. */
const mostRows = 100

/** Looks for the rows of each model that stand out among those of the other. */
export class RowMeter {
  #wanted = 0
  #found = 0
  #rows = 0

  constructor(readonly ranking: Ranking) {}

  add(float: readonly OutputValues[], quantized: readonly OutputValues[]): void {
    const { layout } = this.ranking.outputs[0] as RowOutput
    for (let table = 0; table < layout.tables; table++) {
      const [one, other] = [this.#tableOf(float, table), this.#tableOf(quantized, table)]
      const standing = one.standingOut()
      this.#rows += standing.length
      this.#seek(standing, one, other)
      this.#seek(other.standingOut(), other, one)
    }
  }

  #tableOf(outputs: readonly OutputValues[], table: number): RowTable {
    return new RowTable(this.ranking, outputs, table)
  }

  #seek(rows: readonly number[], from: RowTable, among: RowTable): void {
    for (const row of rows) {
      this.#wanted++
      if (among.contains(from, row)) this.#found++
    }
  }

  finish(): RowAgreement {
    return { agreement: this.#wanted === 0 ? 1 : this.#found / this.#wanted, rows: this.#rows }
  }
}

class RowTable {
  readonly #rows: number
  readonly #scores: Float64Array
  readonly #classes: Int32Array

  constructor(
    readonly ranking: Ranking,
    readonly outputs: readonly OutputValues[],
    readonly table: number,
  ) {
    const { scores } = ranking
    const { layout } = ranking.outputs[scores.output] as RowOutput
    const values = outputs[scores.output] as OutputValues
    this.#rows = rowsIn(layout, values)
    this.#scores = new Float64Array(this.#rows)
    this.#classes = new Int32Array(this.#rows)
    for (let row = 0; row < this.#rows; row++) {
      const { score, column } = largestAt(layout, values, this.#rows, table, row, scores.columns)
      this.#scores[row] = score
      this.#classes[row] = column
    }
  }

  /** The best first, not more than are looked for. */
  standingOut(): number[] {
    const scores = this.#scores
    const rows = [...scores.keys()].filter((row) => (scores[row] as number) >= this.ranking.threshold)
    return rows.sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, mostRows)
  }

  contains(other: RowTable, row: number): boolean {
    if (row < this.#rows && this.#isLike(row, other, row)) return true
    for (let own = 0; own < this.#rows; own++) if (own !== row && this.#isLike(own, other, row)) return true
    return false
  }

  #isLike(own: number, other: RowTable, row: number): boolean {
    if (this.#classes[own] !== other.#classes[row]) return false
    const difference = Math.abs((this.#scores[own] as number) - (other.#scores[row] as number))
    if (!(difference <= scoreTolerance * this.ranking.width)) return false
    const { others } = this.ranking
    const most = placeTolerance ** 2 * others.length
    let distance = 0
    for (const { output, column, spread } of others) {
      distance += ((this.#at(output, own, column) - other.#at(output, row, column)) / spread) ** 2
      if (!(distance <= most)) return false
    }
    return true
  }

  #at(output: number, row: number, column: number): number {
    const { layout } = this.ranking.outputs[output] as RowOutput
    return (this.outputs[output] as OutputValues).values[placeOf(layout, this.#rows, this.table, row, column)] as number
  }
}
