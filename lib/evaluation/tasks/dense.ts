import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { findBoxesAndScores, prepareBoxesAndScores } from './boxes-and-scores.js'
import { createDetector } from './detect.js'
import { boxFormat, outputName, suppressionFields } from './detection-options.js'
import type { Decoder, Detections } from './task.js'

export const background = z.enum(['none', 'first', 'last']).describe('which class means that there is nothing')

export const boxesAndScoresNames = z
  .strictObject({ boxes: outputName.optional(), scores: outputName.optional() })
  .default({})
  .describe('default: told apart by shape')

export const denseSchema = z.strictObject({
  outputs: boxesAndScoresNames,
  boxFormat: boxFormat.default('cxcywh'),
  normalized: z.boolean().default(true).describe('boxes are parts of the input, 0 to 1, not pixels'),
  activation: z.enum(['none', 'sigmoid', 'softmax']).default('none').describe('what makes scores of the numbers'),
  background: background.default('none'),
  ...suppressionFields({ scoreThreshold: 0.01, iouThreshold: 0.5, labels: 'all', maxDetections: 100, clip: false }),
})

export type DenseOptions = z.input<typeof denseSchema>

/**
 * Any detector that gives finished boxes `[batch, n, 4]` and scores `[batch, n, classes]` and still needs suppression.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createDenseDecoder(options: DenseOptions = {}): Decoder<Detections> {
  const parsed = parseOptions(denseSchema, options, createDenseDecoder)
  const form = { ...parsed, decoder: 'dense' }
  return createDetector('dense', parsed, (outputs, input) =>
    prepareBoxesAndScores(form, findBoxesAndScores(form, outputs), input),
  )
}
