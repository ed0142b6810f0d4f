import { z } from 'zod'

/** Name of an output; without it, outputs are told apart by their shapes. */
export const outputName = z.string().min(1)

export const threshold = z.number().min(0).max(1)

export const strides = z.array(z.int().min(1)).min(1)

/** What differs between the reference implementations of detectors. */
export interface DetectionDefaults {
  readonly scoreThreshold: number
  readonly labels: 'best' | 'all'
  readonly maxDetections: number
  readonly clip: boolean
}

export function selectionFields(defaults: DetectionDefaults) {
  return {
    scoreThreshold: threshold.default(defaults.scoreThreshold).describe('only scores greater than this'),
    labels: z
      .enum(['best', 'all'])
      .default(defaults.labels)
      .describe('one detection per place, of its best class, or one for every class above the threshold'),
    maxDetections: z.int().min(1).default(defaults.maxDetections).describe('the best of a picture'),
    clip: z.boolean().default(defaults.clip).describe('cut boxes at the edges of the picture'),
  }
}

export function suppressionFields(defaults: DetectionDefaults & { readonly iouThreshold: number }) {
  return {
    ...selectionFields(defaults),
    iouThreshold: threshold.default(defaults.iouThreshold).describe('a box goes where it overlaps a better one by more'),
    classAgnostic: z.boolean().default(false).describe('boxes of different classes compete too'),
    maxCandidates: z.int().min(1).default(30_000).describe('the best before suppression'),
  }
}

/** How four numbers make a box. */
export const boxFormat = z.enum(['xyxy', 'yxyx', 'cxcywh', 'xywh'])
export type BoxFormat = z.output<typeof boxFormat>
