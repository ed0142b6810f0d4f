import { z } from 'zod'

export const head = <Name extends string>(command: Name) => ({
  command: z.literal(command),
  enginery: z.string().describe('version of this package'),
})

export const dimensionSchema = z.union([z.int(), z.literal('dynamic'), z.array(z.union([z.int(), z.literal('dynamic')]))])

export const shapeSchema = z
  .array(dimensionSchema)
  .nullable()
  .describe("lengths, 'dynamic' or [min, max]; null where even the rank is open")

export const portSchema = z.strictObject({
  name: z.string(),
  names: z.array(z.string()).describe('every name of the tensor'),
  type: z.string(),
  shape: shapeSchema,
})

export const countSchema = z.strictObject({ domain: z.string(), type: z.string(), count: z.int() })

export const weightSchema = z.strictObject({ type: z.string(), tensors: z.int(), elements: z.int(), bytes: z.int() })

export const fileSchema = z.strictObject({ path: z.string(), bytes: z.int() })

export const errorSchema = z
  .strictObject({
    name: z.literal('EngineryError'),
    code: z.string().describe('as in docs/errors.md'),
    message: z.string(),
    cure: z.string(),
    details: z.record(z.string(), z.unknown()),
    engineLog: z.array(z.string()),
    cause: z.string().optional(),
  })
  .describe('an error')

export const engineSchema = z
  .strictObject({
    path: z.string().describe('of the model or the saved engine'),
    origin: z.enum(['built', 'loaded']),
    elapsed: z.number().describe('milliseconds that building or loading took'),
    device: z.string().describe('as asked for'),
    executionDevices: z.array(z.string()).describe('what really executes it'),
    precision: z.string().describe('as asked for'),
    requests: z.int().describe('inferences that may run at the same time'),
    inputs: z.array(portSchema),
    outputs: z.array(portSchema),
    layers: z.int().describe('layers that compute; constants, inputs and outputs are not counted'),
    precisions: z.record(z.string(), z.int()).describe('these layers by the element type they compute in'),
    int8: z
      .strictObject({ layers: z.int(), of: z.int() })
      .describe('convolutions and matrix products that compute in eight bits, and how many there are'),
    notes: z.array(z.string()),
  })
  .describe('an engine')

export const inputSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  shape: z.array(z.int()),
  source: z.string().describe('the file, or how its values were made up'),
})

export const latencySchema = z
  .strictObject({
    min: z.number(),
    mean: z.number(),
    p50: z.number(),
    p90: z.number(),
    p95: z.number(),
    p99: z.number(),
    max: z.number(),
  })
  .describe('milliseconds; percentiles are nearest-rank')
