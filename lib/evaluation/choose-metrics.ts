import type { Dataset } from '../dataset/annotations.js'
import { engineryError } from '../errors/enginery-error.js'
import { polygonIou } from './boxes/polygon-overlap.js'
import { createMetric } from './metrics/create-metric.js'
import type { Metric } from './metrics/metric.js'
import type { MetricInput, MetricName } from './metrics/metric-options.js'
import type { TaskResult } from './tasks/task.js'

/** A metric by name, by name with options, or made by the caller. */
export type MetricChoice = MetricName | MetricInput | Metric

const usual: Readonly<Record<TaskResult['task'], readonly MetricName[]>> = {
  classification: ['accuracy'],
  detection: ['coco-map'],
  'rotated-detection': ['rotated-map'],
  'text-recognition': ['line-accuracy', 'character-error-rate'],
  'text-detection': ['text-detection'],
  embedding: ['spearman'],
  custom: [],
}

/**
 * The metrics asked for, or those that are usual for the task.
 *
 * @throws OPTION_INVALID; METRIC_NEEDED where nothing is usual
 */
export function chooseMetrics(asked: readonly MetricChoice[] | undefined, task: TaskResult['task'], dataset: Dataset): Metric[] {
  const chosen = asked ?? (dataset.format === 'voc' && task === 'detection' ? (['voc-map'] as const) : usual[task])
  if (chosen.length === 0) throw engineryError('METRIC_NEEDED', { task })
  const context = { categories: dataset.categories, overlap: polygonIou }
  return chosen.map((choice) => {
    if (typeof choice === 'object' && 'compare' in choice) return choice
    return createMetric(typeof choice === 'string' ? ({ name: choice } as MetricInput) : choice, context)
  })
}
