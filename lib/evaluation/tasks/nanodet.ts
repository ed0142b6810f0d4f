import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { createDetector } from './detect.js'
import { outputName, strides, suppressionFields } from './detection-options.js'
import { collectFromHeads, type DistributionForm, findHeads } from './distribution-heads.js'
import { createGridLister } from './grid-cells.js'
import type { Decoder, Detections } from './task.js'

export const nanodetSchema = z.strictObject({
  outputs: z
    .strictObject({ scores: z.array(outputName).optional(), boxes: z.array(outputName).optional() })
    .default({})
    .describe('names in the order of strides'),
  strides: strides.default([8, 16, 32]),
  bins: z.int().min(2).default(8).describe('numbers for each side of a box'),
  activation: z.enum(['none', 'sigmoid']).default('none').describe('sigmoid where the model gives logits'),
  centerOffset: z.number().default(0.5).describe('centre of a cell, in cells; 0 for NanoDet-Plus'),
  centerShift: z.number().default(-0.5).describe('added to centres, in pixels; 0 for NanoDet-Plus'),
  ...suppressionFields({ scoreThreshold: 0.05, iouThreshold: 0.6, labels: 'all', maxDetections: 100, clip: true }),
})

export type NanodetOptions = z.input<typeof nanodetSchema>

/**
 * NanoDet and other detectors with Generalized Focal Loss: for each stride an output of class scores and one of four
 * distributions; or a single output with all of it, scores first (NanoDet-Plus). Boxes are cut at the edges of the input before suppression, as the reference implementation does.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createNanodetDecoder(options: NanodetOptions = {}): Decoder<Detections> {
  const parsed = parseOptions(nanodetSchema, options, createNanodetDecoder)
  const form: DistributionForm = { ...parsed, decoder: 'nanodet', joined: 'scores-first', clipToInput: parsed.clip }
  const listCells = createGridLister(parsed.strides)
  return createDetector('nanodet', parsed, (outputs, input) => {
    const cells = listCells(input)
    const heads = findHeads(form, outputs, cells, parsed.outputs)
    return {
      samples: Math.min(...heads.map((head) => head.scores.samples)),
      collect: (sample, candidates) => collectFromHeads(form, heads, cells, input, sample, candidates),
    }
  })
}
