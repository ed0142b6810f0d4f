import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import type { Dataset, Sample } from '../dataset/annotations.js'
import type { OpenedDataset } from '../dataset/build-dataset.js'
import type { DatasetOptions } from '../dataset/dataset-options.js'
import type { DatasetWarning } from '../dataset/dataset-warnings.js'
import { openDataset } from '../dataset/open-dataset.js'
import type { BrokenSample, TensorIterable } from '../dataset/read-samples.js'
import { subsample } from '../dataset/subsample.js'
import { canonicalJson } from '../engine/engine-digest.js'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { checkAnnotations } from '../evaluation/check-annotations.js'
import { chooseMetrics, type MetricChoice } from '../evaluation/choose-metrics.js'
import type { Metric } from '../evaluation/metrics/metric.js'
import { MetricAccumulator } from '../evaluation/metrics/metric-accumulator.js'
import { ResultStore } from '../evaluation/result-store.js'
import { type Candidate, runSamples } from '../evaluation/run-samples.js'
import { type ModelScores, scoreResults } from '../evaluation/score-results.js'
import { createDecoder, type TaskInput, taskOfDecoder } from '../evaluation/tasks/create-decoder.js'
import type { TaskResult } from '../evaluation/tasks/task.js'
import type { Engine } from '../inference/engine.js'
import { createPreprocessor, type Preprocessor } from '../preprocess/create-preprocessor.js'
import { type EvaluateOptions, type EvaluationProgress, evaluateSchema } from './evaluate-options.js'
import { type CandidateEngine, openCandidate, type SharedEngineOptions } from './open-candidate.js'

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
  const { signal, logger, preprocess } = settings
  const report = (progress: EvaluationProgress) => callProgress(settings.onProgress, progress)

  report({ stage: 'data', fraction: 0 })
  const data = await openData(settings.data as EvaluateOptions['data'], settings.subset)
  const listed: Dataset = 'samples' in data ? data : { format: 'iterable', categories: [], samples: [], digest: '' }
  if (!preprocess && listed.samples.some(({ path }) => path !== undefined)) throw preprocessNeeded()
  // A function is checked like the decoder of that name.
  const task = typeof settings.task === 'function' ? { decoder: 'custom' as const, decode: settings.task } : settings.task
  const metrics = chooseMetrics(settings.metrics as readonly MetricChoice[] | undefined, taskOfDecoder[task.decoder], listed)
  const own: readonly unknown[] = settings.metrics ?? []
  checkAnnotations(
    metrics.filter((metric) => !own.includes(metric)),
    listed,
    taskOfDecoder[task.decoder],
  )

  const opened: CandidateEngine[] = []
  const stores: ResultStore[] = []
  try {
    for (const [index, model] of settings.models.entries()) {
      report({ stage: 'engines', fraction: index / settings.models.length })
      const open = { options: settings.engine, pictures: preprocess, signal, logger }
      opened.push(await openCandidate(model as string | Engine, open))
    }
    const names = uniqueNames(opened)
    const candidates: Candidate[] = []
    for (const [index, each] of opened.entries()) {
      const preprocessor = preprocess && createPreprocessor(preprocess, soleInput(each.engine))
      const decode = createDecoder(task, each.metadata)
      const run = { data: listed, preprocessor, task, engine: settings.engine }
      const store = await openStore(settings.results, names[index] as string, each, run)
      stores.push(store)
      candidates.push({ engine: each.engine, decode, store, preprocessor })
    }
    const resumed = stores.map((store) => listed.samples.filter(({ id }) => store.outcomes.has(id)).length)
    const left = withoutDone(data, stores)
    const total = 'samples' in left ? left.samples.length : undefined
    const start = performance.now()
    let count = 0
    const broken = await runSamples(candidates, left, {
      ahead: settings.ahead,
      onBroken: settings.onBroken,
      signal,
      onSample: (done) => {
        count = done
        if (done === 1) tryMetrics('samples' in left ? left.samples : samplesOf(stores[0]), stores, metrics, settings.metrics)
        report({ stage: 'samples', fraction: total ? done / total : 0, done, ...(total !== undefined && { total }) })
      },
    })
    const duration = (performance.now() - start) / 1000
    for (const store of stores) await store.flush()

    report({ stage: 'scores', fraction: 0 })
    const samples = 'samples' in data ? listed.samples : samplesOf(stores[0])
    const scores = await scoreResults(
      samples,
      stores.map(({ outcomes }) => outcomes),
      metrics,
      {
        perSample: settings.perSample,
        bootstrap: settings.bootstrap === false ? undefined : { ...settings.bootstrap, ...(signal && { signal }) },
        signal,
      },
    )
    const models: EvaluatedModel[] = []
    for (const [index, each] of opened.entries()) {
      const { outcomes } = stores[index] as ResultStore
      const { device, precision } = await each.engine.describe()
      models.push({
        name: names[index] as string,
        path: each.path,
        device,
        precision,
        samples: outcomes.size,
        nonFiniteSamples: [...outcomes.values()].filter(({ nonFinite }) => nonFinite > 0).length,
        resumed: resumed[index] as number,
        results: samples.flatMap(({ id }) => {
          const outcome = outcomes.get(id)
          return outcome ? [{ id, result: outcome.result }] : []
        }),
        ...(scores[index] as ModelScores),
      })
    }
    report({ stage: 'scores', fraction: 1 })
    const [first] = candidates
    return {
      data: {
        format: listed.format,
        samples: samples.length,
        digest: listed.digest,
        categories: listed.categories,
        warnings: 'warnings' in data ? (data as OpenedDataset).warnings : [],
        broken: broken.map(({ id, error }: BrokenSample) => ({ id, reason: error.message })),
      },
      preprocess: first?.preprocessor ? { description: first.preprocessor.describe(), digest: first.preprocessor.digest } : null,
      models,
      duration,
      throughput: duration > 0 ? count / duration : 0,
    }
  } finally {
    await Promise.allSettled(stores.map((store) => store.close()))
    for (const { engine, path } of opened) if (path !== null) await engine.close()
  }
}

async function openData(
  data: EvaluateOptions['data'],
  subset: EvaluateOptions['subset'],
): Promise<OpenedDataset | Dataset | TensorIterable> {
  const isIterable = Symbol.asyncIterator in data || Symbol.iterator in data
  if (isIterable) {
    if (subset) throw optionInvalid('subset', 'expected a dataset to draw from, received an iterable, which is read once')
    return data as TensorIterable
  }
  const dataset = 'samples' in data ? (data as Dataset) : await openDataset(data as DatasetOptions)
  return subset ? subsample(dataset, subset) : dataset
}

function withoutDone(data: Dataset | TensorIterable, stores: readonly ResultStore[]): Dataset | TensorIterable {
  if (!('samples' in data)) return data
  return { ...data, samples: data.samples.filter(({ id }) => stores.some((store) => !store.outcomes.has(id))) }
}

/**
 * Compares the first result with its annotations: what does not fit at all is said at once, not after hours. Functions of
 * the caller's are not called, who may count on a call for each sample.
 */
function tryMetrics(
  samples: readonly Sample[],
  stores: readonly ResultStore[],
  metrics: readonly Metric[],
  choices: readonly unknown[] = [],
): void {
  for (const { outcomes } of stores) {
    const sample = samples.find(({ id }) => outcomes.has(id))
    if (sample === undefined) continue
    const { result } = outcomes.get(sample.id) as { result: TaskResult }
    for (const metric of metrics) {
      if (choices.includes(metric)) continue
      try {
        void new MetricAccumulator(metric).add(sample, result)
      } catch (error) {
        // Of this sample alone: the scores will say so.
        if (!isEngineryError(error, 'METRIC_RESULT_INVALID')) throw error
      }
    }
  }
}

/** Of an iterable, whose samples are numbered in its order; results come as they are done. */
function samplesOf(store: ResultStore | undefined): { readonly id: string }[] {
  return [...(store?.outcomes.keys() ?? [])].sort((a, b) => Number(a) - Number(b)).map((id) => ({ id }))
}

function callProgress(onProgress: ((progress: EvaluationProgress) => void) | undefined, progress: EvaluationProgress): void {
  try {
    onProgress?.(progress)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw engineryError('CALLBACK_FAILED', { callback: 'onProgress', reason }, { cause: error })
  }
}

interface StoredRun {
  readonly data: Dataset
  readonly preprocessor: Preprocessor | undefined
  readonly task: TaskInput
  readonly engine: SharedEngineOptions
}

async function openStore(
  folder: string | undefined,
  name: string,
  { digest, engine }: CandidateEngine,
  { data, preprocessor, task, engine: options }: StoredRun,
): Promise<ResultStore> {
  if (folder === undefined) return ResultStore.inMemory()
  if (digest === null)
    throw optionInvalid('results', 'expected models by path: an engine that is open has no digest to tell it by')
  if (task.decoder === 'custom') throw optionInvalid('results', 'expected a task by name: a function cannot be told from another')
  if (data.digest === '')
    throw optionInvalid('results', 'expected data in files: nothing tells whether an iterable gives the same as before')
  const { shapes, preprocess, properties } = options
  const { device, precision } = await engine.describe()
  return ResultStore.open(join(folder, `${name}.results.jsonl`), {
    model: digest,
    device,
    precision,
    engine: digestOf({ shapes, preprocess, properties }),
    data: data.digest,
    preprocess: preprocessor?.digest ?? 'none',
    task: digestOf(task),
  })
}

function digestOf(options: object): string {
  return createHash('sha256').update(canonicalJson(options)).digest('hex')
}

function uniqueNames(opened: readonly CandidateEngine[]): string[] {
  const taken = new Set<string>()
  return opened.map(({ path }, index) => {
    const own = path === null ? `engine-${index + 1}` : basename(path)
    let name = own
    for (let count = 2; taken.has(name); count++) name = `${own}-${count}`
    taken.add(name)
    return name
  })
}

function soleInput(engine: Engine) {
  const [port, ...others] = engine.inputs
  if (port && others.length === 0) return port
  const reason = `expected a model with one input, for pictures; this one has ${engine.inputs.map(({ name }) => name).join(', ')}`
  throw optionInvalid('preprocess', reason)
}

function preprocessNeeded(): Error {
  return optionInvalid('preprocess', 'expected a description, since the samples are pictures: for example { preset: "imagenet" }')
}

function optionInvalid(option: string, reason: string): Error {
  return engineryError('OPTION_INVALID', { caller: 'evaluate', option, reason }, { caller: evaluate })
}
