import { z } from 'zod'
import { head } from './shared-schemas.js'

const intervalSchema = z.looseObject({
  level: z.number().describe('0.9: in nine of ten such sets of samples'),
  low: z.number(),
  high: z.number(),
})

const metricSchema = z.union([
  z.strictObject({
    name: z.string(),
    value: z.number(),
    unit: z.string(),
    higherIsBetter: z.boolean(),
    samples: z.int(),
    details: z.record(z.string(), z.unknown()).describe('what the number is made of'),
    intervals: z.array(intervalSchema),
    perSample: z
      .array(z.strictObject({ id: z.string(), value: z.number() }))
      .optional()
      .describe('with --per-sample'),
  }),
  z.strictObject({ name: z.string(), undefinedBecause: z.string() }),
])

export const evalReportSchema = z.strictObject({
  ...head('eval'),
  data: z.strictObject({
    format: z.string(),
    samples: z.int(),
    digest: z.string().describe('SHA-256 of samples and annotations'),
    warnings: z.array(z.strictObject({ code: z.string(), count: z.int(), examples: z.array(z.string()) })),
    broken: z.array(z.strictObject({ id: z.string(), reason: z.string() })).describe('samples that could not be read'),
  }),
  preprocess: z.strictObject({ description: z.string(), digest: z.string() }).nullable(),
  duration: z.number().describe('seconds, first to last sample, all models together'),
  throughput: z.number().describe('samples per second'),
  models: z.array(
    z.strictObject({
      name: z.string(),
      path: z.string().nullable(),
      device: z.string(),
      precision: z.string(),
      samples: z.int().describe('with a result'),
      nonFiniteSamples: z.int().describe('samples whose outputs hold NaN or infinite values'),
      resumed: z.int().describe('results taken over from an earlier run'),
      metrics: z.array(metricSchema),
      differences: z
        .array(
          z.strictObject({
            metric: z.string(),
            value: z.number().describe('this model less the first'),
            intervals: z.array(intervalSchema),
            shareAbove: z.number().nullable().describe('share of resamples in which this model scored higher'),
          }),
        )
        .describe('to the first model'),
    }),
  ),
})
