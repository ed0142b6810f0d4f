import { z } from 'zod'
import { checkSchema, cureSchema, sensitivitySchema } from './accuracy-schemas.js'
import { fileSchema, head } from './shared-schemas.js'

export const quantizeReportSchema = z.strictObject({
  ...head('quantize'),
  model: fileSchema.describe('the float model, without weights in other files'),
  output: fileSchema,
  target: z.string(),
  preset: z.string(),
  isPassed: z.boolean().describe('true where the model was quantized already and is written as it was'),
  operators: z
    .array(
      z.strictObject({
        operator: z.string(),
        quantized: z.int().describe('nodes that compute on integers'),
        float: z.int().describe('layers that compute in float'),
      }),
    )
    .describe('most frequent first'),
  float: z.array(z.strictObject({ node: z.string(), operator: z.string(), reason: z.string() })).describe('nodes left float'),
  activations: z.int().describe('tensors with a quantizer'),
  calibration: z.strictObject({
    samples: z.int(),
    range: z.string().nullable().describe('how ranges of activations were found; null where nothing was quantized'),
    shapes: z.record(z.string(), z.array(z.int())).nullable().describe('of inputs; null where they differed'),
    reused: z.boolean().describe('true where statistics of before were used'),
    convergence: z
      .array(
        z.strictObject({
          samples: z.int().describe('ranges after so many are compared with those of all'),
          median: z.number().describe('movement of the middle tensor, as a share of the width of its range'),
          largest: z.number(),
          tensors: z.array(z.strictObject({ tensor: z.string(), moved: z.number() })).describe('those that moved most'),
        }),
      )
      .describe('how far ranges still moved after half and three quarters of the samples; empty where that is not known'),
  }),
  check: checkSchema.nullable().describe('comparison with the float model; null where there was none'),
  cure: cureSchema.nullable().describe('what was done about accuracy that was lost; null where nothing was'),
  sensitivity: sensitivitySchema
    .nullable()
    .describe('what each layer costs alone, most harmful first; null where that was not asked'),
  kept: z.enum(['int8', 'float']).describe('float where INT8 does not pay on this CPU and the fastest was preferred'),
  speed: z
    .strictObject({
      cpu: z.string(),
      float: z.number().describe('inferences per second, in f32'),
      quantized: z.number().describe('inferences per second'),
      ratio: z.number().describe('of the throughputs, the median of pairs'),
      int8: z.strictObject({ layers: z.int(), of: z.int() }).describe('convolutions and matrix products that compute on 8 bits'),
    })
    .nullable()
    .describe('on OpenVINO and the CPU of this machine, where that was asked for'),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string(), why: z.string() })),
  duration: z.number().describe('seconds'),
})
