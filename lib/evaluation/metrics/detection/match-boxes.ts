import type { BoxAnnotation } from '../../../dataset/annotations.js'
import type { Detection } from '../../tasks/task.js'
import { type MatchedPicture, NOT_COUNTED_SHIFT } from './matched-picture.js'

/** .5 to .95, computed as NumPy's linspace does: a box on the edge falls on the same side. */
export const IOU_THRESHOLDS = Float64Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5))

/** Square pixels, both ends included: all, small, medium, large. */
export const AREA_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0, 1e10],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, 1e10],
]

/** Detections of a class that count in a picture; the rest is left out before matching. */
export const DETECTION_LIMIT = 100

/**
 * Matches a picture's detections with its objects by COCO's rules, for every threshold and range of areas.
 *
 * Detections choose in the order of their scores, each the object of its class that it overlaps most and that is still
 * free; crowds stay free. Objects that do not count (crowds, those outside the range) are chosen only if no other fits,
 * and their detections do not count; nor do unmatched detections outside the range.
 */
export function matchBoxes(objects: readonly BoxAnnotation[], detections: readonly Detection[]): MatchedPicture {
  const categoryOf = detections.map(({ category }) => category)
  const order = detections.map((_, i) => i)
  order.sort(
    (a, b) =>
      (categoryOf[a] as number) - (categoryOf[b] as number) ||
      (detections[b] as Detection).score - (detections[a] as Detection).score ||
      a - b,
  )
  const byCategory = new Map<number, BoxAnnotation[]>()
  for (const object of objects) {
    const group = byCategory.get(object.category)
    if (group) group.push(object)
    else byCategory.set(object.category, [object])
  }

  const kept: Detection[] = []
  const ranks: number[] = []
  const outcomes: number[] = []
  for (let start = 0; start < order.length; ) {
    const category = categoryOf[order[start] as number] as number
    let end = start
    while (end < order.length && categoryOf[order[end] as number] === category) end++
    const group = order.slice(start, Math.min(end, start + DETECTION_LIMIT)).map((i) => detections[i] as Detection)
    for (let rank = 0; rank < group.length; rank++) {
      kept.push(group[rank] as Detection)
      ranks.push(rank)
    }
    for (const outcome of matchClass(byCategory.get(category) ?? [], group)) outcomes.push(outcome)
    start = end
  }
  return {
    categories: Int32Array.from(kept, ({ category }) => category),
    scores: Float64Array.from(kept, ({ score }) => score),
    ranks: Uint32Array.from(ranks),
    outcomes: Uint32Array.from(outcomes),
    objectCategories: Int32Array.from(objects, ({ category }) => category),
    objectAreas: Uint8Array.from(objects, areasOf),
  }
}

function areasOf({ area, isCrowd }: BoxAnnotation): number {
  if (isCrowd) return 0
  return AREA_RANGES.reduce((bits, [from, to], i) => (area < from || area > to ? bits : bits | (1 << i)), 0)
}

/** @returns `outcomes[detection * areas + area]` */
function matchClass(objects: readonly BoxAnnotation[], detections: readonly Detection[]): Uint32Array {
  const outcomes = new Uint32Array(detections.length * AREA_RANGES.length)
  const overlaps = computeOverlaps(objects, detections)
  const best = Float64Array.from(detections, (_, d) => {
    let highest = 0
    for (let g = 0; g < objects.length; g++) highest = Math.max(highest, overlaps[d * objects.length + g] as number)
    return highest
  })
  const crowd = Uint8Array.from(objects, ({ isCrowd }) => (isCrowd ? 1 : 0))
  const areas = Uint8Array.from(objects, areasOf)
  const taken = new Uint8Array(objects.length)
  const order = new Uint32Array(objects.length)

  AREA_RANGES.forEach(([from, to], area) => {
    let counted = 0
    for (let g = 0; g < objects.length; g++) if (((areas[g] as number) >> area) & 1) order[counted++] = g
    for (let g = 0, at = counted; g < objects.length; g++) if (!(((areas[g] as number) >> area) & 1)) order[at++] = g

    for (let t = 0; t < IOU_THRESHOLDS.length; t++) {
      const threshold = IOU_THRESHOLDS[t] as number
      taken.fill(0)
      for (let d = 0; d < detections.length; d++) {
        const at = d * AREA_RANGES.length + area
        const chosen =
          (best[d] as number) < threshold ? -1 : choose(overlaps, d * objects.length, order, counted, taken, crowd, threshold)
        if (chosen === -1) {
          const { box } = detections[d] as Detection
          const size = (box[2] - box[0]) * (box[3] - box[1])
          if (size < from || size > to) outcomes[at] = (outcomes[at] as number) | (1 << (NOT_COUNTED_SHIFT + t))
        } else {
          taken[order[chosen] as number] = 1
          outcomes[at] = (outcomes[at] as number) | (1 << (chosen < counted ? t : NOT_COUNTED_SHIFT + t))
        }
      }
    }
  })
  return outcomes
}

/**
 * The object for one detection, as a place in `order`; -1 for none. Of equal overlaps the last wins.
 *
 * @param counted how many of `order`, its first, are to be found; the others only excuse a detection
 */
function choose(
  overlaps: Float64Array,
  row: number,
  order: Uint32Array,
  counted: number,
  taken: Uint8Array,
  crowd: Uint8Array,
  threshold: number,
): number {
  let highest = threshold
  let chosen = -1
  for (let i = 0; i < order.length; i++) {
    if (i === counted && chosen !== -1) break
    const g = order[i] as number
    if (taken[g] && !crowd[g]) continue
    const overlap = overlaps[row + g] as number
    if (overlap < highest) continue
    highest = overlap
    chosen = i
  }
  return chosen
}

/**
 * Intersection over union; of a crowd, over the detection. Widths are taken first and added back, in the order of COCO's own
 * code, so that rounding is its too.
 *
 * @returns `overlaps[detection * objects.length + object]`
 */
function computeOverlaps(objects: readonly BoxAnnotation[], detections: readonly Detection[]): Float64Array {
  const overlaps = new Float64Array(detections.length * objects.length)
  if (objects.length === 0) return overlaps
  let at = 0
  for (const { box } of detections) {
    const [x, y] = box
    const width = box[2] - x
    const height = box[3] - y
    for (const object of objects) {
      const [left, top, w, h] = object.box
      const across = Math.min(width + x, w + left) - Math.max(x, left)
      const down = Math.min(height + y, h + top) - Math.max(y, top)
      if (across > 0 && down > 0) {
        const common = across * down
        const size = width * height
        overlaps[at] = common / (object.isCrowd ? size : size + w * h - common)
      }
      at++
    }
  }
  return overlaps
}
