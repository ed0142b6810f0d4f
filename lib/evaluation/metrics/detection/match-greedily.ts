import { type MatchedPicture, NOT_COUNTED_SHIFT } from './matched-picture.js'

/** An object to be found, of any shape. */
export interface Findable {
  readonly category: number
  /** Counts neither when found nor when missed. */
  readonly isDifficult: boolean
}

/** Something found, of any shape. */
export interface Found {
  readonly category: number
  readonly score: number
}

export interface GreedyMatching<G, D> {
  /** Intersection over union, 0 to 1. */
  overlap(object: G, detection: D): number
  readonly threshold: number
  /** An overlap equal to the threshold suffices. */
  readonly inclusive: boolean
}

/**
 * Matches a picture's detections with its objects by Pascal VOC's rules: each detection, in the order of scores, looks at the
 * object of its class that it overlaps most, taken or not (the first of equals). A second detection of an object is wrong,
 * one of a difficult object does not count.
 */
export function matchGreedily<G extends Findable, D extends Found>(
  objects: readonly G[],
  detections: readonly D[],
  matching: GreedyMatching<G, D>,
): MatchedPicture {
  const ranked = detections.map((detection, place) => ({ detection, place }))
  ranked.sort((a, b) => b.detection.score - a.detection.score || a.place - b.place)
  const taken = new Set<G>()
  const seen = new Map<number, number>()
  const ranks = new Uint32Array(ranked.length)
  const outcomes = Uint32Array.from(ranked, ({ detection }, i) => {
    const rank = seen.get(detection.category) ?? 0
    ranks[i] = rank
    seen.set(detection.category, rank + 1)
    const object = findClosest(objects, detection, matching)
    if (!object) return 0
    if (object.isDifficult) return 1 << NOT_COUNTED_SHIFT
    if (taken.has(object)) return 0
    taken.add(object)
    return 1
  })
  return {
    categories: Int32Array.from(ranked, ({ detection }) => detection.category),
    scores: Float64Array.from(ranked, ({ detection }) => detection.score),
    ranks,
    outcomes,
    objectCategories: Int32Array.from(objects, ({ category }) => category),
    objectAreas: Uint8Array.from(objects, ({ isDifficult }) => (isDifficult ? 0 : 1)),
  }
}

function findClosest<G extends Findable, D extends Found>(objects: readonly G[], detection: D, matching: GreedyMatching<G, D>) {
  let highest = Number.NEGATIVE_INFINITY
  let closest: G | undefined
  for (const object of objects) {
    if (object.category !== detection.category) continue
    const overlap = matching.overlap(object, detection)
    if (overlap > highest) {
      highest = overlap
      closest = object
    }
  }
  const { threshold, inclusive } = matching
  return highest > threshold || (inclusive && highest === threshold) ? closest : undefined
}
