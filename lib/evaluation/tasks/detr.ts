import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { findBoxesAndScores, prepareBoxesAndScores } from './boxes-and-scores.js'
import { background, boxesAndScoresNames } from './dense.js'
import { createDetector } from './detect.js'
import { boxFormat, threshold } from './detection-options.js'
import type { Decoder, Detections } from './task.js'

export const detrSchema = z.strictObject({
  outputs: boxesAndScoresNames,
  boxFormat: boxFormat.default('cxcywh'),
  normalized: z.boolean().default(true).describe('boxes are parts of the input, 0 to 1, not pixels'),
  activation: z
    .enum(['none', 'sigmoid', 'softmax'])
    .default('sigmoid')
    .describe('RT-DETR: sigmoid; DETR: softmax; none where the model gives scores'),
  background: background.optional().describe('class that means that there is nothing; default: the last with softmax, else none'),
  labels: z.enum(['best', 'all']).optional().describe('classes of a query; default: the best with softmax, else all'),
  scoreThreshold: threshold.default(0).describe('only scores greater than this'),
  maxDetections: z.int().min(1).optional().describe('the best of (query, class); default: as many as there are queries'),
  clip: z.boolean().default(false).describe('cut boxes at the edges of the picture'),
})

export type DetrOptions = z.input<typeof detrSchema>

/**
 * DETR and RT-DETR: class numbers `[batch, queries, classes]` and boxes `[batch, queries, 4]`; the best of all pairs of
 * query and class, without suppression.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createDetrDecoder(options: DetrOptions = {}): Decoder<Detections> {
  const parsed = parseOptions(detrSchema, options, createDetrDecoder)
  const isSoftmax = parsed.activation === 'softmax'
  const form = {
    ...parsed,
    decoder: 'detr',
    background: parsed.background ?? (isSoftmax ? 'last' : 'none'),
    labels: parsed.labels ?? (isSoftmax ? 'best' : 'all'),
  } as const
  return createDetector('detr', parsed, (outputs, input) => {
    const tables = findBoxesAndScores(form, outputs)
    return { ...prepareBoxesAndScores(form, tables, input), maxDetections: tables.boxes.rows }
  })
}
