import { z } from 'zod'
import { fileSchema, head, portSchema } from './shared-schemas.js'

/** What `build --backend tensorrt` answers. */
export const planReportSchema = z.strictObject({
  ...head('build'),
  plan: z.strictObject({
    path: z.string().describe('of the model'),
    origin: z.enum(['built', 'cache']),
    elapsed: z.number().describe('milliseconds that it took'),
    versions: z.record(z.string(), z.string()).describe('of enginery and of the library that built it'),
    devices: z.array(z.string()).describe('what it is for'),
    precision: z.string().describe('as asked for'),
    inputs: z.array(portSchema),
    outputs: z.array(portSchema),
    layers: z.int().nullable().describe('of the network before TensorRT fuses them; null for a plan from the cache'),
    warnings: z.array(
      z.strictObject({
        kind: z.enum(['missing-scale', 'weights-out-of-range', 'timing-cache', 'deprecated', 'other']),
        tensor: z.string().nullable(),
        text: z.string(),
      }),
    ),
    notes: z.array(z.string()),
  }),
  files: z.array(fileSchema).describe('the plan, then its manifest'),
})
