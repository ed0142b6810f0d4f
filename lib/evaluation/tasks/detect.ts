import type { ImageSize } from '../../image/image.js'
import { type ImageGeometry, pointToOriginal } from '../../preprocess/geometry.js'
import { orderByScore } from '../boxes/order-by-score.js'
import { suppressBoxes } from '../boxes/suppress-boxes.js'
import { CandidateList } from './candidates.js'
import { countSamples, firstGeometry, type Outputs } from './find-outputs.js'
import type { Decoder, Detection, Detections } from './task.js'

/** The outputs of one inference, found and understood. */
export interface PreparedOutputs {
  readonly samples: number
  /** Adds a sample's boxes above the threshold, as `x1, y1, x2, y2` in pixels of the model's input. */
  collect(sample: number, candidates: CandidateList): void
  /** Where the options name none. */
  readonly maxDetections?: number
}

export interface DetectOptions {
  readonly maxDetections?: number | undefined
  readonly clip: boolean
  /** Missing: nothing is suppressed. */
  readonly iouThreshold?: number
  readonly classAgnostic?: boolean
  readonly maxCandidates?: number
}

/** The decoder around `prepare`, which knows one kind of model: suppression, and boxes mapped back to the picture. */
export function createDetector(
  name: string,
  options: DetectOptions,
  prepare: (outputs: Outputs, input: ImageSize) => PreparedOutputs,
): Decoder<Detections> {
  const candidates = new CandidateList()
  return (outputs, context) => {
    const prepared = prepare(outputs, firstGeometry(name, context).input)
    const samples = countSamples(name, prepared.samples, context, true)
    return context.geometry.slice(0, samples).map((geometry, sample) => {
      candidates.clear()
      prepared.collect(sample, candidates)
      const kept = selectBest(candidates, options, options.maxDetections ?? prepared.maxDetections)
      return { task: 'detection', detections: toDetections(candidates, kept, geometry, options.clip) }
    })
  }
}

function selectBest(candidates: CandidateList, options: DetectOptions, maxDetections: number | undefined): Int32Array {
  const { scores, boxes } = candidates
  const { iouThreshold, maxCandidates } = options
  if (iouThreshold === undefined) return orderByScore(scores, maxDetections)
  const categories = options.classAgnostic ? undefined : candidates.categories
  return suppressBoxes(boxes, scores, { iouThreshold, categories, maxCandidates, maxDetections })
}

function toDetections(candidates: CandidateList, kept: Int32Array, geometry: ImageGeometry, clip: boolean): Detection[] {
  const { boxes, scores, categories } = candidates
  const { width, height } = geometry.original
  return Array.from(kept, (index) => {
    const [x1, y1] = pointToOriginal(geometry, boxes[4 * index] as number, boxes[4 * index + 1] as number)
    const [x2, y2] = pointToOriginal(geometry, boxes[4 * index + 2] as number, boxes[4 * index + 3] as number)
    return {
      category: categories[index] as number,
      score: scores[index] as number,
      box: clip ? [within(x1, width), within(y1, height), within(x2, width), within(y2, height)] : [x1, y1, x2, y2],
    }
  })
}

export function within(value: number, size: number): number {
  return Math.min(Math.max(value, 0), size)
}
