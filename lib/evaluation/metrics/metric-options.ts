import { z } from 'zod'

const share = z.number().gt(0).max(1)
const textComparison = {
  ignoreSpaces: z.boolean().default(false),
  normalization: z.enum(['none', 'NFC', 'NFKC']).default('NFC'),
}

/** A metric by name, as a recipe asks for it. */
export const metricSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('accuracy'), top: z.array(z.int().min(1)).min(1).default([1, 5]) }),
  z.strictObject({ name: z.literal('coco-map') }),
  z.strictObject({
    name: z.literal('voc-map'),
    interpolation: z.enum(['area', '11-point']).default('area').describe('11-point is VOC 2007'),
    threshold: share.default(0.5),
    pixelInclusive: z.boolean().default(false).describe("boxes include their last pixel, as in VOC's own kit"),
  }),
  z.strictObject({
    name: z.literal('rotated-map'),
    interpolation: z.enum(['area', '11-point']).default('11-point').describe("11-point is what DOTA's own kit takes"),
    threshold: share.default(0.5),
  }),
  z.strictObject({ name: z.literal('line-accuracy'), ...textComparison }),
  z.strictObject({
    name: z.literal('character-error-rate'),
    ...textComparison,
    character: z.enum(['code-point', 'grapheme']).default('code-point'),
  }),
  z.strictObject({
    name: z.literal('text-detection'),
    threshold: share.default(0.5),
    ignoreText: z.string().default('###').describe('regions with this text need not be found'),
  }),
  z.strictObject({
    name: z.literal('spearman'),
    pairs: z
      .union([
        z.literal('consecutive'),
        z.array(z.strictObject({ first: z.string(), second: z.string(), target: z.number() })).min(2),
      ])
      .default('consecutive'),
  }),
])

export type MetricInput = z.input<typeof metricSchema>
export type MetricOptions = z.output<typeof metricSchema>
export type MetricName = MetricOptions['name']
