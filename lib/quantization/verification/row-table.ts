import { placeOf, rowsHeld } from './output-layout.js'
import type { OutputValues } from './output-values.js'
import { type Ranking, type RowOutput, scoreRows } from './ranked-rows.js'

/** Share of the width of scores that two scores may differ by. */
const scoreTolerance = 0.25
/** Of the spread of each column, in the mean over columns. */
const placeTolerance = 0.35
/** More that stand out in one table are not looked for. */
const mostRows = 100

/** The rows of one inference, or of one sample of a batch. */
export class RowTable {
  readonly #rows: number
  readonly #scores: Float64Array
  readonly #classes: Int32Array
  #standing: readonly number[] | null = null

  constructor(
    readonly ranking: Ranking,
    readonly outputs: readonly OutputValues[],
    readonly table: number,
  ) {
    const { output, columns } = ranking.scores
    const { layout } = ranking.outputs[output] as RowOutput
    const values = outputs[output] as OutputValues
    this.#rows = rowsHeld(layout, values)
    const { scores, classes } = scoreRows(layout, values, table, columns)
    this.#scores = scores
    this.#classes = classes
  }

  /** The best first, not more than are looked for. */
  standingOut(): readonly number[] {
    this.#standing ??= this.#findStanding()
    return this.#standing
  }

  #findStanding(): readonly number[] {
    const scores = this.#scores
    const rows: number[] = []
    for (let row = 0; row < this.#rows; row++) if ((scores[row] as number) >= this.ranking.threshold) rows.push(row)
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
