import type { RowTable } from './row-table.js'

export interface RowAgreement {
  /**
   * Of the rows that stand out in either model, the share that the other has too: of the same class, with nearly the same
   * score and the rest nearly the same. In any order, since what picks the best of its rows may pick them in another.
   */
  readonly agreement: number
  /** Rows that stand out in the float model, in all inferences. */
  readonly rows: number
}

/** Looks for the rows of each model that stand out among those of the other. */
export class RowMeter {
  #wanted = 0
  #found = 0
  #rows = 0

  add(float: RowTable, quantized: RowTable): void {
    this.#rows += float.standingOut().length
    this.#seek(float, quantized)
    this.#seek(quantized, float)
  }

  #seek(from: RowTable, among: RowTable): void {
    for (const row of from.standingOut()) {
      this.#wanted++
      if (among.contains(from, row)) this.#found++
    }
  }

  finish(): RowAgreement {
    return { agreement: this.#wanted === 0 ? 1 : this.#found / this.#wanted, rows: this.#rows }
  }
}
