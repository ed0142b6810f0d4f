import type { Category, Sample } from '../../../dataset/annotations.js'
import { completeInTurns, takeTurns } from '../../take-turns.js'
import type { TaskResult } from '../../tasks/task.js'
import { requireSamples } from '../check-result.js'
import type { Metric, Observed } from '../metric.js'
import { type MatchedPicture, type RankedClass, rankDetections, rankOwnDetections } from './matched-picture.js'
import { countObjects, PrecisionCurve } from './precision-curve.js'

/** How a class's curve becomes a number: its exact area, or the mean of the precisions at recalls 0, .1 ... 1. */
export type Interpolation = 'area' | '11-point'

const ELEVEN = Float64Array.from({ length: 11 }, (_, i) => i / 10)

export interface AveragePrecisionOptions<R extends TaskResult> {
  readonly name: string
  readonly task: R['task']
  readonly categories: readonly Category[]
  readonly interpolation: Interpolation
  match(sample: Sample, result: R): MatchedPicture
}

/** Mean average precision at one threshold: what Pascal VOC and DOTA have in common. Classes without objects are left out. */
export function createAveragePrecision<R extends TaskResult>(options: AveragePrecisionOptions<R>): Metric<R, MatchedPicture> {
  const { name, categories, interpolation } = options
  const rank = (observed: readonly Observed<MatchedPicture>[], signal: AbortSignal | undefined) => {
    const pictures = observed.map(({ observation }) => observation)
    return completeInTurns(rankDetections(pictures, categories.length, 1), takeTurns('Scoring', signal))
  }
  const scoreClass = (list: RankedClass, curve: PrecisionCurve, counts: Uint32Array) => {
    const objects = countObjects(list, 0, counts)
    if (objects === 0) return undefined
    curve.walk(list, 0, Number.POSITIVE_INFINITY, counts)
    const ap = interpolation === 'area' ? curve.area(0, objects) : curve.meanAtRecalls(0, objects, ELEVEN)
    return { ap, objects, recall: curve.found(0) / objects }
  }
  const score = (classes: readonly RankedClass[], curve: PrecisionCurve, counts: Uint32Array) => {
    let sum = 0
    let present = 0
    for (const list of classes) {
      const scored = scoreClass(list, curve, counts)
      if (!scored) continue
      sum += scored.ap
      present++
    }
    return present === 0 ? Number.NaN : sum / present
  }

  return {
    name,
    task: options.task,
    unit: 'fraction',
    higherIsBetter: true,
    compare: (sample, result) => options.match(sample, result),
    async summarize(observed, { signal } = {}) {
      requireSamples(observed.length, name)
      const classes = await rank(observed, signal)
      const curve = new PrecisionCurve(1, classes)
      const counts = new Uint32Array(observed.length).fill(1)
      const value = score(classes, curve, counts)
      const perCategory = classes.map((list, category) => {
        const { id, name } = categories[category] as Category
        return { category, id, name, ...(scoreClass(list, curve, counts) ?? { ap: -1, objects: 0, recall: -1 }) }
      })
      return { value: Number.isNaN(value) ? -1 : value, details: { perCategory } }
    },
    async resample(observed, { signal } = {}) {
      const classes = await rank(observed, signal)
      const curve = new PrecisionCurve(1, classes)
      return { size: observed.length, score: (counts) => score(classes, curve, counts) }
    },
    scoreSample(picture) {
      const classes = rankOwnDetections(picture, 1)
      const value = score(classes, new PrecisionCurve(1, classes), Uint32Array.of(1))
      return Number.isNaN(value) ? undefined : value
    },
  }
}
