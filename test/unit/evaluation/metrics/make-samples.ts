import type { BoxAnnotation, Category, Sample } from '../../../../lib/dataset/annotations.js'
import type { Metric, MetricSummary } from '../../../../lib/evaluation/metrics/metric.js'
import { MetricAccumulator } from '../../../../lib/evaluation/metrics/metric-accumulator.js'
import type { Detection, Detections, TaskResult } from '../../../../lib/evaluation/tasks/task.js'

export const makeCategories = (count: number): Category[] =>
  Array.from({ length: count }, (_, i) => ({ id: i + 1, name: `class ${i}` }))

/** @param box x, y, width and height */
export function makeBox(category: number, box: BoxAnnotation['box'], rest: Partial<BoxAnnotation> = {}): BoxAnnotation {
  return { category, box, area: box[2] * box[3], isCrowd: false, isDifficult: false, ...rest }
}

/** @param box x, y, width and height */
export function makeDetection(
  category: number,
  score: number,
  [x, y, w, h]: readonly [number, number, number, number],
): Detection {
  return { category, score, box: [x, y, x + w, y + h] }
}

export const detections = (...found: Detection[]): Detections => ({ task: 'detection', detections: found })

export function accumulate<R extends TaskResult, O>(
  metric: Metric<R, O>,
  pairs: readonly (readonly [sample: Omit<Sample, 'id'>, result: R])[],
): MetricAccumulator<R, O> {
  const accumulator = new MetricAccumulator(metric)
  pairs.forEach(([sample, result], i) => void accumulator.add({ id: `sample ${i}`, ...sample }, result))
  return accumulator
}

export function score<R extends TaskResult, O>(
  metric: Metric<R, O>,
  pairs: readonly (readonly [sample: Omit<Sample, 'id'>, result: R])[],
): Promise<MetricSummary> {
  return accumulate(metric, pairs).summarize({ perSample: true })
}
