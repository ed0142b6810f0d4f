import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import type { Tensor } from '../../tensor/tensor.js'
import { boxReaders } from './boxes-and-scores.js'
import { createDetector } from './detect.js'
import { boxFormat, outputName, selectionFields } from './detection-options.js'
import { type Outputs, outputNamed, outputsUnfit } from './find-outputs.js'
import type { Decoder, Detections } from './task.js'

const { labels: _oneClassPerBox, ...selection } = selectionFields({
  scoreThreshold: 0,
  labels: 'best',
  maxDetections: 100,
  clip: true,
})

export const tfliteDetectionSchema = z.strictObject({
  outputs: z
    .strictObject({
      boxes: outputName.optional(),
      classes: outputName.optional(),
      scores: outputName.optional(),
      count: outputName.optional(),
    })
    .default({})
    .describe('default: by shape, classes before scores'),
  boxFormat: boxFormat.default('yxyx'),
  normalized: z.boolean().default(true).describe('boxes are parts of the input, 0 to 1, not pixels'),
  labelOffset: z.int().default(0).describe('subtracted from the class'),
  ...selection,
})

export type TfliteDetectionOptions = z.input<typeof tfliteDetectionSchema>

/**
 * Detectors that end in TFLite_Detection_PostProcess (SSD, EfficientDet-Lite): finished boxes `[batch, n, 4]`, classes
 * and scores `[batch, n]`, and how many are valid, `[batch]`. Classes and scores have the same shape: without names they
 * are taken in the order of the operation's outputs, and refused where the numbers cannot be classes and scores.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createTfliteDetectionDecoder(options: TfliteDetectionOptions = {}): Decoder<Detections> {
  const parsed = parseOptions(tfliteDetectionSchema, options, createTfliteDetectionDecoder)
  const readBox = boxReaders[parsed.boxFormat]
  const corners = new Float64Array(4)
  return createDetector('tflite-detection', parsed, (outputs, input) => {
    const found = findFour(outputs, parsed.outputs)
    const [samples, rows] = found.boxes.shape as [number, number]
    const [boxes, classes, scores] = [found.boxes.toFloat32(), found.classes.toFloat32(), found.scores.toFloat32()]
    const counts = found.count?.toFloat32()
    const [scaleX, scaleY] = parsed.normalized ? [input.width, input.height] : [1, 1]
    return {
      samples,
      collect(sample, candidates) {
        const valid = counts ? Math.min(rows, counts[sample] as number) : rows
        for (let i = sample * rows; i < sample * rows + valid; i++) {
          const score = scores[i] as number
          const category = Math.round(classes[i] as number)
          if (score < 0 || score > 1 || !isClass(classes[i] as number)) {
            throw outputsUnfit(
              'tflite-detection',
              'whole numbers as classes and 0 to 1 as scores (classes before scores, or names)',
              outputs,
            )
          }
          if (!(score > parsed.scoreThreshold) || !(category >= parsed.labelOffset && category < Infinity)) continue
          readBox(boxes, 4 * i, 1, i, corners)
          const [x1, y1, x2, y2] = corners as unknown as [number, number, number, number]
          candidates.add(score, category - parsed.labelOffset, scaleX * x1, scaleY * y1, scaleX * x2, scaleY * y2)
        }
      },
    }
  })
}

// Dequantised classes may miss a whole number by rounding.
function isClass(value: number): boolean {
  if (!Number.isFinite(value)) return true
  return value >= -0.001 && value <= 65_535 && Math.abs(value - Math.round(value)) < 0.001
}

function findFour(outputs: Outputs, names: z.output<typeof tfliteDetectionSchema>['outputs']) {
  const tensors = Object.values(outputs)
  const taken = Object.values(names).map((name) =>
    name === undefined ? undefined : outputNamed('tflite-detection', outputs, name),
  )
  const free = tensors.filter((tensor) => !taken.includes(tensor))
  const take = (name: string | undefined, fits: (tensor: Tensor) => boolean): Tensor | undefined => {
    if (name !== undefined) return outputs[name]
    const at = free.findIndex(fits)
    return at < 0 ? undefined : free.splice(at, 1)[0]
  }
  const boxes = take(names.boxes, ({ shape }) => shape.length === 3 && shape[2] === 4)
  const isList = ({ shape }: Tensor) => shape.length === 2 && shape[0] === boxes?.shape[0] && shape[1] === boxes?.shape[1]
  const classes = take(names.classes, isList)
  const scores = take(names.scores, isList)
  const count = take(names.count, ({ shape, size }) => shape.length <= 2 && size === boxes?.shape[0])
  const size = boxes && boxes.size / 4
  if (!boxes || !classes || !scores || classes.size !== size || scores.size !== size || boxes.shape.length !== 3) {
    throw outputsUnfit(
      'tflite-detection',
      'boxes [batch, n, 4], classes [batch, n], scores [batch, n] and a count [batch]',
      outputs,
    )
  }
  return { boxes, classes, scores, count }
}
