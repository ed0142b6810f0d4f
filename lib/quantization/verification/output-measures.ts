/** How far an output of the quantized model is from that of the float one. Measures that do not apply are null. */
export interface OutputMeasures {
  readonly output: string
  /**
   * Told by shape and values: `classes` is a row of numbers for each sample; `rows` a table for each sample (detections,
   * queries, time steps); `whole` holds integers; `values` is anything else.
   */
  readonly kind: 'whole' | 'classes' | 'rows' | 'values'
  readonly inferences: number
  /** Signal over noise in decibels, of all elements together. */
  readonly sqnr: number | null
  /** Signal over noise in decibels, where the signal is what changes between samples and rows; of the middle column. */
  readonly contrast: number | null
  readonly cosine: number | null
  /** Elements that became NaN or infinite. */
  readonly notFinite: number
  /** Share of rows with the same largest element. */
  readonly top1: number | null
  /** Share of the five largest elements of each row that stayed among the five largest. */
  readonly top5: number | null
  /** Of rows that stand out by their score, the share that both models have, in any order. */
  readonly rankedRows: number | null
  /** Rows that stand out in the float model. */
  readonly standingOut: number | null
  /** Share of integers that are equal. */
  readonly same: number | null
  /** Inferences in which the output had another length. */
  readonly otherLengths: number
}
