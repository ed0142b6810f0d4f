import { z } from 'zod'
import { fileSchema, head, portSchema } from './shared-schemas.js'

const precisionSchema = z
  .strictObject({
    evidence: z
      .enum(['engine', 'builder', 'network', 'none'])
      .describe(
        'engine: TensorRT was asked about the finished plan, on a GPU; builder: its builder wrote of the layers that it made; network: as the network was before optimization; none: nothing says',
      ),
    reason: z.string().nullable().describe('why it is not engine'),
    layers: z.record(z.string(), z.int()).describe('layers by the element type they compute in'),
    reformats: z
      .int()
      .nullable()
      .describe('layers that only change the format of a tensor; null where just the network is known'),
    int8: z
      .strictObject({ layers: z.int(), of: z.int(), share: z.number().nullable() })
      .describe('convolutions and matrix products in INT8, and how many there are'),
    notInt8: z
      .array(z.strictObject({ name: z.string(), type: z.string(), precision: z.string(), reason: z.string() }))
      .describe('convolutions and matrix products that are not INT8, and why'),
  })
  .describe('what layers compute in')

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
    optimized: z
      .discriminatedUnion('available', [
        z.strictObject({
          available: z.literal(true),
          source: z.enum(['inspector', 'builder']).describe('of the finished plan, or when it was made'),
          layers: z.int(),
        }),
        z.strictObject({ available: z.literal(false), reason: z.string() }),
      ])
      .describe('layers after TensorRT fused them: how many, or why they are not known; --layer-info writes them'),
    precisionReport: precisionSchema,
    calibration: z
      .array(z.strictObject({ code: z.string(), message: z.string(), why: z.string() }))
      .describe('what is odd about the samples that it was quantized or calibrated with'),
    warnings: z.array(
      z.strictObject({
        kind: z.enum(['missing-scale', 'weights-out-of-range', 'timing-cache', 'deprecated', 'other']),
        tensor: z.string().nullable(),
        text: z.string(),
        count: z.int().describe('how often it was said'),
      }),
    ),
    notes: z.array(z.string()),
  }),
  files: z.array(fileSchema).describe('the plan, then its manifest, then what --layer-info names'),
})
