import type { BoxAnnotation, Category, Sample } from '../../../dataset/annotations.js'
import type { Detection } from '../../tasks/task.js'
import { requireCategory, requireFinite } from '../check-result.js'

/** @throws METRIC_RESULT_INVALID, METRIC_CATEGORY_UNKNOWN for a detection that cannot be scored */
export function checkDetections(
  detections: readonly Detection[],
  categories: readonly Category[],
  sample: Sample,
  metric: string,
): void {
  for (const { category, score, box } of detections) {
    requireCategory(category, 'result', categories, sample, metric)
    requireFinite(score, 'a score', sample, metric)
    for (let i = 0; i < 4; i++) requireFinite(box[i] as number, 'a coordinate of a box', sample, metric)
  }
}

/** @throws METRIC_CATEGORY_UNKNOWN, METRIC_RESULT_INVALID for an annotation that cannot be scored */
export function checkBoxes(
  boxes: readonly BoxAnnotation[],
  categories: readonly Category[],
  sample: Sample,
  metric: string,
): void {
  for (const { category, box, area } of boxes) {
    requireCategory(category, 'annotation', categories, sample, metric)
    requireFinite(area, "an annotation's area", sample, metric)
    for (const value of box) requireFinite(value, 'a coordinate of an annotation', sample, metric)
  }
}
