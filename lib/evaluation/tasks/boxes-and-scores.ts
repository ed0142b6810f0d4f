import type { ImageSize } from '../../image/image.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type Activation, collectScores } from './collect-scores.js'
import type { PreparedOutputs } from './detect.js'
import type { BoxFormat } from './detection-options.js'
import { type Outputs, outputNamed, outputsUnfit } from './find-outputs.js'
import { type PredictionTable, rowTable } from './prediction-table.js'

/** Which class, if any, means "nothing". */
export type Background = 'none' | 'first' | 'last'

export interface BoxesAndScoresForm {
  readonly decoder: string
  readonly outputs: { readonly boxes?: string | undefined; readonly scores?: string | undefined }
  readonly boxFormat: BoxFormat
  /** Boxes are parts of the input, 0 to 1, not pixels. */
  readonly normalized: boolean
  readonly activation: Activation
  readonly background: Background
  readonly labels: 'best' | 'all'
  readonly scoreThreshold: number
}

/** Turns four numbers, at `at` and every `step` from there, into `x1, y1, x2, y2`. */
export type BoxReader = (data: ArrayLike<number>, at: number, step: number, row: number, corners: Float64Array) => void

/** Detectors that give finished boxes in one output and scores for each of their classes in another. */
export function prepareBoxesAndScores(
  form: BoxesAndScoresForm,
  tables: { readonly boxes: PredictionTable; readonly scores: PredictionTable },
  input: ImageSize,
  readBox: BoxReader = boxReaders[form.boxFormat],
): PreparedOutputs {
  const { boxes, scores } = tables
  const classes = scores.columns
  const background = { none: -1, first: 0, last: classes - 1 }[form.background]
  const columns = { first: 0, classes, activation: form.activation, background, labels: form.labels }
  const firstCategory = form.background === 'first' ? 1 : 0
  const [scaleX, scaleY] = form.normalized ? [input.width, input.height] : [1, 1]
  const corners = new Float64Array(4)
  return {
    samples: Math.min(boxes.samples, scores.samples),
    collect(sample, candidates) {
      collectScores(scores, sample, columns, form.scoreThreshold, (row, category, score) => {
        const at = sample * boxes.sampleStride + row * boxes.rowStride
        readBox(boxes.data, at, boxes.columnStride, row, corners)
        const [x1, y1, x2, y2] = corners as unknown as [number, number, number, number]
        candidates.add(score, category - firstCategory, scaleX * x1, scaleY * y1, scaleX * x2, scaleY * y2)
      })
    },
  }
}

/**
 * The outputs of boxes, `[batch, n, 4]`, and of scores, `[batch, n, classes]`, by name or else by shape.
 * @throws DECODE_OUTPUTS_UNFIT, also where there are four classes and so two outputs that may be the boxes
 */
export function findBoxesAndScores(form: Pick<BoxesAndScoresForm, 'decoder' | 'outputs'>, outputs: Outputs) {
  const { decoder, outputs: names } = form
  const named = (name: string | undefined) => (name === undefined ? undefined : outputNamed(decoder, outputs, name))
  const [namedBoxes, namedScores] = [named(names.boxes), named(names.scores)]
  const expected = 'boxes [batch, n, 4] and scores [batch, n, classes], told apart by shape or by the option outputs'
  const sole = (found: Tensor[]): PredictionTable => {
    const [first, ...others] = found.filter((tensor) => flattenRows(tensor))
    const table = first && others.length === 0 ? flattenRows(first) : undefined
    if (!table) throw outputsUnfit(decoder, expected, outputs)
    return table
  }
  const tensors = Object.values(outputs)
  const isBoxes = (tensor: Tensor) => tensor !== namedScores && tensor.shape.at(-1) === 4
  const boxesTensors = namedBoxes ? [namedBoxes] : tensors.filter(isBoxes)
  const boxes = sole(boxesTensors)
  const isScores = (tensor: Tensor) => tensor !== boxesTensors[0] && flattenRows(tensor)?.rows === boxes.rows
  const scores = sole(namedScores ? [namedScores] : tensors.filter(isScores))
  if (boxes.columns !== 4 || scores.rows !== boxes.rows) throw outputsUnfit(decoder, expected, outputs)
  return { boxes, scores }
}

/** `[batch, n, columns]`, also with a dimension of 1 among the inner ones, as TensorFlow leaves it. */
function flattenRows(tensor: Tensor): PredictionTable | undefined {
  const { shape } = tensor
  if (shape.length === 3) return rowTable(tensor)
  if (shape.length !== 4 || (shape[1] !== 1 && shape[2] !== 1)) return undefined
  const [samples, a, b, columns] = shape as [number, number, number, number]
  const rows = a * b
  return { data: tensor.toFloat32(), samples, rows, columns, sampleStride: rows * columns, rowStride: columns, columnStride: 1 }
}

export const boxReaders: Readonly<Record<BoxFormat, BoxReader>> = {
  xyxy(data, at, step, _row, corners) {
    for (let i = 0; i < 4; i++) corners[i] = data[at + i * step] as number
  },
  yxyx(data, at, step, _row, corners) {
    for (let i = 0; i < 4; i++) corners[i] = data[at + (i ^ 1) * step] as number
  },
  xywh(data, at, step, _row, corners) {
    corners[0] = data[at] as number
    corners[1] = data[at + step] as number
    corners[2] = (data[at] as number) + (data[at + 2 * step] as number)
    corners[3] = (data[at + step] as number) + (data[at + 3 * step] as number)
  },
  cxcywh(data, at, step, _row, corners) {
    const [x, y] = [data[at] as number, data[at + step] as number]
    const [halfWidth, halfHeight] = [(data[at + 2 * step] as number) / 2, (data[at + 3 * step] as number) / 2]
    corners[0] = x - halfWidth
    corners[1] = y - halfHeight
    corners[2] = x + halfWidth
    corners[3] = y + halfHeight
  },
}
