import type { Category, PolygonAnnotation } from '../../../dataset/annotations.js'
import type { RotatedDetection, RotatedDetections } from '../../tasks/task.js'
import { requireAnnotation, requireCategory, requireFinite } from '../check-result.js'
import type { Metric } from '../metric.js'
import { createAveragePrecision, type Interpolation } from './average-precision.js'
import { matchGreedily } from './match-greedily.js'
import type { MatchedPicture } from './matched-picture.js'

const NAME = 'rotated-map'

/** Intersection over union of two polygons `[x1, y1, ...]`, 0 to 1. */
export type PolygonOverlap = (a: readonly number[], b: readonly number[]) => number

export interface RotatedMapOptions {
  readonly categories: readonly Category[]
  /** DOTA's own kit takes `11-point`. */
  readonly interpolation: Interpolation
  /** An overlap has to be larger than this. */
  readonly threshold: number
  readonly overlap: PolygonOverlap
}

/** Mean average precision of rotated boxes, as DOTA's kit computes it: VOC's rules with polygons. */
export function createRotatedMap(options: RotatedMapOptions): Metric<RotatedDetections, MatchedPicture> {
  const { categories, interpolation, threshold } = options
  const overlap = (object: PolygonAnnotation, found: RotatedDetection) => options.overlap(object.polygon, found.polygon)
  return createAveragePrecision<RotatedDetections>({
    name: NAME,
    task: 'rotated-detection',
    categories,
    interpolation,
    match(sample, { detections }) {
      const polygons = requireAnnotation(sample.polygons, 'polygons', sample, NAME)
      for (const { category, polygon } of polygons) {
        requireCategory(category, 'annotation', categories, sample, NAME)
        for (const value of polygon) requireFinite(value, 'a coordinate of an annotation', sample, NAME)
      }
      for (const { category, score, polygon } of detections) {
        requireCategory(category, 'result', categories, sample, NAME)
        requireFinite(score, 'a score', sample, NAME)
        for (const value of polygon) requireFinite(value, 'a coordinate of a corner', sample, NAME)
      }
      return matchGreedily(polygons, detections, { threshold, inclusive: false, overlap })
    },
  })
}
