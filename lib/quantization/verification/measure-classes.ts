import { type OutputLayout, placeOf, rowsIn } from './output-layout.js'
import type { OutputValues } from './output-values.js'

export interface ClassAgreement {
  /** Share of rows whose largest element is at the same place. */
  readonly top1: number
  /** Share of the five largest elements of a row that are among the five largest of the other; null where there are few. */
  readonly top5: number | null
  /** Rows compared. */
  readonly rows: number
}

/** With fewer classes, five of them are most. */
const leastForTop5 = 10

/** Compares which elements of each row are largest. */
export class ClassMeter {
  #rows = 0
  #same = 0
  #shared = 0

  constructor(readonly layout: OutputLayout) {}

  add(float: OutputValues, quantized: OutputValues): void {
    const { layout } = this
    if (float.values.length !== quantized.values.length || layout.columns < 2) return
    const rows = rowsIn(layout, float)
    const step = placeOf(layout, rows, 0, 0, 1) - placeOf(layout, rows, 0, 0, 0)
    for (let table = 0; table < layout.tables; table++) {
      for (let row = 0; row < rows; row++) this.#compare(float, quantized, placeOf(layout, rows, table, row, 0), step)
    }
  }

  #compare(float: OutputValues, quantized: OutputValues, start: number, step: number): void {
    const { columns } = this.layout
    this.#rows++
    const count = columns >= leastForTop5 ? 5 : 1
    const one = findLargest(float.values, columns, start, step, count)
    const other = findLargest(quantized.values, columns, start, step, count)
    if (one[0] === other[0]) this.#same++
    this.#shared += one.filter((column) => other.includes(column)).length / count
  }

  finish(): ClassAgreement | null {
    if (this.#rows === 0) return null
    const hasFive = this.layout.columns >= leastForTop5
    return { top1: this.#same / this.#rows, top5: hasFive ? this.#shared / this.#rows : null, rows: this.#rows }
  }
}

/** Columns of the largest elements, largest first; of equal ones the first. NaN is never large. */
function findLargest(values: Float32Array | Float64Array, columns: number, start: number, step: number, count: number): number[] {
  const best: number[] = []
  const found: number[] = []
  let least = Number.NEGATIVE_INFINITY
  for (let column = 0, place = start; column < columns; column++, place += step) {
    const value = values[place] as number
    if (!(value > least) && !(best.length < count && value === least)) continue
    let at = best.length
    while (at > 0 && (best[at - 1] as number) < value) at--
    best.splice(at, 0, value)
    found.splice(at, 0, column)
    if (best.length > count) best.pop()
    found.length = best.length
    if (best.length === count) least = best[count - 1] as number
  }
  return found
}
