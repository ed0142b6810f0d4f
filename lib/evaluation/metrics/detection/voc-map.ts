import type { BoxAnnotation, Category } from '../../../dataset/annotations.js'
import type { Detection, Detections } from '../../tasks/task.js'
import { requireAnnotation } from '../check-result.js'
import type { Metric } from '../metric.js'
import { createAveragePrecision, type Interpolation } from './average-precision.js'
import { checkBoxes, checkDetections } from './check-detections.js'
import { matchGreedily } from './match-greedily.js'
import type { MatchedPicture } from './matched-picture.js'

const NAME = 'voc-map'

export interface VocMapOptions {
  readonly categories: readonly Category[]
  /** `11-point` is VOC 2007's, `area` that of VOC 2010 and later. */
  readonly interpolation: Interpolation
  /** Overlap that suffices, itself included, as in the development kit. */
  readonly threshold: number
  /**
   * Take boxes to end with the pixel of their last coordinate, as the development kit does: `x2 - x1 + 1` wide, on both
   * sides of the comparison. For annotations that keep the kit's own numbers, and detections on the same scale.
   */
  readonly pixelInclusive: boolean
}

/** Pascal VOC's mean average precision. Difficult objects do not count; nor are they known as crowds (`isCrowd`). */
export function createVocMap(options: VocMapOptions): Metric<Detections, MatchedPicture> {
  const { categories, interpolation, threshold } = options
  const extra = options.pixelInclusive ? 1 : 0
  const matching = {
    threshold,
    inclusive: true,
    overlap: (object: BoxAnnotation, found: Detection) => overlapOf(object, found, extra),
  }
  return createAveragePrecision<Detections>({
    name: NAME,
    task: 'detection',
    categories,
    interpolation,
    match(sample, { detections }) {
      const boxes = requireAnnotation(sample.boxes, 'boxes', sample, NAME)
      checkBoxes(boxes, categories, sample, NAME)
      checkDetections(detections, categories, sample, NAME)
      return matchGreedily(boxes, detections, matching)
    },
  })
}

function overlapOf({ box: [x, y, w, h] }: BoxAnnotation, { box: [x1, y1, x2, y2] }: Detection, extra: number): number {
  const across = Math.min(x + w, x2) - Math.max(x, x1) + extra
  const down = Math.min(y + h, y2) - Math.max(y, y1) + extra
  if (across <= 0 || down <= 0) return 0
  const common = across * down
  return common / ((w + extra) * (h + extra) + (x2 - x1 + extra) * (y2 - y1 + extra) - common)
}
