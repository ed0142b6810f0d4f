import { z } from 'zod'
import { fileSchema, head } from './shared-schemas.js'

/** What `convert` answers. */
export const convertReportSchema = z.strictObject({
  ...head('convert'),
  model: fileSchema,
  output: fileSchema,
  precision: z.enum(['fp16', 'bf16']),
  half: z.int().describe('nodes that compute in it'),
  float: z
    .array(z.strictObject({ node: z.string(), operator: z.string(), reason: z.string() }))
    .describe('nodes that compute in float32 still'),
  casts: z.int().describe('between both'),
  duration: z.number().describe('seconds'),
})
