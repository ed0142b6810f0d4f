import { z } from 'zod'
import { buildConfigSchema, type OpenVinoBuildOptions } from '../../api/engines/build-options.js'
import { recipeSchema } from '../../api/evaluation/evaluate-options.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { preprocessDescriptionSchema } from '../../preprocess/resolve-preprocess.js'
import {
  type CalibrationConfig,
  calibrationConfigSchema,
  type EngineQuantizationOptions,
  engineQuantizationSchema,
} from '../../quantization/quantize-options.js'

const shape = z.array(z.int().min(0))
const seed = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

/** What `build` takes beyond the options of buildEngine. */
export const buildSectionSchema = z.strictObject({
  output: z.string().min(1).optional().describe('file for the engine; its manifest goes beside it'),
})

/** What `quantize` takes beyond `calibration` and `quantization`. */
export const quantizeSectionSchema = z.strictObject({
  output: z.string().min(1).optional().describe('file for the quantized model'),
})

const inputsSchema = {
  input: z.array(z.string().min(1)).optional().describe('files, or name=file'),
  inputShapes: z.record(z.string(), shape).optional().describe('shapes of random inputs where the engine leaves them open'),
  seed: seed.optional().describe('of random inputs'),
  cast: z.boolean().optional().describe('convert arrays of another element type'),
  rebuildFrom: z.string().min(1).optional().describe('model to build again from where a saved engine does not fit this machine'),
}

export const runSectionSchema = z.strictObject({
  ...inputsSchema,
  randomInput: z.boolean().optional().describe('random values for inputs that no file is given for'),
  output: z.array(z.string().min(1)).optional().describe('files, or name=file'),
  top: z.int().min(1).max(1000).optional().describe('largest values to list'),
  image: z.array(z.string().min(1)).optional().describe('pictures to run; preprocess says how'),
  draw: z.string().min(1).optional().describe('picture (or folder/) for the results, drawn'),
  minScore: z.number().min(0).max(1).optional().describe('results below this are not shown'),
})

export const evalSectionSchema = z.strictObject({
  models: z.array(z.string().min(1)).min(1).optional().describe('models and saved engines; compared with the first'),
  results: z.string().min(1).optional().describe('folder for results; a run that was interrupted goes on there'),
  perSample: z.boolean().optional().describe('score every sample alone, too'),
  onBroken: z.enum(['skip', 'error']).optional().describe('what to do about broken pictures'),
})

export const benchSectionSchema = z.strictObject({
  ...inputsSchema,
  mode: z.enum(['latency', 'throughput']).optional(),
  duration: z.number().positive().max(86_400).optional().describe('seconds'),
  iterations: z.int().min(1).optional().describe('a number of inferences in place of a duration'),
  warmUp: z.number().min(0).max(3600).optional().describe('seconds'),
  sync: z.boolean().optional().describe('measure inferSync'),
})

/** Where each setting of a command is kept in the file: under the command's own name. */
export const commandSections = {
  build: buildSectionSchema,
  run: runSectionSchema,
  bench: benchSectionSchema,
  eval: evalSectionSchema,
  quantize: quantizeSectionSchema,
}

export type SectionName = keyof typeof commandSections
export type Sections = { [Name in SectionName]?: z.output<(typeof commandSections)[Name]> | undefined }

const [openvino] = buildConfigSchema.options

/**
 * A configuration file: the options of buildEngine as they are, of which the model may come from the command line,
 * and a section per command.
 */
const stepsInModel = openvino.shape.preprocess

/** True for what is done to pictures before inference; false for steps that are built into the model. */
export function isPictureDescription(preprocess: unknown): preprocess is PreprocessDescription {
  if (typeof preprocess !== 'object' || preprocess === null) return false
  return Object.keys(preprocess).length > 0 && !('inputs' in preprocess) && !('outputs' in preprocess)
}

export const configFileSchema = openvino.partial({ model: true }).extend({
  preprocess: z
    .unknown()
    .superRefine((value, context) => {
      const schema = isPictureDescription(value) ? preprocessDescriptionSchema : stepsInModel
      // Found in the same value: they only need to be passed on.
      for (const issue of schema.safeParse(value).error?.issues ?? [])
        context.addIssue(issue as Parameters<typeof context.addIssue>[0])
    })
    .optional()
    .describe('what is done to pictures (preset, resize, mean, ...), or, under inputs and outputs, steps built into the model'),
  ...recipeSchema.partial().shape,
  build: buildSectionSchema.optional(),
  run: runSectionSchema.optional(),
  bench: benchSectionSchema.optional(),
  eval: evalSectionSchema.optional(),
  quantize: quantizeSectionSchema.optional(),
  calibration: calibrationConfigSchema.optional().describe('samples to quantize with; data may come from the command line'),
  quantization: engineQuantizationSchema.optional().describe('how a model is quantized'),
})

/** Options of buildEngine as a file or the command line gives them, not yet complete. */
export type EngineConfig = Partial<
  Omit<OpenVinoBuildOptions, 'signal' | 'onProgress' | 'logger' | 'calibration' | 'quantization'>
> & {
  calibration?: CalibrationConfig | undefined
  quantization?: EngineQuantizationOptions | undefined
}

/** What tells how pictures become scores. */
export type Recipe = { [Key in keyof z.input<typeof recipeSchema>]?: z.input<typeof recipeSchema>[Key] | undefined } & {
  preprocess?: PreprocessDescription | undefined
}

export type ConfigFile = EngineConfig & Recipe & Sections
