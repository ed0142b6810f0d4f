import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import type { ImageSize } from '../../image/image.js'
import { prepareCenterSizeBoxes } from './center-size-boxes.js'
import { createDetector, type PreparedOutputs } from './detect.js'
import { outputName, strides, suppressionFields } from './detection-options.js'
import { collectFromHeads, type DistributionForm, findHeads } from './distribution-heads.js'
import { type Outputs, outputNamed, outputsUnfit } from './find-outputs.js'
import { createGridLister } from './grid-cells.js'
import { type PredictionTable, tableWithRows } from './prediction-table.js'
import type { Decoder, Detections } from './task.js'

export const yolov8Schema = z.strictObject({
  outputs: z
    .strictObject({
      predictions: outputName.optional(),
      scores: z.array(outputName).optional(),
      boxes: z.array(outputName).optional(),
    })
    .default({})
    .describe('one output of finished boxes, or the raw heads in the order of strides'),
  strides: strides.default([8, 16, 32]),
  classes: z.int().min(1).optional().describe('columns after the box that are classes; default: all of them'),
  normalized: z.boolean().default(false).describe('boxes are parts of the input, 0 to 1, not pixels'),
  bins: z.int().min(2).default(16).describe('raw heads: numbers for each side of a box'),
  activation: z.enum(['none', 'sigmoid']).default('sigmoid').describe('raw heads: sigmoid where they give logits'),
  ...suppressionFields({ scoreThreshold: 0.001, iouThreshold: 0.7, labels: 'all', maxDetections: 300, clip: true }),
})

export type Yolov8Options = z.input<typeof yolov8Schema>

/**
 * YOLOv8, v9 and v11: an output `[batch, 4 + classes, places]`, or the other way round, of centre, size and class scores;
 * or the raw heads before the last layers, where distances are distributions. Thresholds default to those
 * of a validation, which counts low scores too.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createYolov8Decoder(options: Yolov8Options = {}): Decoder<Detections> {
  const parsed = parseOptions(yolov8Schema, options, createYolov8Decoder)
  const form: DistributionForm = {
    ...parsed,
    decoder: 'yolov8',
    joined: 'boxes-first',
    centerOffset: 0.5,
    centerShift: 0,
    clipToInput: false,
  }
  const listCells = createGridLister(parsed.strides)
  return createDetector('yolov8', parsed, (outputs, input) => {
    const cells = listCells(input)
    const table = findPredictions(outputs, cells.count, parsed.outputs)
    if (table) return prepareFinished(table, parsed, outputs, input)
    const heads = findHeads(form, outputs, cells, parsed.outputs)
    return {
      samples: Math.min(...heads.map((head) => head.scores.samples)),
      collect: (sample, candidates) => collectFromHeads(form, heads, cells, input, sample, candidates),
    }
  })
}

type ParsedOptions = z.output<typeof yolov8Schema>

/** The output of finished boxes, the only one with all places in it; undefined where there are raw heads. */
function findPredictions(outputs: Outputs, rows: number, names: ParsedOptions['outputs']): PredictionTable | undefined {
  if (names.scores || names.boxes) return undefined
  const { predictions } = names
  const tensors = predictions === undefined ? Object.values(outputs) : [outputNamed('yolov8', outputs, predictions)]
  const tables = tensors.map((tensor) => tableWithRows(tensor, { rows })).filter((table) => table !== undefined)
  if (tables.length === 1 || predictions === undefined) return tables.length === 1 ? tables[0] : undefined
  throw outputsUnfit('yolov8', `[batch, 4 + classes, ${rows}] or [batch, ${rows}, 4 + classes] of ${predictions}`, outputs)
}

function prepareFinished(table: PredictionTable, options: ParsedOptions, outputs: Outputs, input: ImageSize): PreparedOutputs {
  const classes = options.classes ?? table.columns - 4
  if (classes < 1 || classes > table.columns - 4) {
    throw outputsUnfit('yolov8', `[batch, 4 + ${options.classes ?? 'classes'}, ${table.rows}]`, outputs)
  }
  const columns = { first: 4, classes, activation: 'none', labels: options.labels } as const
  return prepareCenterSizeBoxes(table, columns, input, options)
}
