import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { classificationSchema, createClassificationDecoder } from './classification.js'
import { createCtcDecoder, ctcSchema, type ModelMetadata } from './ctc.js'
import { createCustomDecoder, customSchema } from './custom.js'
import { createDbDecoder, dbSchema } from './db.js'
import { createDenseDecoder, denseSchema } from './dense.js'
import { createDetrDecoder, detrSchema } from './detr.js'
import { createEmbeddingDecoder, embeddingSchema } from './embedding.js'
import { createNanodetDecoder, nanodetSchema } from './nanodet.js'
import { createRotatedDecoder, rotatedSchema } from './rotated.js'
import { createSsdDecoder, ssdSchema } from './ssd.js'
import type { Decoder, TaskResult } from './task.js'
import { createTfliteDetectionDecoder, tfliteDetectionSchema } from './tflite-detection.js'
import { createYolov5Decoder, yolov5Schema } from './yolov5.js'
import { createYolov8Decoder, yolov8Schema } from './yolov8.js'
import { createYoloxDecoder, yoloxSchema } from './yolox.js'

/** A decoder by name with its options, as a recipe holds it: `{ decoder: 'yolox', scoreThreshold: 0.05 }`. */
export const taskSchema = z.discriminatedUnion('decoder', [
  classificationSchema.extend({ decoder: z.literal('classification') }),
  yoloxSchema.extend({ decoder: z.literal('yolox') }),
  nanodetSchema.extend({ decoder: z.literal('nanodet') }),
  yolov5Schema.extend({ decoder: z.literal('yolov5') }),
  yolov8Schema.extend({ decoder: z.enum(['yolov8', 'yolov9', 'yolov11']) }),
  ssdSchema.extend({ decoder: z.literal('ssd') }),
  tfliteDetectionSchema.extend({ decoder: z.literal('tflite-detection') }),
  denseSchema.extend({ decoder: z.literal('dense') }),
  detrSchema.extend({ decoder: z.enum(['detr', 'rtdetr']) }),
  rotatedSchema.extend({ decoder: z.literal('rotated') }),
  ctcSchema.extend({ decoder: z.literal('ctc') }),
  dbSchema.extend({ decoder: z.literal('db') }),
  embeddingSchema.extend({ decoder: z.literal('embedding') }),
  customSchema.extend({ decoder: z.literal('custom') }),
])

export type TaskInput = z.input<typeof taskSchema>
export type Task = z.output<typeof taskSchema>
export type DecoderName = Task['decoder']

/** What the results of a decoder are; those of `custom` are whatever it returns. */
export const taskOfDecoder: Readonly<Record<DecoderName, TaskResult['task']>> = {
  classification: 'classification',
  yolox: 'detection',
  nanodet: 'detection',
  yolov5: 'detection',
  yolov8: 'detection',
  yolov9: 'detection',
  yolov11: 'detection',
  ssd: 'detection',
  'tflite-detection': 'detection',
  dense: 'detection',
  detr: 'detection',
  rtdetr: 'detection',
  rotated: 'rotated-detection',
  ctc: 'text-recognition',
  db: 'text-detection',
  embedding: 'embedding',
  custom: 'custom',
}

/**
 * The decoder that a task describes.
 *
 * @param metadata the model's own, where a decoder looks up its characters
 * @throws OPTION_INVALID
 * @example createDecoder({ decoder: 'yolox' })({ output }, { geometry: [geometry] })
 */
export function createDecoder(task: TaskInput, metadata: ModelMetadata = {}): Decoder {
  const parsed = parseOptions(taskSchema, task, createDecoder)
  switch (parsed.decoder) {
    case 'classification':
      return createClassificationDecoder(withoutName(parsed))
    case 'yolox':
      return createYoloxDecoder(withoutName(parsed))
    case 'nanodet':
      return createNanodetDecoder(withoutName(parsed))
    case 'yolov5':
      return createYolov5Decoder(withoutName(parsed))
    case 'yolov8':
    case 'yolov9':
    case 'yolov11':
      return createYolov8Decoder(withoutName(parsed))
    case 'ssd':
      return createSsdDecoder(withoutName(parsed))
    case 'tflite-detection':
      return createTfliteDetectionDecoder(withoutName(parsed))
    case 'dense':
      return createDenseDecoder(withoutName(parsed))
    case 'detr':
    case 'rtdetr':
      return createDetrDecoder(withoutName(parsed))
    case 'rotated':
      return createRotatedDecoder(withoutName(parsed))
    case 'ctc':
      return createCtcDecoder(withoutName(parsed), metadata)
    case 'db':
      return createDbDecoder(withoutName(parsed))
    case 'embedding':
      return createEmbeddingDecoder(withoutName(parsed))
    case 'custom':
      return createCustomDecoder(withoutName(parsed))
  }
}

function withoutName<T extends { decoder: string }>({ decoder: _, ...options }: T): Omit<T, 'decoder'> {
  return options
}
