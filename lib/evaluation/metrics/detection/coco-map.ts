import type { Category } from '../../../dataset/annotations.js'
import { completeInTurns, takeTurns } from '../../take-turns.js'
import type { Detections } from '../../tasks/task.js'
import { requireAnnotation, requireSamples } from '../check-result.js'
import type { Metric } from '../metric.js'
import { checkBoxes, checkDetections } from './check-detections.js'
import { AREA_RANGES, DETECTION_LIMIT, IOU_THRESHOLDS, matchBoxes } from './match-boxes.js'
import { type MatchedPicture, type RankedClass, rankDetections, rankOwnDetections } from './matched-picture.js'
import { countObjects, PrecisionCurve } from './precision-curve.js'

const NAME = 'coco-map'

/** 0 to 1 in hundredths, rounded as NumPy's linspace rounds them. */
const RECALLS = Float64Array.from({ length: 101 }, (_, i) => (i === 100 ? 1 : i * 0.01))

const [ALL, SMALL, MEDIUM, LARGE] = [0, 1, 2, 3] as const
const [AT_50, AT_75] = [0, 5] as const

/** COCO's twelve numbers, 0 to 1; -1 where there is nothing to be found. */
export interface CocoScores {
  /** Mean over IoU .5 to .95. */
  readonly ap: number
  readonly ap50: number
  readonly ap75: number
  readonly apSmall: number
  readonly apMedium: number
  readonly apLarge: number
  /** Recall with at most one detection of a class in each picture. */
  readonly ar1: number
  readonly ar10: number
  readonly ar100: number
  readonly arSmall: number
  readonly arMedium: number
  readonly arLarge: number
}

/** One class's numbers. */
export interface CocoCategoryScores extends CocoScores {
  /** Index into the dataset's categories. */
  readonly category: number
  readonly id: number | string
  readonly name: string
  /** Objects to be found; crowds are none. */
  readonly objects: number
}

export interface CocoDetails extends CocoScores {
  readonly perCategory: readonly CocoCategoryScores[]
}

/**
 * COCO's mean average precision of boxes, as pycocotools computes it (`COCOeval` with `iouType` `bbox`): thresholds .5 to
 * .95, 101 recalls, crowds, ranges of areas, at most 1, 10 and 100 detections of a class in a picture. Classes without
 * objects are left out of means. `isDifficult` means nothing here.
 *
 * Where scores are equal, pictures rank in the dataset's order: read from COCO's files that of the image ids, as pycocotools
 * takes it.
 */
export function createCocoMap(options: { readonly categories: readonly Category[] }): Metric<Detections, MatchedPicture> {
  const { categories } = options
  const rank = (pictures: readonly MatchedPicture[], turn: () => Promise<void> | undefined) =>
    completeInTurns(rankDetections(pictures, categories.length, AREA_RANGES.length), turn)
  return {
    name: NAME,
    task: 'detection',
    unit: 'fraction',
    higherIsBetter: true,
    compare(sample, { detections }) {
      const boxes = requireAnnotation(sample.boxes, 'boxes', sample, NAME)
      checkBoxes(boxes, categories, sample, NAME)
      checkDetections(detections, categories, sample, NAME)
      return matchBoxes(boxes, detections)
    },
    async summarize(observed, { signal } = {}) {
      requireSamples(observed.length, NAME)
      const turn = takeTurns('Scoring', signal)
      const pictures = observed.map(({ observation }) => observation)
      const counts = new Uint32Array(observed.length).fill(1)
      const details = await completeInTurns(scorePictures(await rank(pictures, turn), categories, counts), turn)
      return { value: details.ap, details: { ...details } }
    },
    async resample(observed, { signal } = {}) {
      const pictures = observed.map(({ observation }) => observation)
      const classes = await rank(pictures, takeTurns('Resampling', signal))
      const curve = new PrecisionCurve(IOU_THRESHOLDS.length, classes)
      return { size: observed.length, score: (counts) => meanPrecision(classes, curve, counts) }
    },
    scoreSample(picture) {
      const classes = rankOwnDetections(picture, AREA_RANGES.length)
      const value = meanPrecision(classes, new PrecisionCurve(IOU_THRESHOLDS.length, classes), Uint32Array.of(1))
      return Number.isNaN(value) ? undefined : value
    },
  }
}

/** The first of the twelve alone: what a bootstrap draws thousands of times. NaN if nothing is to be found. */
function meanPrecision(classes: readonly RankedClass[], curve: PrecisionCurve, counts: Uint32Array): number {
  let sum = 0
  let present = 0
  for (const list of classes) {
    const objects = countObjects(list, ALL, counts)
    if (objects === 0) continue
    present++
    if (list.decisive[ALL]?.length === 0) continue
    curve.walk(list, ALL, DETECTION_LIMIT, counts)
    for (let t = 0; t < IOU_THRESHOLDS.length; t++) sum += curve.meanAtRecalls(t, objects, RECALLS)
  }
  return present === 0 ? Number.NaN : sum / (present * IOU_THRESHOLDS.length)
}

function* scorePictures(
  classes: readonly RankedClass[],
  categories: readonly Category[],
  counts: Uint32Array,
): Generator<void, CocoDetails> {
  const curve = new PrecisionCurve(IOU_THRESHOLDS.length, classes)
  const perCategory: CocoDetails['perCategory'][number][] = []
  for (const [category, list] of classes.entries()) {
    const { id, name } = categories[category] as Category
    perCategory.push({ category, id, name, objects: countObjects(list, ALL, counts), ...scoreClass(list, curve, counts) })
    yield
  }
  const mean = (key: keyof CocoScores) => {
    const present = perCategory.map((scores) => scores[key]).filter((value) => value > -1)
    return present.length === 0 ? -1 : present.reduce((sum, value) => sum + value, 0) / present.length
  }
  return { ...mapScores(mean), perCategory }
}

function scoreClass(list: RankedClass, curve: PrecisionCurve, counts: Uint32Array): CocoScores {
  const scores: Partial<Record<keyof CocoScores, number>> = {}
  const walk = (
    area: number,
    limit: number,
    recall: keyof CocoScores,
    precisions: Partial<Record<keyof CocoScores, readonly number[]>>,
  ) => {
    const objects = countObjects(list, area, counts)
    const keys = Object.keys(precisions) as (keyof CocoScores)[]
    if (objects === 0) {
      for (const key of [recall, ...keys]) scores[key] = -1
      return
    }
    curve.walk(list, area, limit, counts)
    scores[recall] = mean(EVERY, (t) => curve.found(t) / objects)
    for (const key of keys)
      scores[key] = mean(precisions[key] as readonly number[], (t) => curve.meanAtRecalls(t, objects, RECALLS))
  }
  walk(ALL, 1, 'ar1', {})
  walk(ALL, 10, 'ar10', {})
  walk(ALL, DETECTION_LIMIT, 'ar100', { ap: EVERY, ap50: [AT_50], ap75: [AT_75] })
  walk(SMALL, DETECTION_LIMIT, 'arSmall', { apSmall: EVERY })
  walk(MEDIUM, DETECTION_LIMIT, 'arMedium', { apMedium: EVERY })
  walk(LARGE, DETECTION_LIMIT, 'arLarge', { apLarge: EVERY })
  return mapScores((key) => scores[key] as number)
}

const EVERY = Array.from(IOU_THRESHOLDS.keys())

function mean(items: readonly number[], value: (item: number) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0) / items.length
}

/** In the order in which pycocotools prints them. */
const SCORE_KEYS = [
  'ap',
  'ap50',
  'ap75',
  'apSmall',
  'apMedium',
  'apLarge',
  'ar1',
  'ar10',
  'ar100',
  'arSmall',
  'arMedium',
  'arLarge',
] as const satisfies readonly (keyof CocoScores)[]

function mapScores(value: (key: keyof CocoScores) => number): CocoScores {
  return Object.fromEntries(SCORE_KEYS.map((key) => [key, value(key)])) as unknown as CocoScores
}
