import type { ImageGeometry } from '../../preprocess/geometry.js'
import type { Tensor } from '../../tensor/tensor.js'

/** Result of a classifier, best first. */
export interface Classification {
  readonly task: 'classification'
  readonly classes: readonly { readonly category: number; readonly score: number }[]
}

/** An object in a picture; `box` is `[x1, y1, x2, y2]` in pixels of the picture. */
export interface Detection {
  readonly category: number
  readonly score: number
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number]
}

/** Result of a detector, highest score first. */
export interface Detections {
  readonly task: 'detection'
  readonly detections: readonly Detection[]
}

/** A rotated box: corners in order `[x1, y1, ... x4, y4]` in pixels of the picture. */
export interface RotatedDetection {
  readonly category: number
  readonly score: number
  readonly polygon: readonly number[]
}

export interface RotatedDetections {
  readonly task: 'rotated-detection'
  readonly detections: readonly RotatedDetection[]
}

/** A recognised line; `score` is the mean probability of its characters. */
export interface RecognizedText {
  readonly task: 'text-recognition'
  readonly text: string
  readonly score: number
}

/** Regions of text: corners in order, in pixels of the picture. */
export interface TextRegions {
  readonly task: 'text-detection'
  readonly regions: readonly { readonly polygon: readonly number[]; readonly score: number }[]
}

/** A vector per sample. */
export interface Embedding {
  readonly task: 'embedding'
  readonly vector: Float32Array
}

/** Whatever the user's own decoder returns. */
export interface CustomResult {
  readonly task: 'custom'
  readonly value: unknown
}

export type TaskResult = Classification | Detections | RotatedDetections | RecognizedText | TextRegions | Embedding | CustomResult

/** What a decoder is told about a batch. */
export interface DecodeContext {
  /** One for each sample of the batch. */
  readonly geometry: readonly ImageGeometry[]
}

/** Turns the outputs of one inference into one result for each sample of its batch. */
export type Decoder<R extends TaskResult = TaskResult> = (
  outputs: Readonly<Record<string, Tensor>>,
  context: DecodeContext,
) => R[]
