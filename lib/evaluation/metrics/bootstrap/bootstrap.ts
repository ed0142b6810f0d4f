import { type Caller, engineryError } from '../../../errors/enginery-error.js'
import { parseOptions } from '../../../errors/parse-options.js'
import { requireArgument } from '../../../errors/require-argument.js'
import { takeTurns } from '../../take-turns.js'
import type { Resampler } from '../metric.js'
import type { MetricAccumulator } from '../metric-accumulator.js'
import { type BootstrapInput, type BootstrapOptions, bootstrapSchema } from './bootstrap-options.js'
import { acceleratedInterval, type Interval, percentileInterval } from './interval.js'
import { RandomSequence } from './random-sequence.js'

/** How far a number can be trusted that comes from these samples alone. */
export interface BootstrapResult {
  /** Of all samples, each once. */
  readonly value: number
  /** Mean of the resamples less the value. */
  readonly bias: number
  readonly standardError: number
  /** One for each level asked for. */
  readonly intervals: readonly Interval[]
  /** Resamples that had a score; those without (nothing in them was to be found) are drawn but left out. */
  readonly resamples: number
}

export interface BootstrapDifference extends BootstrapResult {
  /** The share of resamples in which the first model scored higher; ties count half. */
  readonly shareAbove: number
}

type Accumulator = Pick<MetricAccumulator, 'observed' | 'metric'>

/**
 * The interval in which one model's score lies, by drawing samples with replacement.
 * @throws METRIC_UNDEFINED where the samples, or nearly all resamples, have no score
 */
export async function bootstrapScore(model: Accumulator, options: BootstrapInput = {}): Promise<BootstrapResult> {
  const parsed = parseOptions(bootstrapSchema, options, bootstrapScore)
  requireAccumulator(model, 'model', bootstrapScore)
  const resampler = await model.metric.resample(model.observed(), { signal: parsed.signal })
  const { result } = await bootstrap(resampler.size, (counts) => resampler.score(counts), model.metric.name, parsed)
  return result
}

/**
 * The interval in which the difference of two models' scores lies, first less second. Both are scored on the same resamples:
 * what is hard for both cancels out, so that few samples tell more about the difference than about either score.
 *
 * @throws BOOTSTRAP_SAMPLES_DIFFER unless both were scored on the same samples by the same metric; METRIC_UNDEFINED
 */
export async function bootstrapDifference(
  first: Accumulator,
  second: Accumulator,
  options: BootstrapInput = {},
): Promise<BootstrapDifference> {
  const parsed = parseOptions(bootstrapSchema, options, bootstrapDifference)
  requireAccumulator(first, 'first', bootstrapDifference)
  requireAccumulator(second, 'second', bootstrapDifference)
  requireSameSamples(first, second)
  const { signal } = parsed
  const a = await first.metric.resample(first.observed(), { signal })
  const b = await second.metric.resample(second.observed(), { signal })
  if (a.size !== b.size) throw differ(first, `${a.size} and ${b.size} pairs`)
  const difference = (counts: Uint32Array) => {
    const [x, y] = [a.score(counts), b.score(counts)]
    return typeof x === 'number' && typeof y === 'number' ? x - y : Promise.all([x, y]).then(([x, y]) => x - y)
  }
  const { result, values } = await bootstrap(a.size, difference, first.metric.name, parsed)
  const above = values.reduce((sum, value) => sum + (value > 0 ? 1 : value === 0 ? 0.5 : 0), 0)
  return { ...result, shareAbove: above / values.length }
}

async function bootstrap(size: number, score: Resampler['score'], metric: string, options: BootstrapOptions) {
  const turn = takeTurns('Resampling', options.signal)
  const counts = new Uint32Array(size).fill(1)
  const value = size === 0 ? Number.NaN : await score(counts)
  if (Number.isNaN(value))
    throw engineryError('METRIC_UNDEFINED', { metric, reason: `${size} samples have no score to resample` })

  const random = new RandomSequence(options.seed)
  const drawn: number[] = []
  const reportEvery = Math.ceil(options.resamples / 50)
  for (let i = 0; i < options.resamples; i++) {
    counts.fill(0)
    for (let unit = 0; unit < size; unit++) {
      const chosen = random.below(size)
      counts[chosen] = (counts[chosen] as number) + 1
    }
    const pending = score(counts)
    const scored = typeof pending === 'number' ? pending : await pending
    if (!Number.isNaN(scored)) drawn.push(scored)
    if (i % reportEvery === 0) options.onProgress?.(i / options.resamples)
    await turn()
  }
  if (drawn.length < options.resamples / 2) {
    const reason = `only ${drawn.length} of ${options.resamples} resamples have a score`
    throw engineryError('METRIC_UNDEFINED', { metric, reason })
  }
  const values = Float64Array.from(drawn).sort()
  const withoutOne = options.method === 'bca' ? await leaveOneOut(size, score, turn) : undefined
  const intervals = options.levels.map((level) =>
    withoutOne ? acceleratedInterval(values, level, value, withoutOne) : percentileInterval(values, level),
  )
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0)
  const standardError = Math.sqrt(squares / Math.max(1, values.length - 1))
  return { values, result: { value, bias: mean - value, standardError, intervals, resamples: values.length } }
}

async function leaveOneOut(
  size: number,
  score: Resampler['score'],
  turn: () => Promise<void> | undefined,
): Promise<Float64Array> {
  const counts = new Uint32Array(size).fill(1)
  const values: number[] = []
  for (let unit = 0; unit < size; unit++) {
    counts[unit] = 0
    const value = await score(counts)
    counts[unit] = 1
    if (!Number.isNaN(value)) values.push(value)
    await turn()
  }
  return Float64Array.from(values)
}

function requireSameSamples(first: Accumulator, second: Accumulator): void {
  if (first.metric.name !== second.metric.name)
    throw differ(first, `one was scored by ${first.metric.name}, the other by ${second.metric.name}`)
  const [a, b] = [first.observed(), second.observed()]
  if (a.length !== b.length) throw differ(first, `one has ${a.length} samples, the other ${b.length}`)
  const at = a.findIndex(({ id }, i) => id !== b[i]?.id)
  if (at !== -1) throw differ(first, `where one has ${a[at]?.id}, the other has ${b[at]?.id}`)
}

function differ({ metric }: Accumulator, reason: string) {
  return engineryError('BOOTSTRAP_SAMPLES_DIFFER', { metric: metric.name, reason })
}

function requireAccumulator(value: unknown, option: string, caller: Caller): void {
  const isRight = typeof value === 'object' && value !== null && typeof (value as Accumulator).metric?.resample === 'function'
  requireArgument(isRight, 'what a metric has observed of a model', value, option, caller)
}
