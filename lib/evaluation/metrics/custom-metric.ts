import type { Sample } from '../../dataset/annotations.js'
import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'
import { requireObject } from '../../errors/require-argument.js'
import type { TaskResult } from '../tasks/task.js'
import { requireSamples } from './check-result.js'
import type { Metric, MetricScore } from './metric.js'

/**
 * A metric of the user's own.
 *
 * @typeParam O what `compare` returns for a sample
 */
export interface CustomMetricOptions<R extends TaskResult = TaskResult, O = number> {
  readonly name: string
  /** Default: it takes the results of any task. */
  readonly task?: R['task']
  /** Default true. */
  readonly higherIsBetter?: boolean
  compare(sample: Sample, result: R): O | Promise<O>
  /**
   * The score over samples, of which one may occur several times when a bootstrap draws it so.
   * Default: the mean of what `compare` returned, which then must be numbers.
   */
  summarize?(observations: readonly O[]): number | MetricScore | Promise<number | MetricScore>
}

/**
 * Makes a metric of functions; both may be asynchronous.
 *
 * What they throw becomes METRIC_FUNCTION_FAILED, with the failure as cause; a score that is not a finite number is
 * METRIC_VALUE_INVALID.
 * @example createCustomMetric({ name: 'is-cat', compare: (sample, result) => (result.classes[0].category === 3 ? 1 : 0) })
 */
export function createCustomMetric<R extends TaskResult = TaskResult, O = number>(
  options: CustomMetricOptions<R, O>,
): Metric<R, O> {
  requireObject(options, 'an object with the name of the metric and what it measures', '(options)', createCustomMetric)
  const { name } = options
  const failed = (what: string) => (cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : describeValue(cause)
    throw engineryError('METRIC_FUNCTION_FAILED', { metric: name, what, reason }, { cause })
  }
  const summarizeAll = options.summarize?.bind(options) ?? ((observations: readonly O[]) => meanOf(observations))
  const summarize = (observations: readonly O[]) => {
    const check = (score: number | MetricScore) => checkScore(score, name)
    return settle(() => summarizeAll(observations), check, failed('summarize'))
  }
  return {
    name,
    task: options.task,
    unit: 'score',
    higherIsBetter: options.higherIsBetter ?? true,
    compare(sample, result) {
      const check = (value: O) => {
        if (!options.summarize) requireNumber(value, `compare's value for ${sample.id}`, name)
        return value
      }
      return settle(() => options.compare(sample, result), check, failed(`compare for ${sample.id}`))
    },
    summarize(observed) {
      requireSamples(observed.length, name)
      return summarize(observed.map(({ observation }) => observation))
    },
    resample(observed) {
      return {
        size: observed.length,
        score(counts) {
          const drawn = observed.flatMap(({ observation }, i) => new Array<O>(counts[i] as number).fill(observation))
          const score = summarize(drawn)
          return score instanceof Promise ? score.then(({ value }) => value) : score.value
        },
      }
    },
  }
}

/** Runs a user's function and then, on what it returned or resolved with, our own; only the former's failures are `failed`. */
function settle<T, U>(run: () => T | Promise<T>, then: (value: T) => U, failed: (cause: unknown) => never): U | Promise<U> {
  let value: T | Promise<T>
  try {
    value = run()
  } catch (cause) {
    return failed(cause)
  }
  return isThenable(value) ? Promise.resolve(value).catch(failed).then(then) : then(value)
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function meanOf(observations: readonly unknown[]): number {
  return (observations as readonly number[]).reduce((sum, value) => sum + value, 0) / observations.length
}

function checkScore(score: number | MetricScore, metric: string): MetricScore {
  const whole = typeof score === 'object' && score !== null ? score : { value: score, details: {} }
  requireNumber(whole.value, "summarize's value", metric)
  return { value: whole.value, details: whole.details ?? {} }
}

function requireNumber(value: unknown, what: string, metric: string): void {
  if (typeof value === 'number' && Number.isFinite(value)) return
  throw engineryError('METRIC_VALUE_INVALID', { metric, what, received: describeValue(value) })
}
