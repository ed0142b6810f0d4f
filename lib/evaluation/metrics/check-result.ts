import type { Category, Sample } from '../../dataset/annotations.js'
import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'

/** @throws METRIC_RESULT_INVALID unless a number of a result is finite */
export function requireFinite(value: number, what: string, sample: Sample, metric: string): void {
  if (Number.isFinite(value)) return
  throw engineryError('METRIC_RESULT_INVALID', { metric, sample: sample.id, reason: `${what} is ${describeValue(value)}` })
}

/** @throws METRIC_CATEGORY_UNKNOWN unless `index` is a place in `categories` */
export function requireCategory(
  index: number,
  what: string,
  categories: readonly Category[],
  sample: Sample,
  metric: string,
): void {
  if (Number.isInteger(index) && index >= 0 && index < categories.length) return
  throw engineryError('METRIC_CATEGORY_UNKNOWN', {
    metric,
    sample: sample.id,
    what,
    category: describeValue(index),
    count: categories.length,
  })
}

/** The annotation that a metric needs. @throws METRIC_ANNOTATION_MISSING */
export function requireAnnotation<T>(value: T | undefined, what: string, sample: Sample, metric: string): T {
  if (value !== undefined) return value
  throw engineryError('METRIC_ANNOTATION_MISSING', { metric, sample: sample.id, what })
}

/** @throws METRIC_UNDEFINED if there is nothing to score */
export function requireSamples(count: number, metric: string): void {
  if (count === 0) throw engineryError('METRIC_UNDEFINED', { metric, reason: 'there are no samples' })
}
