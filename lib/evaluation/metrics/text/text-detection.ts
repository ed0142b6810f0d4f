import type { TextAnnotation } from '../../../dataset/annotations.js'
import type { TextRegions } from '../../tasks/task.js'
import { requireAnnotation, requireFinite, requireSamples } from '../check-result.js'
import type { PolygonOverlap } from '../detection/rotated-map.js'
import type { Metric } from '../metric.js'
import { resampleSums, sumRows } from '../resample-sums.js'

const NAME = 'text-detection'

export interface TextDetectionOptions {
  /** An overlap has to be larger than this. */
  readonly threshold: number
  /** Regions annotated with this text need not be found, nor is anything in them wrong: ICDAR writes `###`. */
  readonly ignoreText: string
  readonly overlap: PolygonOverlap
}

interface MatchedRegions {
  readonly matched: number
  /** Annotated regions that count. */
  readonly annotated: number
  /** Found regions that count. */
  readonly found: number
}

/**
 * Recall, precision and their harmonic mean (the headline) of regions of text, over all pictures. Regions are paired one to
 * one, the pair that overlaps most first.
 */
export function createTextDetection(options: TextDetectionOptions): Metric<TextRegions, MatchedRegions> {
  const rowOf = ({ matched, annotated, found }: MatchedRegions) => [matched, annotated, found]
  return {
    name: NAME,
    task: 'text-detection',
    unit: 'fraction',
    higherIsBetter: true,
    compare(sample, { regions }) {
      const texts = requireAnnotation(sample.texts, 'texts', sample, NAME)
      const wanted: number[][] = []
      const ignored: number[][] = []
      for (const annotation of texts) {
        const polygon = requireAnnotation(annotation.polygon, 'polygon of every text', sample, NAME)
        for (const value of polygon) requireFinite(value, 'a coordinate of an annotation', sample, NAME)
        ;(isIgnored(annotation, options) ? ignored : wanted).push([...polygon])
      }
      for (const { polygon } of regions)
        for (const value of polygon) requireFinite(value, 'a coordinate of a region', sample, NAME)
      return matchRegions(wanted, ignored, regions, options)
    },
    summarize(observed) {
      requireSamples(observed.length, NAME)
      const sums = sumRows(observed.map(({ observation }) => rowOf(observation)))
      const [matched, annotated, found] = sums as unknown as [number, number, number]
      return {
        value: meanOf(sums),
        details: { recall: share(matched, annotated), precision: share(matched, found), matched, annotated, found },
      }
    },
    resample: (observed) =>
      resampleSums(
        observed.map(({ observation }) => rowOf(observation)),
        meanOf,
      ),
    scoreSample: ({ matched, annotated, found }) => meanOf([matched, annotated, found]),
  }
}

function isIgnored({ text }: TextAnnotation, { ignoreText }: TextDetectionOptions): boolean {
  return text === ignoreText
}

function matchRegions(
  wanted: readonly (readonly number[])[],
  ignored: readonly (readonly number[])[],
  regions: TextRegions['regions'],
  { overlap, threshold }: TextDetectionOptions,
): MatchedRegions {
  const pairs = wanted.flatMap((polygon, w) =>
    regions.flatMap((region, r) => {
      const value = overlap(polygon, region.polygon)
      return value > threshold ? [{ w, r, value }] : []
    }),
  )
  pairs.sort((a, b) => b.value - a.value || a.w - b.w || a.r - b.r)
  const takenWanted = new Set<number>()
  const takenRegions = new Set<number>()
  for (const { w, r } of pairs) {
    if (takenWanted.has(w) || takenRegions.has(r)) continue
    takenWanted.add(w)
    takenRegions.add(r)
  }
  const excused = regions.filter(
    ({ polygon }, r) => !takenRegions.has(r) && ignored.some((area) => shareInside(polygon, area, overlap) > 0.5),
  )
  return { matched: takenWanted.size, annotated: wanted.length, found: regions.length - excused.length }
}

/** How much of a region lies in another: from their union, which the overlap and both areas give. */
function shareInside(region: readonly number[], area: readonly number[], overlap: PolygonOverlap): number {
  const own = polygonArea(region)
  const value = overlap(region, area)
  return own === 0 ? 0 : (value * (own + polygonArea(area))) / (1 + value) / own
}

function polygonArea(polygon: readonly number[]): number {
  let twice = 0
  for (let i = 0; i < polygon.length; i += 2) {
    const next = (i + 2) % polygon.length
    twice += (polygon[i] as number) * (polygon[next + 1] as number) - (polygon[next] as number) * (polygon[i + 1] as number)
  }
  return Math.abs(twice) / 2
}

// Nothing to find and nothing found is faultless; ICDAR's kit says the same.
function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole
}

function meanOf([matched = 0, annotated = 0, found = 0]: ArrayLike<number> & Iterable<number>): number {
  const recall = share(matched, annotated)
  const precision = share(matched, found)
  return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision)
}
