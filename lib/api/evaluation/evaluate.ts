import type { Dataset, Sample } from '../../dataset/annotations.js'
import type { DatasetWarning } from '../../dataset/dataset-warnings.js'
import type { BrokenSample } from '../../dataset/read-samples.js'
import { isEngineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import { reportProgress } from '../../errors/report-progress.js'
import { checkAnnotations } from '../../evaluation/check-annotations.js'
import { chooseMetrics, type MetricChoice } from '../../evaluation/choose-metrics.js'
import type { Metric } from '../../evaluation/metrics/metric.js'
import { MetricAccumulator } from '../../evaluation/metrics/metric-accumulator.js'
import { runSamples } from '../../evaluation/run-samples.js'
import { type ModelScores, scoreResults } from '../../evaluation/score-results.js'
import { taskOfDecoder } from '../../evaluation/tasks/create-decoder.js'
import type { TaskResult } from '../../evaluation/tasks/task.js'
import type { Engine } from '../../inference/engine.js'
import { evaluateOptionInvalid } from './evaluate-option-invalid.js'
import { type EvaluateOptions, type EvaluationProgress, evaluateSchema } from './evaluate-options.js'
import { closeCandidates, type OpenedCandidate, openCandidates } from './evaluation-candidates.js'
import { type EvaluationData, listSamples, openEvaluationData, withoutDone } from './evaluation-data.js'

/** One model of an evaluation. */
export interface EvaluatedModel extends ModelScores {
  /** File name, made unique. */
  readonly name: string
  readonly path: string | null
  readonly device: string
  readonly precision: string
  /** Samples with a result. */
  readonly samples: number
  /** Samples whose outputs held NaN or infinite values; decoders pass over those values. */
  readonly nonFiniteSamples: number
  /** Results taken over from an earlier run. */
  readonly resumed: number
  /** Results by sample, in the order of the dataset. */
  readonly results: readonly { readonly id: string; readonly result: TaskResult }[]
}

export interface Evaluation {
  readonly data: {
    readonly format: string
    readonly samples: number
    readonly digest: string
    readonly categories: Dataset['categories']
    readonly warnings: readonly DatasetWarning[]
    readonly broken: readonly { readonly id: string; readonly reason: string }[]
  }
  readonly preprocess: { readonly description: string; readonly digest: string } | null
  readonly models: readonly EvaluatedModel[]
  /** Seconds from the first sample to the last, of all models together, and samples per second. */
  readonly duration: number
  readonly throughput: number
}

/**
 * Scores models and engines on labelled data. Pictures are decoded and prepared once for all of them.
 *
 * @throws OPTION_INVALID; the DATASET_, PREPROCESS_, DECODE_ and METRIC_ codes; PICTURE_BROKEN; RESULTS_MISMATCH,
 * RESULTS_INVALID, FILE_NOT_WRITTEN; CALLBACK_FAILED; as buildEngine. What a decoder or an iterable of the caller's throws
 * is passed on as it is.
 * @example
 * const { models } = await evaluate({
 *   models: ['yolox.onnx', 'yolox.int8.onnx'],
 *   data: { images: 'val2017', annotations: 'instances_val2017.json' },
 *   preprocess: { preset: 'yolox' },
 *   task: { decoder: 'yolox' },
 * })
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const settings = parseOptions(evaluateSchema, options, evaluate)
  const report = (progress: EvaluationProgress) => reportProgress(settings.onProgress, progress)
  report({ stage: 'data', fraction: 0 })
  const data = await openEvaluationData(settings.data as EvaluateOptions['data'], settings.subset)
  const { preprocess, signal, logger } = settings
  if (!preprocess && data.listed.samples.some(({ path }) => path !== undefined)) throw preprocessNeeded()
  // A function is checked like the decoder of that name.
  const task = typeof settings.task === 'function' ? { decoder: 'custom' as const, decode: settings.task } : settings.task
  const resultTask = taskOfDecoder[task.decoder]
  const own: readonly unknown[] = settings.metrics ?? []
  const metrics = chooseMetrics(settings.metrics as readonly MetricChoice[] | undefined, resultTask, data.listed)
  const ours = metrics.filter((metric) => !own.includes(metric))
  checkAnnotations(ours, data.listed, resultTask)

  const candidates = await openCandidates({
    models: settings.models as readonly (string | Engine)[],
    data: data.listed,
    preprocess,
    preprocessIntoModel: settings.preprocessIntoModel,
    task,
    engine: settings.engine,
    results: settings.results,
    signal,
    logger,
    onOpened: (count) => report({ stage: 'engines', fraction: count / settings.models.length }),
  })
  try {
    const run = await runCandidates(candidates, data, ours, settings, report)
    report({ stage: 'scores', fraction: 0 })
    const models = await scoreCandidates(candidates, data, metrics, settings, report)
    report({ stage: 'scores', fraction: 1 })
    return describeEvaluation(candidates, data, models, run)
  } finally {
    await closeCandidates(candidates)
  }
}

type Settings = ReturnType<typeof evaluateSchema.parse>
type Report = (progress: EvaluationProgress) => void

interface CandidatesRun {
  readonly broken: readonly BrokenSample[]
  /** Samples, and seconds that they took. */
  readonly count: number
  readonly duration: number
}

/** @param ours metrics that are not the caller's */
async function runCandidates(
  candidates: readonly OpenedCandidate[],
  data: EvaluationData,
  ours: readonly Metric[],
  { ahead, onBroken, signal }: Settings,
  report: Report,
): Promise<CandidatesRun> {
  const stores = candidates.map(({ store }) => store)
  const left = withoutDone(data, stores)
  const total = 'samples' in left ? left.samples.length : undefined
  const start = performance.now()
  let count = 0
  const onSample = (done: number) => {
    count = done
    if (done === 1) tryMetrics('samples' in left ? left.samples : listSamples(data, stores), candidates, ours)
    report({ stage: 'samples', fraction: total ? done / total : 0, done, ...(total !== undefined && { total }) })
  }
  const broken = await runSamples(candidates, left, { ahead, onBroken, signal, onSample })
  const duration = (performance.now() - start) / 1000
  for (const store of stores) await store.flush()
  return { broken, count, duration }
}

async function scoreCandidates(
  candidates: readonly OpenedCandidate[],
  data: EvaluationData,
  metrics: readonly Metric[],
  { perSample, bootstrap, signal }: Settings,
  report: Report,
): Promise<EvaluatedModel[]> {
  const stores = candidates.map(({ store }) => store)
  const samples = listSamples(data, stores)
  const scores = await scoreResults(
    samples,
    stores.map(({ outcomes }) => outcomes),
    metrics,
    {
      perSample,
      bootstrap: bootstrap === false ? undefined : { ...bootstrap, ...(signal && { signal }) },
      signal,
      onProgress: (fraction) => report({ stage: 'scores', fraction }),
    },
  )
  const models: EvaluatedModel[] = []
  for (const [index, { name, path, engine, store, resumed }] of candidates.entries()) {
    const { outcomes } = store
    const { device, precision } = await engine.describe()
    models.push({
      name,
      path,
      device,
      precision,
      samples: outcomes.size,
      nonFiniteSamples: [...outcomes.values()].filter(({ nonFinite }) => nonFinite > 0).length,
      resumed,
      results: samples.flatMap(({ id }) => {
        const outcome = outcomes.get(id)
        return outcome ? [{ id, result: outcome.result }] : []
      }),
      ...(scores[index] as ModelScores),
    })
  }
  return models
}

function describeEvaluation(
  candidates: readonly OpenedCandidate[],
  data: EvaluationData,
  models: readonly EvaluatedModel[],
  { broken, count, duration }: CandidatesRun,
): Evaluation {
  const { listed, warnings } = data
  const preprocessor = candidates[0]?.preprocessor
  const stores = candidates.map(({ store }) => store)
  return {
    data: {
      format: listed.format,
      samples: listSamples(data, stores).length,
      digest: listed.digest,
      categories: listed.categories,
      warnings,
      broken: broken.map(({ id, error }) => ({ id, reason: error.message })),
    },
    preprocess: preprocessor ? { description: preprocessor.describe(), digest: preprocessor.digest } : null,
    models,
    duration,
    throughput: duration > 0 ? count / duration : 0,
  }
}

/**
 * Compares the first result with its annotations: what does not fit at all is said at once, not after hours. Functions of
 * the caller's are not called, who may count on a call for each sample.
 */
function tryMetrics(samples: readonly Sample[], candidates: readonly OpenedCandidate[], metrics: readonly Metric[]): void {
  for (const { outcomes } of candidates.map(({ store }) => store)) {
    const sample = samples.find(({ id }) => outcomes.has(id))
    if (sample === undefined) continue
    const { result } = outcomes.get(sample.id) as { result: TaskResult }
    for (const metric of metrics) {
      try {
        void new MetricAccumulator(metric).add(sample, result)
      } catch (error) {
        // Of this sample alone: the scores will say so.
        if (!isEngineryError(error, 'METRIC_RESULT_INVALID')) throw error
      }
    }
  }
}

function preprocessNeeded(): Error {
  const reason = 'expected a description, since the samples are pictures: for example { preset: "imagenet" }'
  return evaluateOptionInvalid('preprocess', reason, evaluate)
}
