import { z } from 'zod'
import { engineSchema, errorSchema, head } from './shared-schemas.js'

export const runPicturesReportSchema = z.strictObject({
  ...head('run'),
  engine: engineSchema,
  preprocess: z.string().describe('what was done to the pictures'),
  results: z.array(
    z.strictObject({
      image: z.string(),
      elapsed: z.number().describe('milliseconds from the file to the result'),
      drawing: z.string().nullable().describe('where it was drawn'),
      result: z
        .record(z.string(), z.unknown())
        .nullable()
        .describe('by its task: classes, detections, regions, text, vector or value; null where the picture could not be read'),
      error: errorSchema.nullable().describe('why it could not be read, where there are several'),
    }),
  ),
})
