import { z } from 'zod'
import type { Dataset } from '../../dataset/annotations.js'
import { type DatasetOptions, datasetSchema } from '../../dataset/dataset-options.js'
import type { TensorIterable } from '../../dataset/read-samples.js'
import { type SubsampleOptions, subsampleSchema } from '../../dataset/subsample.js'
import { callbackSchema } from '../../errors/option-schemas.js'
import type { MetricChoice } from '../../evaluation/choose-metrics.js'
import { type BootstrapInput, bootstrapSchema } from '../../evaluation/metrics/bootstrap/bootstrap-options.js'
import { metricSchema } from '../../evaluation/metrics/metric-options.js'
import { type TaskInput, taskSchema } from '../../evaluation/tasks/create-decoder.js'
import type { Decoder } from '../../evaluation/tasks/task.js'
import { Engine } from '../../inference/engine.js'
import type { Logger } from '../../logging/logger.js'
import type { PreprocessDescription } from '../../preprocess/preprocess-schema.js'
import { preprocessDescriptionSchema } from '../../preprocess/resolve-preprocess.js'
import type { SharedEngineOptions } from './open-candidate.js'

const metricNames = metricSchema.options.map((option) => option.shape.name.value)

/** What an evaluation needs to be told beyond its models; also what a recipe file may hold. */
export const recipeSchema = z.strictObject({
  data: datasetSchema,
  subset: subsampleSchema.optional(),
  task: taskSchema,
  metrics: z
    .array(z.union([z.enum(metricNames as [string, ...string[]]), metricSchema]))
    .min(1)
    .optional()
    .describe('default: what is usual for the task'),
  bootstrap: z
    .union([z.literal(false), bootstrapSchema.omit({ signal: true, onProgress: true })])
    .optional()
    .describe('intervals of the scores and of their differences; false: none'),
})

const isObject = (value: unknown) => typeof value === 'object' && value !== null

export const evaluateSchema = z.strictObject({
  models: z
    .array(
      z.custom<string | Engine>(
        (value) => (typeof value === 'string' && value !== '') || value instanceof Engine,
        'expected a path or an engine',
      ),
    )
    .min(1),
  // First, for a generator has no keys of its own: it would pass for options of which all are left out.
  data: z.union([
    z.custom<Dataset | TensorIterable>(isListed, 'expected a dataset or an iterable of named tensors'),
    datasetSchema,
  ]),
  subset: recipeSchema.shape.subset,
  preprocess: preprocessDescriptionSchema.optional(),
  preprocessIntoModel: z.boolean().default(false),
  task: z.union([taskSchema, callbackSchema<Decoder>()]),
  metrics: z
    .array(
      z.union([
        z.enum(metricNames as [string, ...string[]]),
        metricSchema,
        z.custom<MetricChoice>((value) => isObject(value) && 'compare' in (value as object), 'expected a metric'),
      ]),
    )
    .min(1)
    .optional(),
  bootstrap: recipeSchema.shape.bootstrap,
  engine: z.custom<SharedEngineOptions>(isObject, 'expected options of buildEngine').default({}),
  results: z.string().min(1).optional(),
  perSample: z.boolean().default(false),
  ahead: z.int().min(0).max(1024).default(6),
  onBroken: z.enum(['skip', 'error']).default('skip'),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(progress: EvaluationProgress) => void>().optional(),
  logger: z.custom<Logger>(isObject, 'expected a logger, for example console').optional(),
})

function isListed(value: unknown): boolean {
  if (!isObject(value)) return false
  const object = value as object
  return 'samples' in object || Symbol.asyncIterator in object || Symbol.iterator in object
}

export interface EvaluationProgress {
  readonly stage: 'data' | 'engines' | 'samples' | 'scores'
  /** 0 to 1, of this stage. */
  readonly fraction: number
  /** Samples: done so far, and of how many; absent where nobody knows. */
  readonly done?: number
  readonly total?: number
}

export interface EvaluateOptions {
  /** Models and saved engines by path, or engines (which stay open). The others are compared with the first. */
  models: readonly (string | Engine)[]
  /** Where the data is, a dataset that was opened, or named tensors one after the other. */
  data: DatasetOptions | Dataset | TensorIterable
  /** Draw some of the samples. */
  subset?: SubsampleOptions | undefined
  /** What is done to pictures; needed unless samples are tensors. */
  preprocess?: PreprocessDescription | undefined
  /**
   * Build scaling, colour order, layout and type into the engines, as `movePreprocessIntoModel` does; models that are not
   * engines yet. Default false.
   */
  preprocessIntoModel?: boolean | undefined
  /** How outputs become results: a decoder by name with its options, or a function of yours. */
  task: TaskInput | Decoder
  /** Default: what is usual for the task. */
  metrics?: readonly MetricChoice[] | undefined
  /** Default: 2,000 resamples, 90 and 95 %. */
  bootstrap?: Omit<BootstrapInput, 'signal' | 'onProgress'> | false | undefined
  /** Options of buildEngine for models that are not engines yet. */
  engine?: SharedEngineOptions | undefined
  /** Folder for the results, one file a model. A run that was interrupted goes on where it stopped. */
  results?: string | undefined
  /** Also score every sample alone. */
  perSample?: boolean | undefined
  /** Samples read ahead of need. Default 6. */
  ahead?: number | undefined
  /** Broken pictures are listed (default) or end the evaluation. */
  onBroken?: 'skip' | 'error' | undefined
  signal?: AbortSignal | undefined
  onProgress?: ((progress: EvaluationProgress) => void) | undefined
  logger?: Logger | undefined
}
