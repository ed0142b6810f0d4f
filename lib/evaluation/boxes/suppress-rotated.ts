import { requireObject } from '../../errors/require-argument.js'
import { convexIntersectionArea } from './convex-intersection.js'
import { cornersOfRotatedBox, overlapRatio } from './polygon-overlap.js'
import { type SuppressOptions, suppressGreedily } from './suppress-boxes.js'

/** A box about its centre; `angle` in radians from the x axis towards the y axis, clockwise in a picture. */
export type RotatedBox = readonly [centerX: number, centerY: number, width: number, height: number, angle: number]

/** Intersection over union of two rotated boxes, 0 to 1; 0 where one has no area. */
export function rotatedIou(a: RotatedBox, b: RotatedBox): number {
  const areaA = a[2] * a[3]
  const areaB = b[2] * b[3]
  if (!(areaA > 0 && areaB > 0 && areaA + areaB < Number.POSITIVE_INFINITY)) return 0
  return overlapRatio(convexIntersectionArea(cornersOfRotatedBox(...a), cornersOfRotatedBox(...b)), areaA, areaB)
}

/**
 * Greedy non-maximum suppression of rotated boxes, by the exact area that they share.
 *
 * @param boxes centre x, centre y, width, height and angle (radians) of each, `5 * scores.length` numbers
 * @returns indices of the boxes that stay, highest score first
 */
export function suppressRotated(boxes: Float32Array, scores: Float32Array, options: SuppressOptions): Int32Array {
  requireObject(options, 'an object with iouThreshold', '(options)', suppressRotated)
  const { iouThreshold } = options
  const corners = new Float64Array(8 * scores.length)
  const views: Float64Array[] = []
  for (let i = 0; i < scores.length; i++) {
    const [x, y, width, height, angle] = boxes.subarray(5 * i, 5 * i + 5) as unknown as RotatedBox
    cornersOfRotatedBox(x, y, width, height, angle, corners, 8 * i)
    views.push(corners.subarray(8 * i, 8 * i + 8))
  }
  const held = new Int32Array(scores.length)
  const overlap = (a: number, b: number): number => {
    const [widthA, heightA] = [boxes[5 * a + 2] as number, boxes[5 * a + 3] as number]
    const [widthB, heightB] = [boxes[5 * b + 2] as number, boxes[5 * b + 3] as number]
    const apart = Math.hypot(
      (boxes[5 * a] as number) - (boxes[5 * b] as number),
      (boxes[5 * a + 1] as number) - (boxes[5 * b + 1] as number),
    )
    // Circles about the boxes that do not meet, which is most pairs; false for NaN too.
    if (!(apart < (Math.hypot(widthA, heightA) + Math.hypot(widthB, heightB)) / 2)) return 0
    const [areaA, areaB] = [widthA * heightA, widthB * heightB]
    if (!(areaA > 0 && areaB > 0)) return 0
    return overlapRatio(convexIntersectionArea(views[a] as Float64Array, views[b] as Float64Array), areaA, areaB)
  }
  return suppressGreedily(scores, options, {
    hold(index, slot) {
      held[slot] = index
    },
    overlaps(index, first, next) {
      for (let slot = first; slot >= 0; slot = next[slot] as number) {
        if (overlap(held[slot] as number, index) > iouThreshold) return true
      }
      return false
    },
  })
}
