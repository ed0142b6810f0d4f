import type { Sample } from '../../../dataset/annotations.js'
import { engineryError } from '../../../errors/enginery-error.js'
import type { Embedding } from '../../tasks/task.js'
import { requireFinite, requireSamples } from '../check-result.js'
import type { Metric } from '../metric.js'
import { resampleSums, sumRows } from '../resample-sums.js'

const NAME = 'cosine-similarity'

/**
 * The mean cosine between each sample's vector and its reference: what a quantized model makes of a sample, beside what
 * the original made of it.
 */
export function createCosineSimilarity(options: {
  /** A vector for each sample, by the sample's id. */
  readonly references: ReadonlyMap<string, Float32Array>
}): Metric<Embedding, number> {
  return {
    name: NAME,
    task: 'embedding',
    unit: 'similarity',
    higherIsBetter: true,
    compare(sample, { vector }) {
      const reference = options.references.get(sample.id)
      if (!reference)
        throw engineryError('METRIC_ANNOTATION_MISSING', { metric: NAME, sample: sample.id, what: 'a reference vector' })
      checkVector(vector, sample, NAME)
      return cosine(reference, vector, sample.id, NAME)
    },
    summarize(observed) {
      requireSamples(observed.length, NAME)
      const values = observed.map(({ observation }) => observation)
      const [sum] = sumRows(values.map((value) => [value]))
      const lowest = values.reduce((low, value) => Math.min(low, value), 1)
      return { value: (sum as number) / values.length, details: { lowest } }
    },
    resample: (observed) =>
      resampleSums(
        observed.map(({ observation }) => [observation, 1]),
        ([sum, count]) => (sum as number) / (count as number),
      ),
    scoreSample: (value) => value,
  }
}

/** @throws METRIC_RESULT_INVALID for a vector that has no direction */
export function checkVector(vector: Float32Array, sample: Sample, metric: string): void {
  for (const value of vector) requireFinite(value, 'an element of the vector', sample, metric)
  if (vector.some((value) => value !== 0)) return
  const reason = vector.length === 0 ? 'the vector is empty' : 'all elements of the vector are 0'
  throw engineryError('METRIC_RESULT_INVALID', { metric, sample: sample.id, reason })
}

/** @throws METRIC_RESULT_INVALID unless both have the same length */
export function cosine(a: Float32Array, b: Float32Array, sample: string, metric: string): number {
  if (a.length !== b.length) {
    const reason = `its vector has ${b.length} elements, and the one beside it ${a.length}`
    throw engineryError('METRIC_RESULT_INVALID', { metric, sample, reason })
  }
  let [aa, bb, ab] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number]
    aa += x * x
    bb += y * y
    ab += x * y
  }
  return Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)))
}
