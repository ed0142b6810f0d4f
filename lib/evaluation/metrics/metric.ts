import type { Sample } from '../../dataset/annotations.js'
import type { TaskResult } from '../tasks/task.js'

/**
 * A way to score a model. It first compares each sample's result with its annotations, once; the observations of all
 * samples then give the score, of all of them or of any resample of them.
 *
 * @typeParam R the results it takes
 * @typeParam O what it keeps of a sample
 */
export interface Metric<R extends TaskResult = TaskResult, O = unknown> {
  /** For example `coco-map`. */
  readonly name: string
  /** The results it takes; undefined where it takes any. */
  readonly task: R['task'] | undefined
  /** What the value counts: `fraction` is 0 to 1. */
  readonly unit: MetricUnit
  readonly higherIsBetter: boolean
  /**
   * Compares one result with the annotations of its sample.
   * @throws METRIC_ANNOTATION_MISSING, METRIC_CATEGORY_UNKNOWN, METRIC_RESULT_INVALID
   */
  compare(sample: Sample, result: R): O | Promise<O>
  /**
   * The score over samples, in the order that decides between equal scores.
   * @throws METRIC_UNDEFINED where these samples have no score
   */
  summarize(observed: readonly Observed<O>[], options?: MetricCallOptions): MetricScore | Promise<MetricScore>
  /** Prepares for scoring many resamples of the same samples. */
  resample(observed: readonly Observed<O>[], options?: MetricCallOptions): Resampler | Promise<Resampler>
  /** The score of a single sample, where that says something; undefined where the sample has none. */
  scoreSample?(observation: O): number | undefined
}

/** For metrics that compute for long. */
export interface MetricCallOptions {
  readonly signal?: AbortSignal | undefined
}

export type MetricUnit = 'fraction' | 'correlation' | 'similarity' | 'score'

/** A sample's observation and where it stands. */
export interface Observed<O> {
  readonly id: string
  /** Place of the sample in the dataset; places are missing where samples were left out. */
  readonly position: number
  readonly observation: O
}

/** The headline number and what it is made of. */
export interface MetricScore {
  readonly value: number
  /** Plain data, for JSON. */
  readonly details: Readonly<Record<string, unknown>>
}

/** A metric's result. */
export interface MetricSummary extends MetricScore {
  readonly name: string
  readonly unit: MetricUnit
  readonly higherIsBetter: boolean
  /** How many samples were scored. */
  readonly samples: number
  readonly perSample?: readonly { readonly id: string; readonly value: number }[]
}

/** Scores resamples: each is told how many times each unit was drawn. */
export interface Resampler {
  /** Units to draw from: samples, or pairs of them. */
  readonly size: number
  /**
   * @param counts how often each unit was drawn, `size` of them
   * @returns the headline number; NaN where this resample has none
   */
  score(counts: Uint32Array): number | Promise<number>
}
