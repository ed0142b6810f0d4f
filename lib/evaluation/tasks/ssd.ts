import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { type BoxReader, boxReaders, findBoxesAndScores, prepareBoxesAndScores } from './boxes-and-scores.js'
import { background, boxesAndScoresNames } from './dense.js'
import { createDetector } from './detect.js'
import { boxFormat, suppressionFields } from './detection-options.js'
import { outputsUnfit } from './find-outputs.js'
import type { Decoder, Detections } from './task.js'

const four = z.tuple([z.number(), z.number(), z.number(), z.number()])

const priors = z.strictObject({
  boxes: z.array(four).min(1).describe('default boxes as parts of the input, 0 to 1, in the order of the outputs'),
  format: boxFormat.default('cxcywh').describe('of the default boxes'),
  variances: four.default([0.1, 0.1, 0.2, 0.2]).describe('of centre x, centre y, width, height'),
  order: z.enum(['xywh', 'yxhw']).default('xywh').describe('of the offsets; TensorFlow: yxhw'),
})

export const ssdSchema = z.strictObject({
  outputs: boxesAndScoresNames,
  priors: priors.optional().describe('where the model gives offsets from default boxes, not boxes'),
  boxFormat: boxFormat.default('yxyx').describe('without priors'),
  normalized: z.boolean().default(true).describe('boxes are parts of the input, 0 to 1, not pixels'),
  activation: z.enum(['none', 'sigmoid', 'softmax']).default('none').describe('what makes scores of the numbers'),
  background: background.default('first'),
  ...suppressionFields({ scoreThreshold: 0.01, iouThreshold: 0.45, labels: 'all', maxDetections: 200, clip: true }),
})

export type SsdOptions = z.input<typeof ssdSchema>

/**
 * SSD: boxes `[batch, n, 4]`, finished or as offsets from default boxes, and class scores `[batch, n, classes]`, of
 * which the first is the background. With the suppression in the model see `tflite-detection`.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createSsdDecoder(options: SsdOptions = {}): Decoder<Detections> {
  const parsed = parseOptions(ssdSchema, options, createSsdDecoder)
  const form = { ...parsed, decoder: 'ssd', normalized: parsed.normalized || parsed.priors !== undefined }
  const readBox = parsed.priors && createOffsetReader(parsed.priors)
  return createDetector('ssd', parsed, (outputs, input) => {
    const tables = findBoxesAndScores(form, outputs)
    const count = parsed.priors?.boxes.length
    if (count !== undefined && count !== tables.boxes.rows) {
      throw outputsUnfit('ssd', `boxes [batch, ${count}, 4], one for each of the priors`, outputs)
    }
    return prepareBoxesAndScores(form, tables, input, readBox)
  })
}

function createOffsetReader({ boxes, format, variances, order }: z.output<typeof priors>): BoxReader {
  const centers = new Float64Array(4 * boxes.length)
  const corners = new Float64Array(4)
  for (const [i, box] of boxes.entries()) {
    boxReaders[format](box, 0, 1, i, corners)
    const [x1, y1, x2, y2] = corners as unknown as [number, number, number, number]
    centers.set([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], 4 * i)
  }
  const [x, y, width, height] = order === 'xywh' ? [0, 1, 2, 3] : [1, 0, 3, 2]
  return (data, at, step, row, target) => {
    const priorWidth = centers[4 * row + 2] as number
    const priorHeight = centers[4 * row + 3] as number
    const centerX = (centers[4 * row] as number) + (data[at + x * step] as number) * variances[0] * priorWidth
    const centerY = (centers[4 * row + 1] as number) + (data[at + y * step] as number) * variances[1] * priorHeight
    const halfWidth = (Math.exp((data[at + width * step] as number) * variances[2]) * priorWidth) / 2
    const halfHeight = (Math.exp((data[at + height * step] as number) * variances[3]) * priorHeight) / 2
    target[0] = centerX - halfWidth
    target[1] = centerY - halfHeight
    target[2] = centerX + halfWidth
    target[3] = centerY + halfHeight
  }
}
