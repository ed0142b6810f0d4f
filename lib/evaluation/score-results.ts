import type { Sample } from '../dataset/annotations.js'
import { isEngineryError } from '../errors/enginery-error.js'
import { bootstrapDifference, bootstrapScore } from './metrics/bootstrap/bootstrap.js'
import type { BootstrapInput } from './metrics/bootstrap/bootstrap-options.js'
import type { Interval } from './metrics/bootstrap/interval.js'
import type { Metric, MetricSummary } from './metrics/metric.js'
import { MetricAccumulator } from './metrics/metric-accumulator.js'
import type { SampleOutcome } from './result-store.js'

/** A metric of one model, with the interval that these samples allow to state. */
export interface ScoredMetric extends MetricSummary {
  /** Empty where intervals were not asked for. */
  readonly intervals: readonly Interval[]
}

/** A metric that these samples have no score for, and why. */
export interface UndefinedMetric {
  readonly name: string
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
}

/**
 * Scores what the models made of the samples; all are compared with the first.
 *
 * @param outcomes by sample, one map for each model
 */
export async function scoreResults(
  samples: readonly Sample[],
  outcomes: readonly ReadonlyMap<string, SampleOutcome>[],
  metrics: readonly Metric[],
  options: ScoreOptions,
): Promise<ModelScores[]> {
  const collected = await Promise.all(outcomes.map((results) => collect(samples, results, metrics)))
  const scores: ModelScores[] = []
  for (const accumulators of collected) {
    const summaries: (ScoredMetric | UndefinedMetric)[] = []
    const differences: ScoredDifference[] = []
    for (const [index, accumulator] of accumulators.entries()) {
      const summary = await summarize(accumulator, options)
      summaries.push(summary)
      const first = collected[0]?.[index] as MetricAccumulator
      if (first === accumulator || 'undefinedBecause' in summary) continue
      const difference = await compare(accumulator, first, options)
      if (difference) differences.push(difference)
    }
    scores.push({ metrics: summaries, differences })
  }
  return scores
}

async function collect(
  samples: readonly Sample[],
  outcomes: ReadonlyMap<string, SampleOutcome>,
  metrics: readonly Metric[],
): Promise<MetricAccumulator[]> {
  const accumulators = metrics.map((metric) => new MetricAccumulator(metric, samples))
  for (const sample of samples) {
    const outcome = outcomes.get(sample.id)
    if (!outcome) continue
    for (const accumulator of accumulators) await accumulator.add(sample, outcome.result)
  }
  return accumulators
}

async function summarize(accumulator: MetricAccumulator, options: ScoreOptions): Promise<ScoredMetric | UndefinedMetric> {
  try {
    const summary = await accumulator.summarize({ perSample: options.perSample })
    const intervals = options.bootstrap ? (await bootstrapScore(accumulator, options.bootstrap)).intervals : []
    return { ...summary, intervals }
  } catch (error) {
    if (!isEngineryError(error, 'METRIC_UNDEFINED')) throw error
    return { name: accumulator.metric.name, undefinedBecause: error.message }
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
