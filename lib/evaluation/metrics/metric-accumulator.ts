import type { Sample } from '../../dataset/annotations.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { TaskResult } from '../tasks/task.js'
import type { Metric, MetricSummary, Observed } from './metric.js'

/**
 * Collects the results of one model under one metric.
 *
 * Results may come in any order and from several runs (results that were stored are added like fresh ones, or
 * accumulators are merged): the order of the dataset decides wherever order matters, so that the score stays the same.
 */
export class MetricAccumulator<R extends TaskResult = TaskResult, O = unknown> {
  readonly metric: Metric<R, O>
  readonly #positions: ReadonlyMap<string, number> | undefined
  readonly #observed = new Map<string, Observed<O>>()
  readonly #pending = new Set<string>()

  /** @param samples the dataset's, whose order counts and which every added sample is one of; without, the order of adding */
  constructor(metric: Metric<R, O>, samples?: readonly Sample[]) {
    this.metric = metric
    this.#positions = samples && new Map(samples.map((sample, position) => [sample.id, position]))
    if (samples && this.#positions && this.#positions.size < samples.length) throw repeated(metric, firstRepeated(samples))
  }

  /** How many samples were added. */
  get size(): number {
    return this.#observed.size
  }

  has(id: string): boolean {
    return this.#observed.has(id)
  }

  /**
   * Compares a result with its sample; returns a promise where the metric's own function does.
   * @throws METRIC_SAMPLE_REPEATED, METRIC_SAMPLE_UNKNOWN, METRIC_TASK_MISMATCH, and what the metric finds wrong
   */
  add(sample: Sample, result: R): void | Promise<void> {
    const { metric } = this
    const { id } = sample
    if (this.#observed.has(id) || this.#pending.has(id)) throw repeated(metric, id)
    const position = this.#positions ? this.#positions.get(id) : this.#observed.size + this.#pending.size
    if (position === undefined) throw engineryError('METRIC_SAMPLE_UNKNOWN', { metric: metric.name, sample: id })
    if (metric.task !== undefined && result.task !== metric.task) {
      throw engineryError('METRIC_TASK_MISMATCH', {
        metric: metric.name,
        sample: id,
        expected: metric.task,
        received: String(result.task),
      })
    }
    const observation = metric.compare(sample, result)
    if (!(observation instanceof Promise)) {
      this.#observed.set(id, { id, position, observation })
      return
    }
    this.#pending.add(id)
    return observation
      .then((value) => void this.#observed.set(id, { id, position, observation: value }))
      .finally(() => this.#pending.delete(id))
  }

  /** Adds what another accumulator of the same metric and dataset collected. @throws METRIC_SAMPLE_REPEATED */
  merge(other: MetricAccumulator<R, O>): void {
    for (const id of other.#observed.keys()) if (this.#observed.has(id)) throw repeated(this.metric, id)
    const after = this.#positions ? 0 : this.#observed.size
    for (const [id, { position, observation }] of other.#observed) {
      this.#observed.set(id, { id, position: position + after, observation })
    }
  }

  /** What was observed, in the order of the dataset. */
  observed(): Observed<O>[] {
    return [...this.#observed.values()].sort((a, b) => a.position - b.position)
  }

  /**
   * The score over all samples added.
   * @param options `perSample` also scores each sample alone, where the metric can
   * @throws METRIC_UNDEFINED where these samples have no score
   */
  async summarize(options: { perSample?: boolean; signal?: AbortSignal | undefined } = {}): Promise<MetricSummary> {
    const { metric } = this
    const observed = this.observed()
    const { value, details } = await metric.summarize(observed, { signal: options.signal })
    const summary = {
      name: metric.name,
      value,
      unit: metric.unit,
      higherIsBetter: metric.higherIsBetter,
      samples: this.size,
      details,
    }
    return options.perSample && metric.scoreSample ? { ...summary, perSample: scoreSamples(metric, observed) } : summary
  }
}

function scoreSamples<R extends TaskResult, O>(metric: Metric<R, O>, observed: readonly Observed<O>[]) {
  return observed.flatMap(({ id, observation }) => {
    const value = metric.scoreSample?.(observation)
    return value === undefined ? [] : [{ id, value }]
  })
}

function firstRepeated(samples: readonly Sample[]): string {
  const seen = new Set<string>()
  return samples.find(({ id }) => seen.size === seen.add(id).size)?.id ?? ''
}

function repeated(metric: { readonly name: string }, sample: string) {
  return engineryError('METRIC_SAMPLE_REPEATED', { metric: metric.name, sample })
}
