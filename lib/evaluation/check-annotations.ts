import type { Dataset } from '../dataset/annotations.js'
import { engineryError } from '../errors/enginery-error.js'
import type { Metric } from './metrics/metric.js'
import type { TaskResult } from './tasks/task.js'

const nothingFound: Partial<Record<TaskResult['task'], TaskResult>> = {
  classification: { task: 'classification', classes: Array.from({ length: 100 }, (_, category) => ({ category, score: 0 })) },
  detection: { task: 'detection', detections: [] },
  'rotated-detection': { task: 'rotated-detection', detections: [] },
  'text-recognition': { task: 'text-recognition', text: '', score: 0 },
  'text-detection': { task: 'text-detection', regions: [] },
}

/**
 * Compares every sample with a result that says nothing, so that annotations a metric cannot use are told before an hour of
 * inference, not after it.
 *
 * @param metrics our own; those of users may count their calls
 * @throws METRIC_ANNOTATION_MISSING, METRIC_CATEGORY_UNKNOWN; METRIC_TASK_MISMATCH where results of the task are not what a metric takes
 */
export function checkAnnotations(metrics: readonly Metric[], { samples, categories }: Dataset, task: TaskResult['task']): void {
  const all = nothingFound[task]
  if (!all) return
  const empty = all.task === 'classification' ? { ...all, classes: all.classes.slice(0, categories.length) } : all
  for (const metric of metrics) {
    if (metric.task !== undefined && metric.task !== task) {
      const sample = samples[0]?.id ?? ''
      throw engineryError('METRIC_TASK_MISMATCH', { metric: metric.name, sample, expected: metric.task, received: task })
    }
    for (const sample of samples) metric.compare(sample, empty)
  }
}
