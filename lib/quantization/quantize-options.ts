import { z } from 'zod'
import { rangeEstimatorSchema } from '../calibration/range-estimator-options.js'
import type { Dataset } from '../dataset/annotations.js'
import { datasetSchema } from '../dataset/dataset-options.js'
import { bytesSchema, callbackSchema } from '../errors/option-schemas.js'
import type { Logger } from '../logging/logger.js'
import { preprocessDescriptionSchema } from '../preprocess/resolve-preprocess.js'
import type { ElementArray, FixedSizeElementType } from '../tensor/element-type.js'
import type { Tensor } from '../tensor/tensor.js'
import { ignoredScopeSchema } from './ignored-scope.js'
import { recipesSchema } from './recipes/recipes.js'
import { targetNames } from './targets/target.js'

/** One sample: a tensor for each input, with or without the batch dimension, or plain arrays where the model fixes the shape. */
export type CalibrationSample = Readonly<Record<string, Tensor | ElementArray<FixedSizeElementType>>>

/** Samples one after the other. A function is called for each pass over them. */
export type CalibrationSamples =
  | AsyncIterable<CalibrationSample>
  | Iterable<CalibrationSample>
  | (() => AsyncIterable<CalibrationSample> | Iterable<CalibrationSample>)

const isObject = (value: unknown) => typeof value === 'object' && value !== null
const path = z.string().min(1)
const positive = z.int().min(1)
const eightBits = z
  .literal(8, { error: 'expected 8: the kernels of all targets multiply integers of 8 bits, and make floats of 4 or 16 first' })
  .default(8)
  .describe('no target has kernels for others')

function isListed(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (!isObject(value)) return false
  const object = value as object
  return 'samples' in object || Symbol.asyncIterator in object || Symbol.iterator in object
}

/** Where samples come from, as a file may say it. */
export const calibrationFilesSchema = z.union([
  path.describe('.npy whose first axis is the samples, .npz, a folder of .npz, or pictures, which need `preprocess`'),
  z.record(path, path).describe('.npy for each input'),
  datasetSchema,
])

/** What may stand in a configuration file too. */
const calibrationSettings = {
  samples: positive.default(300).describe('how many are used, of files spread over all there are; an iterable is read that far'),
  seed: z.int().min(0).max(0xffffffff).default(0).describe('of the draw'),
  preprocess: preprocessDescriptionSchema.optional().describe('what is done to pictures'),
  id: z.string().min(1).optional().describe('tells data that no file holds from other data, so that its statistics may be kept'),
  stats: path
    .optional()
    .describe('file of statistics: read where it fits, refused where it does not, written where it is missing'),
  cache: z
    .union([path, z.literal(false)])
    .optional()
    .describe('folder for statistics; default: none are kept'),
  memoryLimit: positive.optional().describe('bytes for statistics; beyond it, samples are read more than once'),
  dynamic: z.boolean().default(false).describe('samples may differ in the lengths that the model leaves open; slower'),
  onNotFinite: z
    .enum(['error', 'skip'])
    .default('error')
    .describe('what to do with samples that hold or lead to NaN or infinity'),
  onBroken: z.enum(['error', 'skip']).default('skip').describe('what to do with pictures that cannot be read'),
  ahead: z.int().min(0).max(1024).default(8).describe('samples that are read ahead of need'),
}

export const calibrationSchema = z.strictObject({
  // First, for a generator has no keys of its own: it would pass for options of which all are left out.
  data: z.union([
    z.custom<Dataset | CalibrationSamples>(isListed, 'expected a dataset, an iterable of named tensors or a function giving one'),
    calibrationFilesSchema,
  ]),
  ...calibrationSettings,
})

/** As a configuration file may say it, where data may come from the command line. */
export const calibrationConfigSchema = z.strictObject({ data: calibrationFilesSchema.optional(), ...calibrationSettings })

/** How quantization is done, without what it is done with: also what a configuration file may hold. */
export const quantizationSchema = z.strictObject({
  target: z
    .enum(targetNames)
    .default('openvino-cpu')
    .describe('where the model will run; it decides what becomes INT8, and never what CPU this is'),
  preset: z
    .enum(['performance', 'mixed'])
    .optional()
    .describe(
      'performance: symmetric everywhere; mixed: zero points where the target has them for free; default: what suits the target',
    ),
  ignored: ignoredScopeSchema.optional().describe('nodes that stay float'),
  recipes: recipesSchema
    .default(true)
    .describe(
      'what is recognised by its structure and left float where that pays: false for none, `{ attention: false }` for all but one',
    ),
  activations: z
    .strictObject({
      bits: eightBits,
      mode: z.enum(['symmetric', 'asymmetric']).optional().describe('default: as the preset says'),
      perChannel: z
        .literal(false, {
          error: 'expected false: an activation has one scale, since products of its channels are added up as integers',
        })
        .default(false)
        .describe('an activation has one scale; see smoothQuant for channels of unlike ranges'),
      narrowRange: z
        .literal(false, { error: 'expected false: QuantizeLinear rounds activations to all 256 integers' })
        .default(false)
        .describe('activations have all 256 integers'),
      range: rangeEstimatorSchema.optional().describe('how observed values become a range'),
    })
    .optional(),
  weights: z
    .strictObject({
      bits: eightBits,
      mode: z
        .literal('symmetric', { error: 'expected symmetric: no INT8 kernel takes weights with zero points' })
        .default('symmetric')
        .describe('zero points of 0'),
      perChannel: z.boolean().default(true).describe('a scale for each output channel'),
      range: z
        .enum(['minmax', 'mse'])
        .default('minmax')
        .describe(
          'minmax: no weight is clipped; mse: where clipping the largest and rounding the others finer costs less, they are',
        ),
      narrowRange: z
        .boolean()
        .default(true)
        .describe('integers from -127 to 127, as many below zero as above; else from -128 on'),
      overflowSafe: z
        .boolean()
        .optional()
        .describe(
          'sums of two neighbouring weights stay within 128, for CPUs that add pairs of products in 16 bits; default: as the target says',
        ),
    })
    .optional(),
  biasCorrection: z
    .union([z.boolean(), z.enum(['fast', 'full'])])
    .default(true)
    .describe(
      'take the mean error of quantized weights out of biases; full: with that of all layers before, by running the result',
    ),
  channelAlignment: z.boolean().default(false).describe('balance the channels of successive convolutions first'),
  smoothQuant: z
    .union([
      z.boolean(),
      z.strictObject({
        alpha: z.number().min(0).max(1).optional(),
        convolutions: z.boolean().default(false).describe('inputs of convolutions too'),
      }),
    ])
    .default(true)
    .describe(
      'divide channels of activations and multiply the weights that read them, where that makes the expected error less; with `alpha`, by that share wherever it can be done',
    ),
  shapes: z
    .record(z.string(), z.array(positive))
    .optional()
    .describe('of inputs that the model leaves open, for this run; default: as the first sample, with a batch of 1'),
  check: z
    .boolean()
    .default(true)
    .describe('compare the quantized model with the float one on up to 32 samples, and do something about what is lost'),
  effort: z
    .enum(['fast', 'balanced', 'thorough'])
    .default('balanced')
    .describe(
      'what is done about accuracy that is lost: fast: a check of 8 samples, other ranges; balanced: up to a quarter of the layers float; thorough: everything is tried and the best kept',
    ),
  onInaccurate: z
    .enum(['error', 'keep'])
    .default('error')
    .describe('a model that stays inaccurate: an error and no file, or a warning'),
  prefer: z
    .enum(['accuracy', 'fastest'])
    .default('accuracy')
    .describe('fastest: both models are measured on the CPU of this machine, and the float one is kept where INT8 does not pay'),
  onQuantized: z
    .enum(['refuse', 'pass'])
    .default('refuse')
    .describe('a model that is quantized already: an error, or left as it is'),
})

/** Options of quantizing where an engine is built of the result: the device tells the target. */
export const engineQuantizationSchema = quantizationSchema.extend({
  target: z.enum(targetNames).optional().describe('where the model will run; default: told by the device'),
})

export const quantizeStages = [
  'read',
  'fold',
  'samples',
  'statistics',
  'quantize',
  'check',
  'cure',
  'measure',
  'write',
  'done',
] as const

export interface QuantizeProgress {
  readonly stage: (typeof quantizeStages)[number]
  /** 0 to 1, of everything. */
  readonly fraction: number
  /** Samples: done in this stage, and of how many; absent where nobody knows. */
  readonly done?: number
  readonly total?: number
  /** Milliseconds since the call. */
  readonly elapsed: number
  /** Milliseconds to the end, estimated; absent while there is nothing to estimate from. */
  readonly remaining?: number
}

export const quantizeSchema = quantizationSchema.extend({
  model: z.union([path, bytesSchema]),
  calibration: calibrationSchema,
  output: path.optional().describe('file for the quantized model; it appears whole or not at all'),
  sensitivity: z
    .boolean()
    .default(false)
    .describe('tell what each layer costs in accuracy; done anyway where effort is thorough or something is cured'),
  measure: z
    .boolean()
    .default(false)
    .describe('run both models on the CPU of this machine for two seconds, and say whether INT8 pays here'),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(progress: QuantizeProgress) => void>().optional(),
  logger: z.custom<Logger>(isObject, 'expected a logger, for example console').optional(),
})

/** What `quantize` takes; each key is described in {@link quantizeSchema}. */
export type QuantizeOptions = z.input<typeof quantizeSchema>
export type QuantizeSettings = z.output<typeof quantizeSchema>
export type QuantizationOptions = z.input<typeof quantizationSchema>
export type EngineQuantizationOptions = z.input<typeof engineQuantizationSchema>
export type CalibrationOptions = z.input<typeof calibrationSchema>
export type CalibrationConfig = z.input<typeof calibrationConfigSchema>
export type CalibrationSettings = z.output<typeof calibrationSchema>
