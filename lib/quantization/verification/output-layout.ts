import type { OutputValues } from './output-values.js'

/**
 * How the elements of an output lie, told by its shape and values alone.
 *
 * - `whole`: integers, compared one by one
 * - `classes`: one row of numbers for each sample, of which the largest may be the answer
 * - `rows`: a table for each sample: detections, queries, time steps; columns are what is said of each
 * - `values`: anything else: single numbers, maps, features
 */
export interface OutputLayout {
  readonly kind: 'whole' | 'classes' | 'rows' | 'values'
  /** Of one table. 1 row where there are none. */
  readonly rows: number
  readonly columns: number
  /** True where columns come before rows in memory: [84, 8400]. */
  readonly isTransposed: boolean
  /** Tables in one output: the batch. */
  readonly tables: number
}

/**
 * @param outputs of the float model, one for each inference
 * @param batch length of the first axis of the inputs
 */
export function findLayout(outputs: readonly OutputValues[], batch: number): OutputLayout {
  const [first] = outputs
  const plain: OutputLayout = { kind: 'values', rows: 1, columns: 1, isTransposed: false, tables: 1 }
  if (first === undefined) return plain
  if (outputs.some(({ isWhole }) => isWhole)) return { ...plain, kind: 'whole' }
  const isSteady = outputs.every(
    ({ shape }) => shape.length === first.shape.length && shape.every((n, i) => n === first.shape[i]),
  )
  const hasBatch = first.shape.length > 1 && first.shape[0] === batch
  const rest = first.shape.slice(hasBatch ? 1 : 0).filter((length) => length !== 1)
  const tables = hasBatch ? batch : 1
  const [one, two] = rest as [number?, number?]
  if (rest.length === 1 && one !== undefined && hasBatch && isSteady) {
    return { ...plain, kind: 'classes', columns: one, tables }
  }
  if (rest.length === 1 && !isSteady) return { ...plain, kind: 'rows', rows: Number.NaN, columns: 1, tables }
  if (rest.length === 2 && one !== undefined && two !== undefined) {
    if (isSteady) {
      const isTransposed = one < two && columnsComeFirst(outputs, tables, one, two)
      return { kind: 'rows', rows: isTransposed ? two : one, columns: isTransposed ? one : two, isTransposed, tables }
    }
    // The number of rows may differ from sample to sample, that of columns does not.
    const columns = first.shape.at(-1) as number
    if (columns > 0) return { ...plain, kind: 'rows', rows: Number.NaN, columns, tables }
  }
  if (rest.length === 3 && one !== undefined && one > 0) {
    const axis = first.shape.indexOf(one, hasBatch ? 1 : 0)
    const rows = isSteady ? rest.reduce((product, length) => product * length, 1) / one : Number.NaN
    // Channels of a map: what is unlike in size, and must not drown the others. As many in each sample, or they are a list
    // of maps, one for each of what was found.
    if (outputs.every(({ shape }) => shape.length === first.shape.length && shape[axis] === one)) {
      return { ...plain, rows, columns: one, isTransposed: true, tables }
    }
  }
  return { ...plain, tables, columns: 1, rows: Math.max(1, first.values.length / tables) }
}

/** Columns are unlike each other, rows are alike: the axis whose means differ more holds the columns. */
function columnsComeFirst(outputs: readonly OutputValues[], tables: number, one: number, two: number): boolean {
  const [first, second] = [new Float64Array(one), new Float64Array(two)]
  let count = 0
  for (const { values } of outputs) {
    for (let table = 0; table < tables; table++, count++) {
      for (let i = 0, at = table * one * two; i < one; i++) {
        let sum = 0
        for (let j = 0; j < two; j++, at++) {
          const value = values[at] as number
          sum += value
          second[j] = (second[j] as number) + value / one
        }
        first[i] = (first[i] as number) + sum / two
      }
    }
  }
  return count > 0 && varianceOf(first) > 4 * varianceOf(second)
}

function varianceOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
}

/** Where the element of a row and column lies. */
export function placeOf(layout: OutputLayout, rows: number, table: number, row: number, column: number): number {
  const { columns, isTransposed } = layout
  return table * rows * columns + (isTransposed ? column * rows + row : row * columns + column)
}

/** Rows of one table of this output. */
export function rowsIn(layout: OutputLayout, { values }: OutputValues): number {
  return Number.isNaN(layout.rows) ? values.length / (layout.columns * layout.tables) : layout.rows
}

/** As {@link rowsIn}, of an output that may have others than those that the layout was found by. */
export function rowsHeld({ columns, tables }: OutputLayout, { values }: OutputValues): number {
  return Math.floor(values.length / (columns * tables))
}
