import type { Tensor } from '../tensor/tensor.js'

/** A class of a dataset. Its place in {@link Dataset.categories} is the index that annotations and results use. */
export interface Category {
  /** The id in the dataset's own files: COCO's may leave gaps. */
  readonly id: number | string
  readonly name: string
}

/** An axis-aligned box, in pixels of the picture: `[x, y, width, height]` as COCO writes it. */
export interface BoxAnnotation {
  /** Index into the dataset's categories. */
  readonly category: number
  readonly box: readonly [x: number, y: number, width: number, height: number]
  /** Square pixels; COCO's own figure (of the mask) where the file gives one, else of the box. */
  readonly area: number
  /** A region of many objects: detections in it count neither as right nor as wrong. */
  readonly isCrowd: boolean
  /** Pascal VOC and DOTA: not counted, neither when found nor when missed. */
  readonly isDifficult: boolean
}

/** A rotated box as four corners in order, `[x1, y1, ... x4, y4]`, in pixels of the picture. */
export interface PolygonAnnotation {
  readonly category: number
  readonly polygon: readonly number[]
  readonly isDifficult: boolean
}

/** A line of text and where it stands. */
export interface TextAnnotation {
  readonly text: string
  /** Corners in order, `[x1, y1, ...]`; missing where the whole picture is the line. */
  readonly polygon?: readonly number[]
}

/** One sample. What is not annotated is missing; an empty array says that there is nothing to be found. */
export interface Sample {
  /** Unique in the dataset, the same on every machine: the path relative to the dataset's folder, or a row's number. */
  readonly id: string
  /** Absolute path of the picture. */
  readonly path?: string
  /** Named tensors, for samples that need no preprocessing (.npy, .npz, iterables). */
  readonly tensors?: Readonly<Record<string, Tensor>>
  /** Reads the named tensors, for samples whose tensors stay in a file until they are needed. */
  readonly loadTensors?: () => Promise<Readonly<Record<string, Tensor>>>
  /** Index into the dataset's categories. */
  readonly label?: number
  readonly boxes?: readonly BoxAnnotation[]
  readonly polygons?: readonly PolygonAnnotation[]
  readonly texts?: readonly TextAnnotation[]
  /** A score to be correlated with, for embeddings of pairs. */
  readonly target?: number
}

/** Samples that are listed, with their annotations; pictures are decoded when read. */
export interface Dataset {
  /** For example `coco`, `image-folder`. */
  readonly format: string
  readonly categories: readonly Category[]
  readonly samples: readonly Sample[]
  /** SHA-256 in hex over ids, annotations and the sizes of files; caches are keyed by it. */
  readonly digest: string
}
