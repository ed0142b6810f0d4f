import type { ImageSize } from '../../image/image.js'
import type { CandidateList } from './candidates.js'
import { type Activation, collectScores } from './collect-scores.js'
import { type Outputs, outputNamed, outputsUnfit } from './find-outputs.js'
import type { GridCells, GridLevel } from './grid-cells.js'
import { type KnownRows, type PredictionTable, tableWithRows } from './prediction-table.js'

/**
 * Boxes given as four distances (left, top, right, bottom) from a centre, each as a distribution over `bins` whole
 * strides, as Generalized Focal Loss introduced them: NanoDet, and YOLOv8 before its last layers.
 */
export interface DistributionForm {
  readonly decoder: string
  readonly bins: number
  readonly activation: Activation
  readonly labels: 'best' | 'all'
  readonly scoreThreshold: number
  /** Which comes first where one output holds both. */
  readonly joined: 'boxes-first' | 'scores-first'
  /** A centre is `(column + centerOffset) * stride + centerShift`. */
  readonly centerOffset: number
  readonly centerShift: number
  /** Cuts boxes at the edges of the input, before suppression. */
  readonly clipToInput: boolean
}

/** Names of outputs, one for each stride. */
export interface HeadNames {
  readonly boxes?: readonly string[] | undefined
  readonly scores?: readonly string[] | undefined
}

/** The predictions for the cells from `start` on. */
export interface DistributionHead {
  readonly start: number
  readonly boxes: PredictionTable
  readonly firstBin: number
  readonly scores: PredictionTable
  readonly firstClass: number
  readonly classes: number
}

/**
 * The heads of all strides: two outputs for each, or one, or one for all together.
 * @throws DECODE_OUTPUTS_UNFIT
 */
export function findHeads(form: DistributionForm, outputs: Outputs, cells: GridCells, names: HeadNames): DistributionHead[] {
  const whole = names.boxes || names.scores ? undefined : wholeTable(outputs, cells, 4 * form.bins)
  if (whole) return [splitTable(form, whole, 0)]
  // One order for all: in the other, an output of one stride may look like that of another.
  for (const order of ['rows-first', 'columns-first'] as const) {
    const heads = cells.levels.map((level, i) => {
      const known = { rows: level.width * level.height, grid: level }
      return headOfLevel(form, tablesOfLevel(form.decoder, outputs, known, [names.boxes?.[i], names.scores?.[i]], order), level)
    })
    if (heads.every((head) => head !== undefined)) return heads
  }
  const rows = cells.levels.map((level) => `${level.width * level.height} (${level.height} x ${level.width})`)
  const expected = `for each stride, so ${rows.join(', ')} places, an output of classes and one of 4 x ${form.bins} numbers`
  throw outputsUnfit(form.decoder, expected, outputs)
}

function headOfLevel(form: DistributionForm, tables: PredictionTable[], { start }: GridLevel): DistributionHead | undefined {
  const sides = 4 * form.bins
  const boxes = tables.find((table) => table.columns === sides)
  const [scores, ...others] = tables.filter((table) => table !== boxes)
  if (!scores || others.length > 0) return undefined
  if (!boxes) return scores.columns > sides ? splitTable(form, scores, start) : undefined
  return { start, boxes, firstBin: 0, scores, firstClass: 0, classes: scores.columns }
}

function wholeTable(outputs: Outputs, cells: GridCells, sides: number): PredictionTable | undefined {
  const [only, ...others] = Object.values(outputs)
  const table = only && others.length === 0 ? tableWithRows(only, { rows: cells.count }) : undefined
  return table && table.columns > sides ? table : undefined
}

function tablesOfLevel(
  decoder: string,
  outputs: Outputs,
  known: KnownRows,
  names: (string | undefined)[],
  order: 'rows-first' | 'columns-first',
): PredictionTable[] {
  const given = names.filter((name) => name !== undefined)
  const tensors = given.length > 0 ? given.map((name) => outputNamed(decoder, outputs, name)) : Object.values(outputs)
  return tensors.map((tensor) => tableWithRows(tensor, known, order)).filter((table) => table !== undefined)
}

function splitTable(form: DistributionForm, table: PredictionTable, start: number): DistributionHead {
  const classes = table.columns - 4 * form.bins
  const boxesFirst = form.joined === 'boxes-first'
  const [firstBin, firstClass] = boxesFirst ? [0, 4 * form.bins] : [classes, 0]
  return { start, boxes: table, firstBin, scores: table, firstClass, classes }
}

/** Adds the boxes of a sample whose score exceeds the threshold. */
export function collectFromHeads(
  form: DistributionForm,
  heads: readonly DistributionHead[],
  cells: GridCells,
  input: ImageSize,
  sample: number,
  candidates: CandidateList,
): void {
  const { activation, labels, bins } = form
  const distances = new Float64Array(4)
  for (const head of heads) {
    const columns = { first: head.firstClass, classes: head.classes, activation, labels }
    const { data, rowStride, columnStride, sampleStride } = head.boxes
    collectScores(head.scores, sample, columns, form.scoreThreshold, (row, category, score) => {
      const cell = head.start + row
      const stride = cells.stride[cell] as number
      const x = ((cells.column[cell] as number) + form.centerOffset) * stride + form.centerShift
      const y = ((cells.row[cell] as number) + form.centerOffset) * stride + form.centerShift
      const at = sample * sampleStride + row * rowStride + head.firstBin * columnStride
      for (let side = 0; side < 4; side++) {
        distances[side] = stride * expectBin(data, at + side * bins * columnStride, columnStride, bins)
      }
      const [left, top, right, bottom] = distances as unknown as [number, number, number, number]
      if (form.clipToInput) {
        candidates.add(
          score,
          category,
          cut(x - left, input.width),
          cut(y - top, input.height),
          cut(x + right, input.width),
          cut(y + bottom, input.height),
        )
      } else candidates.add(score, category, x - left, y - top, x + right, y + bottom)
    })
  }
}

// NaN stays NaN, so that the box is left out.
function cut(value: number, size: number): number {
  return Math.min(Math.max(value, 0), size)
}

/** Mean of 0, 1, ... bins - 1, weighted by the softmax of the values. */
function expectBin(data: Float32Array, start: number, step: number, bins: number): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let i = 0, at = start; i < bins; i++, at += step) largest = Math.max(largest, data[at] as number)
  let [sum, weighted] = [0, 0]
  for (let i = 0, at = start; i < bins; i++, at += step) {
    const power = Math.exp((data[at] as number) - largest)
    sum += power
    weighted += i * power
  }
  return weighted / sum
}
