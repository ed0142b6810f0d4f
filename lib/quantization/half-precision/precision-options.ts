import { z } from 'zod'
import { bytesSchema } from '../../errors/option-schemas.js'
import { ignoredScopeSchema } from '../ignored-scope.js'
import { calibrationSchema } from '../quantize-options.js'

const path = z.string().min(1)

export const convertPrecisionSchema = z.strictObject({
  // Not `instanceof`: test runners load this package into a context with classes of its own.
  model: z.union([path, bytesSchema]),
  type: z.enum(['f16', 'bf16']).describe('of tensors inside, and of weights'),
  output: path.optional().describe('file for the converted model; it appears whole or not at all'),
  keepInputsAndOutputs: z.boolean().default(true).describe('inputs and outputs of the model stay float32'),
  ignored: ignoredScopeSchema.optional().describe('nodes that stay float32'),
  calibration: calibrationSchema
    .optional()
    .describe('samples: what they bring near the end of the type stays float32; without them, only constants tell'),
  shapes: z
    .record(z.string(), z.array(z.int().min(1)))
    .optional()
    .describe('of inputs that the model leaves open, for samples'),
  signal: z.instanceof(AbortSignal).optional(),
})

/** What `convertPrecision` takes; each key is described in {@link convertPrecisionSchema}. */
export type ConvertPrecisionOptions = z.input<typeof convertPrecisionSchema>
export type ConvertPrecisionSettings = z.output<typeof convertPrecisionSchema>
