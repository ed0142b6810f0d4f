import { z } from 'zod'
import { lossReasons } from '../../quantization/cure/cure-report.js'

const share = z.number().min(0).max(1).nullable()
const decibels = z.number().nullable()

const outputSchema = z.strictObject({
  output: z.string(),
  kind: z
    .enum(['whole', 'classes', 'rows', 'values'])
    .describe('integers; a row of numbers for each sample; a table for each sample; anything else'),
  inferences: z.int(),
  sqnr: decibels.describe('signal over noise, in decibels'),
  contrast: decibels.describe('the same, where the signal is what changes between samples and rows'),
  cosine: z.number().nullable(),
  notFinite: z.int().describe('elements that became NaN or infinite'),
  top1: share.describe('rows with the same largest element'),
  top5: share.describe('of the five largest elements, those that stayed among them'),
  rankedRows: share.describe('of rows that stand out by their score, those that both models have'),
  standingOut: z.int().nullable().describe('rows that stand out in the float model'),
  same: share.describe('integers that are equal'),
  otherLengths: z.int().describe('inferences in which the output had another length'),
})

/** How the quantized model compares with the float one. */
export const checkSchema = z.strictObject({
  inferences: z.int().describe('calibration samples, or batches of them'),
  on: z.enum(['engine', 'simulation']).describe('the file as OpenVINO runs it here, or its quantizers in float arithmetic'),
  shapes: z.record(z.string(), z.array(z.int())).nullable().describe('of inputs, where they were fixed'),
  failure: z.string().nullable().describe('why no engine could be built of it'),
  isAccurate: z.boolean(),
  problems: z.array(
    z.strictObject({
      output: z.string(),
      measure: z.enum(['rankedRows', 'contrast', 'top1', 'sqnr', 'same', 'notFinite', 'built']),
      value: z.number(),
      limit: z.number(),
    }),
  ),
  outputs: z.array(outputSchema),
})

/** What was done about accuracy that was lost. */
export const cureSchema = z.strictObject({
  isCured: z.boolean(),
  reasons: z
    .array(z.strictObject({ kind: z.enum(lossReasons), layer: z.string().nullable(), detail: z.string() }))
    .describe('why it was lost, most important first'),
  steps: z
    .array(
      z.strictObject({
        action: z.enum(['fix-shapes', 'range-estimator', 'bias-correction', 'channel-alignment', 'smooth-quant', 'float-layers']),
        detail: z.string(),
        isKept: z.boolean().describe('true where the result has it'),
        isAccurate: z.boolean(),
        score: z.number().describe('1 and more is accurate'),
        decibelsBefore: z.number().nullable().describe('signal over noise of the outputs, in the mean'),
        decibels: z.number().nullable().describe('the same with it'),
        seconds: z.number().describe('that it took'),
        layers: z.array(z.string()).describe('that are float by it'),
      }),
    )
    .describe('in the order they were tried'),
  before: z.number().describe('score of the first attempt: 1 and more is accurate'),
  after: z.number(),
})

export const sensitivitySchema = z.array(
  z.strictObject({
    layer: z.string(),
    operator: z.string(),
    noise: z.number().describe('of the outputs over noise and variance where it alone is quantized: 0 to 1'),
  }),
)
