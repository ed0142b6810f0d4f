import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { type ImageGeometry, pointToOriginal } from '../../preprocess/geometry.js'
import { cornersOfRotatedBox } from '../boxes/polygon-overlap.js'
import { type RotatedBox, suppressRotated } from '../boxes/suppress-rotated.js'
import { CandidateList } from './candidates.js'
import { collectScores } from './collect-scores.js'
import { outputName, suppressionFields } from './detection-options.js'
import { countSamples, type Outputs, outputNamed, outputsUnfit } from './find-outputs.js'
import { columnTable, type PredictionTable, rowTable } from './prediction-table.js'
import type { Decoder, RotatedDetection, RotatedDetections } from './task.js'

const { clip: _neverCut, ...suppression } = suppressionFields({
  scoreThreshold: 0.001,
  iouThreshold: 0.7,
  labels: 'all',
  maxDetections: 300,
  clip: false,
})

export const rotatedSchema = z.strictObject({
  outputs: z
    .strictObject({ predictions: outputName.optional(), boxes: outputName.optional(), scores: outputName.optional() })
    .default({})
    .describe('one output of everything, or boxes and scores'),
  angle: z.enum(['last', 'fifth']).default('last').describe('column of the angle: after the classes (YOLO), or after the box'),
  angleUnit: z.enum(['radians', 'degrees']).default('radians'),
  angleDirection: z.enum(['clockwise', 'counterclockwise']).default('clockwise').describe('as seen in the picture'),
  activation: z.enum(['none', 'sigmoid']).default('none').describe('sigmoid where the model gives logits'),
  normalized: z.boolean().default(false).describe('centres and sizes are parts of the input, 0 to 1, not pixels'),
  ...suppression,
})

export type RotatedOptions = z.input<typeof rotatedSchema>

/**
 * Rotated boxes: centre, size and angle with class scores, in one output `[batch, 4 + classes + 1, places]`
 * (YOLOv8-OBB and later) or `[batch, places, 5 + classes]`, either way round, or in two, `[batch, n, 5]` and
 * `[batch, n, classes]`. Suppression goes by the exact area shared; Ultralytics goes by an
 * approximation of it. Corners may lie beyond the picture.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createRotatedDecoder(options: RotatedOptions = {}): Decoder<RotatedDetections> {
  const parsed = parseOptions(rotatedSchema, options, createRotatedDecoder)
  const { iouThreshold, maxCandidates, maxDetections } = parsed
  const candidates = new CandidateList(5)
  return (outputs, context) => {
    const found = findRotated(outputs, parsed)
    const samples = countSamples('rotated', Math.min(found.boxes.samples, found.scores.samples), context, true)
    return context.geometry.slice(0, samples).map((geometry, sample) => {
      candidates.clear()
      collectRotated(found, sample, geometry, parsed, candidates)
      const categories = parsed.classAgnostic ? undefined : candidates.categories
      const limits = { iouThreshold, categories, maxCandidates, maxDetections }
      const kept = suppressRotated(candidates.boxes, candidates.scores, limits)
      return {
        task: 'rotated-detection',
        detections: Array.from(kept, (index) => toRotatedDetection(candidates, index, geometry)),
      }
    })
  }
}

type ParsedOptions = z.output<typeof rotatedSchema>

interface RotatedOutputs {
  readonly boxes: PredictionTable
  readonly angleColumn: number
  readonly scores: PredictionTable
  readonly firstClass: number
  readonly classes: number
}

function findRotated(outputs: Outputs, { outputs: names, angle }: ParsedOptions): RotatedOutputs {
  const expected = 'one output [batch, places, 5 + classes], or boxes [batch, n, 5] and scores [batch, n, classes]'
  const given = [names.predictions, names.boxes, names.scores].filter((name) => name !== undefined)
  const tensors = given.length > 0 ? given.map((name) => outputNamed('rotated', outputs, name)) : Object.values(outputs)
  if (tensors.some(({ shape }) => shape.length !== 3)) throw outputsUnfit('rotated', expected, outputs)
  const [first, second, ...others] = tensors
  if (first && !second) {
    // There are more places than classes.
    const [, a, b] = first.shape as [number, number, number]
    const boxes = a >= b ? rowTable(first) : columnTable(first)
    const classes = boxes.columns - 5
    if (classes < 1) throw outputsUnfit('rotated', expected, outputs)
    return {
      boxes,
      scores: boxes,
      classes,
      ...(angle === 'last' ? { angleColumn: 4 + classes, firstClass: 4 } : { angleColumn: 4, firstClass: 5 }),
    }
  }
  const [boxes, scores] = names.boxes === undefined ? [first, second].sort((a) => (a?.shape[2] === 5 ? -1 : 1)) : [first, second]
  const fits =
    boxes?.shape[2] === 5 && scores?.shape[1] === boxes.shape[1] && (names.boxes !== undefined || scores?.shape[2] !== 5)
  if (!boxes || !scores || !fits || others.length > 0) throw outputsUnfit('rotated', expected, outputs)
  return { boxes: rowTable(boxes), angleColumn: 4, scores: rowTable(scores), firstClass: 0, classes: scores.shape[2] as number }
}

function collectRotated(
  { boxes, angleColumn, scores, firstClass, classes }: RotatedOutputs,
  sample: number,
  { input }: ImageGeometry,
  options: ParsedOptions,
  candidates: CandidateList,
): void {
  const { activation, labels } = options
  const { data, rowStride, columnStride: step } = boxes
  const turn = (options.angleUnit === 'degrees' ? Math.PI / 180 : 1) * (options.angleDirection === 'clockwise' ? 1 : -1)
  const [scaleX, scaleY] = options.normalized ? [input.width, input.height] : [1, 1]
  const columns = { first: firstClass, classes, activation, labels }
  collectScores(scores, sample, columns, options.scoreThreshold, (row, category, score) => {
    const at = sample * boxes.sampleStride + row * rowStride
    candidates.add(
      score,
      category,
      scaleX * (data[at] as number),
      scaleY * (data[at + step] as number),
      scaleX * (data[at + 2 * step] as number),
      scaleY * (data[at + 3 * step] as number),
      turn * (data[at + angleColumn * step] as number),
    )
  })
}

function toRotatedDetection(candidates: CandidateList, index: number, geometry: ImageGeometry): RotatedDetection {
  const box = candidates.boxes.subarray(5 * index, 5 * index + 5)
  const corners = cornersOfRotatedBox(...(Array.from(box) as unknown as RotatedBox))
  const polygon: number[] = []
  // Corner by corner, for a picture stretched unevenly turns the box into a parallelogram.
  for (let i = 0; i < 8; i += 2) polygon.push(...pointToOriginal(geometry, corners[i] as number, corners[i + 1] as number))
  return { category: candidates.categories[index] as number, score: candidates.scores[index] as number, polygon }
}
