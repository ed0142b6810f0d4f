import { z } from 'zod'
import { preprocessSchema } from './preprocess-options.js'

const length = z.int().min(0)

/** A length, -1 or 'dynamic' for any, or a range. */
const dimensionSchema = z.union([
  length,
  z.literal(-1),
  z.literal('dynamic'),
  z.tuple([length, z.union([length, z.literal(-1), z.literal('dynamic')])]),
])

export const shapesSchema = z.union([
  z.literal('dynamic').describe('every dimension that the model leaves open stays open'),
  z.record(z.string(), z.array(dimensionSchema)).describe('shape per input name'),
])

/** Raw properties: any name OpenVINO knows, with strings, numbers, booleans, or objects of them per device. */
const propertySchema: z.ZodType<PropertyInput> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.array(propertySchema), z.record(z.string(), propertySchema)]),
)
export type PropertyInput = string | number | boolean | PropertyInput[] | { [name: string]: PropertyInput }

export const hintsSchema = z.strictObject({
  performance: z
    .enum(['latency', 'throughput', 'cumulative-throughput'])
    .optional()
    .describe('what to tune for: one answer soon (default), or many answers'),
  requests: z.int().min(1).max(1024).optional().describe('inferences that may run at the same time'),
  streams: z
    .union([z.int().min(1).max(1024), z.literal('auto')])
    .optional()
    .describe('streams on the CPU or GPU'),
  threads: z.int().min(1).max(4096).optional().describe('processor threads for inference'),
  executionMode: z.enum(['performance', 'accuracy']).optional(),
  cpuPinning: z.boolean().optional().describe('pin threads to cores'),
  hyperThreading: z.boolean().optional().describe('use both threads of a core'),
  schedulingCoreType: z.enum(['any', 'p-cores', 'e-cores']).optional(),
  modelPriority: z.enum(['low', 'medium', 'high']).optional(),
  profile: z.boolean().optional().describe('collect time per layer, for engine.profile()'),
})

export const cacheSchema = z.union([
  z.literal(false),
  z.string().min(1),
  z.strictObject({
    dir: z.string().min(1),
    maxBytes: z.int().min(0).optional().describe('oldest entries go when the folder grows beyond this'),
    required: z.boolean().optional().describe('fail when the folder cannot be used, instead of building without it'),
  }),
])

/** `CPU`, `GPU`, `GPU.1`, `AUTO:GPU,CPU`, `HETERO:GPU,CPU`, `MULTI:CPU`. */
export const deviceSchema = z
  .string()
  .regex(
    /^(?:[A-Z]+(?:\.\d+)?|(?:AUTO|HETERO|MULTI|BATCH)(?::-?[A-Z]+(?:\.\d+)?(?:\(\d+\))?(?:,-?[A-Z]+(?:\.\d+)?(?:\(\d+\))?)*)?)$/,
    'expected a device such as CPU, GPU, GPU.1, AUTO, AUTO:GPU,CPU or HETERO:GPU,CPU',
  )

/** What decides the bytes of an OpenVINO engine. */
export const openvinoCompileSchema = z.strictObject({
  device: deviceSchema.default('CPU'),
  precision: z.enum(['fp32', 'fp16', 'bf16']).default('fp32').describe('element type of float layers as executed'),
  shapes: shapesSchema.optional(),
  preprocess: preprocessSchema.optional(),
  hints: hintsSchema.optional(),
  properties: z.record(z.string(), propertySchema).optional().describe('raw OpenVINO properties; they win over hints'),
})

export type OpenVinoCompileInput = z.input<typeof openvinoCompileSchema>
export type OpenVinoCompileOptions = z.output<typeof openvinoCompileSchema>
export type ShapesInput = z.input<typeof shapesSchema>
export type HintsInput = z.input<typeof hintsSchema>
export type CacheInput = z.input<typeof cacheSchema>
