import type { Category } from '../../dataset/annotations.js'
import { engineryError } from '../../errors/enginery-error.js'
import type { Classification } from '../tasks/task.js'
import { requireAnnotation, requireCategory, requireFinite, requireSamples } from './check-result.js'
import type { Metric } from './metric.js'
import { resampleSums, sumRows } from './resample-sums.js'

export interface ClassificationAccuracyOptions {
  readonly categories: readonly Category[]
  /** The sample is right if its class is among the `top` best: each is reported, the first is the headline. */
  readonly top: readonly number[]
}

interface Ranked {
  readonly label: number
  /** How many classes rank before the label; infinite where the result does not name it. */
  readonly rank: number
  /** False where the result names no class at all. */
  readonly isAnswered: boolean
}

/**
 * Top-1, top-5 and such. Classes of equal score rank by their number, lowest first, as argmax takes them. A result without
 * any class, as a model makes it whose scores are all NaN, is wrong; `unanswered` in the details counts them.
 */
export function createClassificationAccuracy(options: ClassificationAccuracyOptions): Metric<Classification, Ranked> {
  const { categories, top } = options
  const name = `top-${top[0]}`
  const needed = Math.min(Math.max(...top), categories.length)
  const rowOf = ({ rank }: Ranked) => [1, ...top.map((k) => (rank < k ? 1 : 0))]
  const headline = (sums: Float64Array) => (sums[1] as number) / (sums[0] as number)

  return {
    name,
    task: 'classification',
    unit: 'fraction',
    higherIsBetter: true,
    compare(sample, result) {
      const label = requireAnnotation(sample.label, 'label', sample, name)
      requireCategory(label, 'label', categories, sample, name)
      for (const { category, score } of result.classes) {
        requireCategory(category, 'result', categories, sample, name)
        requireFinite(score, `the score of class ${category}`, sample, name)
      }
      // All scores of the model are NaN: wrong, and no reason to leave the other samples without a score.
      if (result.classes.length === 0) return { label, rank: Number.POSITIVE_INFINITY, isAnswered: false }
      if (result.classes.length < needed) {
        const reason = `it names ${result.classes.length} classes, and top-${Math.max(...top)} needs ${needed}`
        throw engineryError('METRIC_RESULT_INVALID', { metric: name, sample: sample.id, reason })
      }
      return { label, rank: rankOf(label, result.classes), isAnswered: true }
    },
    summarize(observed) {
      requireSamples(observed.length, name)
      const sums = sumRows(observed.map(({ observation }) => rowOf(observation)))
      const accuracies = top.map((k, i) => [`top${k}`, (sums[i + 1] as number) / observed.length])
      const unanswered = observed.filter(({ observation }) => !observation.isAnswered).length
      return {
        value: headline(sums),
        details: {
          ...Object.fromEntries(accuracies),
          ...(unanswered > 0 && { unanswered }),
          perCategory: countByCategory(categories, observed, top[0] as number),
        },
      }
    },
    resample: (observed) =>
      resampleSums(
        observed.map(({ observation }) => rowOf(observation)),
        headline,
      ),
    scoreSample: ({ rank }) => (rank < (top[0] as number) ? 1 : 0),
  }
}

function rankOf(label: number, classes: Classification['classes']): number {
  const own = classes.find(({ category }) => category === label)
  if (!own) return Number.POSITIVE_INFINITY
  return classes.filter(({ category, score }) => score > own.score || (score === own.score && category < label)).length
}

/** Classes without samples are left out: they have no accuracy. */
function countByCategory(categories: readonly Category[], observed: readonly { observation: Ranked }[], k: number) {
  const counts = categories.map(({ name }, category) => ({ category, name, samples: 0, correct: 0 }))
  for (const { observation } of observed) {
    const count = counts[observation.label] as (typeof counts)[number]
    count.samples++
    if (observation.rank < k) count.correct++
  }
  return counts.filter(({ samples }) => samples > 0)
}
