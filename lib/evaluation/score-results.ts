import type { Sample } from '../dataset/annotations.js'
import { isEngineryError } from '../errors/enginery-error.js'
import { bootstrapDifference, bootstrapScore } from './metrics/bootstrap/bootstrap.js'
import type { BootstrapInput } from './metrics/bootstrap/bootstrap-options.js'
import type { Interval } from './metrics/bootstrap/interval.js'
import type { Metric, MetricSummary } from './metrics/metric.js'
import { MetricAccumulator } from './metrics/metric-accumulator.js'
import type { SampleOutcome } from './result-store.js'
import { takeTurns } from './take-turns.js'

/** A metric of one model, with the interval that these samples allow to state. */
export interface ScoredMetric extends MetricSummary {
  /** Empty where intervals were not asked for, or resamples have no score. */
  readonly intervals: readonly Interval[]
}

/** A metric that these samples have no score for, and why. */
export interface UndefinedMetric {
  readonly name: string
  readonly value?: undefined
  readonly undefinedBecause: string
}

/** How a model differs from the first one, on the same samples. */
export interface ScoredDifference {
  readonly metric: string
  /** This model less the first. */
  readonly value: number
  readonly intervals: readonly Interval[]
  /** Share of resamples in which this model scored higher than the first; ties count half. */
  readonly shareAbove: number | null
}

export interface ModelScores {
  readonly metrics: readonly (ScoredMetric | UndefinedMetric)[]
  /** To the first model; empty for the first itself. */
  readonly differences: readonly ScoredDifference[]
}

export interface ScoreOptions {
  readonly perSample: boolean
  /** Undefined: no intervals. */
  readonly bootstrap: BootstrapInput | undefined
  readonly signal?: AbortSignal | undefined
  /** Told from 0 to 1 how much of the scoring is done. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** What was observed of one model's results, or why they cannot be scored: a model that gives NaN, say. */
type Collected = MetricAccumulator | UndefinedMetric

/**
 * Scores what the models made of the samples; all are compared with the first. Results that a metric cannot score leave
 * that model without it, not the others.
 *
 * @param outcomes by sample, one map for each model
 * @throws ABORTED, and what metrics throw
 */
export async function scoreResults(
  samples: readonly Sample[],
  outcomes: readonly ReadonlyMap<string, SampleOutcome>[],
  metrics: readonly Metric[],
  options: ScoreOptions,
): Promise<ModelScores[]> {
  const turn = takeTurns('Scoring', options.signal)
  const scores = outcomes.map(() => ({ metrics: [] as ModelScores['metrics'][number][], differences: [] as ScoredDifference[] }))
  // For each metric every model is collected and summarised, and all but the first are compared with it.
  const steps = metrics.length * (3 * outcomes.length - 1)
  let done = 0
  const step = async <T>(work: (options: ScoreOptions) => Promise<T>): Promise<T> => {
    const report = (fraction: number) => options.onProgress?.((done + fraction) / steps)
    const bootstrap = options.bootstrap && { ...options.bootstrap, onProgress: report }
    const result = await work({ ...options, bootstrap })
    done++
    report(0)
    return result
  }
  for (const metric of metrics) {
    const collected: Collected[] = []
    for (const results of outcomes) collected.push(await step(() => collectOne(samples, results, metric, turn)))
    for (const [index, own] of collected.entries()) {
      const { metrics: summaries, differences } = scores[index] as (typeof scores)[number]
      const summary = await step(async (call) => (own instanceof MetricAccumulator ? await summarize(own, call) : own))
      summaries.push(summary)
      if (index === 0) continue
      const [first] = collected
      const difference = await step(async (call) => {
        if ('undefinedBecause' in summary || !(first instanceof MetricAccumulator)) return undefined
        return await compare(own as MetricAccumulator, first, call)
      })
      if (difference) differences.push(difference)
    }
  }
  return scores
}

async function collectOne(
  samples: readonly Sample[],
  outcomes: ReadonlyMap<string, SampleOutcome>,
  metric: Metric,
  turn: () => Promise<void> | undefined,
): Promise<Collected> {
  const accumulator = new MetricAccumulator(metric, samples)
  try {
    for (const sample of samples) {
      const outcome = outcomes.get(sample.id)
      if (outcome) await accumulator.add(sample, outcome.result)
      await turn()
    }
    return accumulator
  } catch (error) {
    if (!isEngineryError(error, 'METRIC_RESULT_INVALID')) throw error
    return { name: metric.name, undefinedBecause: error.message }
  }
}

async function summarize(accumulator: MetricAccumulator, options: ScoreOptions): Promise<ScoredMetric | UndefinedMetric> {
  try {
    const summary = await accumulator.summarize({ perSample: options.perSample, signal: options.signal })
    return { ...summary, intervals: await intervalsOf(accumulator, options) }
  } catch (error) {
    if (!isEngineryError(error, 'METRIC_UNDEFINED')) throw error
    return { name: accumulator.metric.name, undefinedBecause: error.message }
  }
}

// Samples may have a score and be too few, or show too little, for resamples of them to have one.
async function intervalsOf(accumulator: MetricAccumulator, { bootstrap }: ScoreOptions): Promise<readonly Interval[]> {
  if (!bootstrap) return []
  try {
    return (await bootstrapScore(accumulator, bootstrap)).intervals
  } catch (error) {
    if (!isEngineryError(error, 'METRIC_UNDEFINED')) throw error
    return []
  }
}

async function compare(
  accumulator: MetricAccumulator,
  first: MetricAccumulator,
  { bootstrap }: ScoreOptions,
): Promise<ScoredDifference | undefined> {
  const metric = accumulator.metric.name
  try {
    if (bootstrap) {
      const { value, intervals, shareAbove } = await bootstrapDifference(accumulator, first, bootstrap)
      return { metric, value, intervals, shareAbove }
    }
    const [own, firsts] = await Promise.all([accumulator.summarize(), first.summarize()])
    return { metric, value: own.value - firsts.value, intervals: [], shareAbove: null }
  } catch (error) {
    if (!isEngineryError(error, 'METRIC_UNDEFINED')) throw error
    return undefined
  }
}
