import { loadKernels } from '../../native/load-addon.js'
import { type OutputLayout, placeOf, rowsHeld, rowsIn } from './output-layout.js'
import type { OutputValues } from './output-values.js'

/** An output whose rows are those of others: scores beside boxes. */
export interface RowOutput {
  readonly name: string
  readonly layout: OutputLayout
}

/** What ranks rows: columns of one output. */
export interface Ranking {
  readonly outputs: readonly RowOutput[]
  /** Index among the outputs, and its columns. */
  readonly scores: { readonly output: number; readonly columns: readonly number[] }
  /** Columns of all outputs that are no scores, with the spread that differences are measured by. */
  readonly others: readonly { readonly output: number; readonly column: number; readonly spread: number }[]
  /** A row whose score reaches it stands out from the others. */
  readonly threshold: number
  /** From the usual score to the largest. */
  readonly width: number
}

/** Fewer rows are no list to choose from. */
const leastRows = 8

/** Of the scores of rows: where few stand out from many, the tail is long on the side of the large. */
const leastSkewness = 1

/** Where, between the usual score and the largest, rows begin to stand out. */
const standsOut = 0.4

/**
 * Finds what rows are ranked by, if anything: the columns whose largest element is small in most rows and large in few.
 *
 * @param samples for each inference the outputs of the float model, in the order of `outputs`
 * @returns null where no rows stand out
 */
export function findRanking(outputs: readonly RowOutput[], samples: readonly (readonly OutputValues[])[]): Ranking | null {
  const facts = outputs.map(({ layout }, index) => describeColumns(layout, samples, index))
  let best: { skewness: number; scores: Ranking['scores']; values: Float64Array } | null = null
  for (const [output, columns] of facts.entries()) {
    const within = columns.filter(({ min, max }) => min >= 0 && max <= 1)
    const chosen = within.length > 0 ? within : columns
    const scores = { output, columns: chosen.map(({ column }) => column) }
    const values = collectScores(outputs, scores, samples)
    if (values.length < leastRows * samples.length) continue
    const skewness = skewnessOf(values)
    if (best === null || skewness > best.skewness) best = { skewness, scores, values }
  }
  if (best === null || best.skewness < leastSkewness) return null
  const { scores } = best
  const values = best.values.sort()
  const [usual, largest] = [values[Math.floor(values.length / 2)] as number, values.at(-1) as number]
  const others = facts.flatMap((columns, output) =>
    columns
      .filter(({ column, spread }) => spread > 0 && !(output === scores.output && scores.columns.includes(column)))
      .map(({ column, spread }) => ({ output, column, spread })),
  )
  return { outputs, scores, others, threshold: usual + standsOut * (largest - usual), width: largest - usual }
}

interface ColumnFacts {
  readonly column: number
  readonly min: number
  readonly max: number
  /** Standard deviation. */
  readonly spread: number
}

function describeColumns(layout: OutputLayout, samples: readonly (readonly OutputValues[])[], output: number): ColumnFacts[] {
  const { columns, isTransposed } = layout
  const [min, max] = [
    new Float64Array(columns).fill(Number.POSITIVE_INFINITY),
    new Float64Array(columns).fill(Number.NEGATIVE_INFINITY),
  ]
  const [sums, squares, counts] = [new Float64Array(columns), new Float64Array(columns), new Float64Array(columns)]
  for (const sample of samples) {
    const { values } = sample[output] as OutputValues
    const run = isTransposed ? rowsIn(layout, sample[output] as OutputValues) : 1
    for (let at = 0, column = 0; at < values.length; column = column + 1 === columns ? 0 : column + 1) {
      for (const end = at + run; at < end; at++) {
        const value = values[at] as number
        if (!Number.isFinite(value)) continue
        if (value < (min[column] as number)) min[column] = value
        if (value > (max[column] as number)) max[column] = value
        sums[column] = (sums[column] as number) + value
        squares[column] = (squares[column] as number) + value * value
        counts[column] = (counts[column] as number) + 1
      }
    }
  }
  return Array.from({ length: columns }, (_, column) => {
    const count = counts[column] as number
    const variance = count === 0 ? 0 : (squares[column] as number) / count - ((sums[column] as number) / count) ** 2
    return { column, min: min[column] as number, max: max[column] as number, spread: Math.sqrt(Math.max(variance, 0)) }
  })
}

function collectScores(
  outputs: readonly RowOutput[],
  { output, columns }: Ranking['scores'],
  samples: readonly (readonly OutputValues[])[],
): Float64Array {
  const { layout } = outputs[output] as RowOutput
  const tables = samples.flatMap((sample) =>
    Array.from({ length: layout.tables }, (_, table) => scoreRows(layout, sample[output] as OutputValues, table, columns).scores),
  )
  const scores = new Float64Array(tables.reduce((sum, { length }) => sum + length, 0))
  let count = 0
  for (const table of tables) for (const score of table) if (Number.isFinite(score)) scores[count++] = score
  return scores.subarray(0, count)
}

/** The largest element of each row of a table among some columns, and the column that it is in; -1: none. */
export function scoreRows(
  layout: OutputLayout,
  output: OutputValues,
  table: number,
  columns: readonly number[],
): { readonly scores: Float64Array; readonly classes: Int32Array } {
  const rows = rowsHeld(layout, output)
  const [scores, classes] = [new Float64Array(rows), new Int32Array(rows)]
  const start = placeOf(layout, rows, table, 0, 0)
  const rowStep = placeOf(layout, rows, table, 1, 0) - start
  const columnStep = placeOf(layout, rows, table, 0, 1) - start
  if (rows > 0) {
    loadKernels().findRowMaxima(output.values, start, rows, rowStep, columnStep, Int32Array.from(columns), scores, classes)
  }
  return { scores, classes }
}

function skewnessOf(values: Float64Array): number {
  let [sum, second, third] = [0, 0, 0]
  for (const value of values) sum += value
  const mean = sum / values.length
  for (const value of values) {
    const square = (value - mean) ** 2
    second += square
    third += square * (value - mean)
  }
  const deviation = Math.sqrt(second / values.length)
  return deviation > 0 ? third / values.length / deviation ** 3 : 0
}
