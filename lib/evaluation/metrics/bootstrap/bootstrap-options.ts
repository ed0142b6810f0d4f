import { z } from 'zod'
import { callbackSchema } from '../../../errors/option-schemas.js'

/** How a bootstrap draws, and what it reports. */
export const bootstrapSchema = z.strictObject({
  resamples: z.int().min(100).max(1_000_000).default(2000),
  seed: z.int().min(0).default(1).describe('the same seed gives the same intervals'),
  levels: z.array(z.number().gt(0).lt(1)).min(1).default([0.9, 0.95]),
  method: z
    .enum(['percentile', 'bca'])
    .default('percentile')
    .describe('bca corrects for bias and skew, and scores once more for each sample'),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(fraction: number) => void>().optional().describe('told the share of the resamples that are scored'),
})

export type BootstrapInput = z.input<typeof bootstrapSchema>
export type BootstrapOptions = z.output<typeof bootstrapSchema>
