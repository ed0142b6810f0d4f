import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { prepareCenterSizeBoxes } from './center-size-boxes.js'
import { createDetector } from './detect.js'
import { outputName, suppressionFields } from './detection-options.js'
import { outputNamed, outputsUnfit } from './find-outputs.js'
import { columnTable, rowTable } from './prediction-table.js'
import type { Decoder, Detections } from './task.js'

export const yolov5Schema = z.strictObject({
  outputs: z.strictObject({ predictions: outputName.optional() }).default({}),
  classes: z.int().min(1).optional().describe('columns after the objectness that are classes; default: all of them'),
  normalized: z.boolean().default(false).describe('boxes are parts of the input, 0 to 1, not pixels'),
  ...suppressionFields({ scoreThreshold: 0.001, iouThreshold: 0.6, labels: 'all', maxDetections: 300, clip: true }),
})

export type Yolov5Options = z.input<typeof yolov5Schema>

/**
 * YOLOv5 and v7, whose exports hold the anchors: an output `[batch, places, 5 + classes]`, or the other way round, of
 * centre, size, objectness and classes. A single output, or the only one of three dimensions. Thresholds
 * default to those of a validation.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createYolov5Decoder(options: Yolov5Options = {}): Decoder<Detections> {
  const parsed = parseOptions(yolov5Schema, options, createYolov5Decoder)
  return createDetector('yolov5', parsed, (outputs, input) => {
    const expected = `an output [batch, places, 5 + ${parsed.classes ?? 'classes'}]`
    const name = parsed.outputs.predictions
    const tensors = name === undefined ? Object.values(outputs) : [outputNamed('yolov5', outputs, name)]
    // Raw maps, which some exports give besides, have five dimensions.
    const [tensor, ...others] = tensors.filter(({ shape }) => shape.length === 3)
    if (!tensor || others.length > 0) throw outputsUnfit('yolov5', expected, outputs)
    // There are more places than classes.
    const [, second, third] = tensor.shape as [number, number, number]
    const table = second >= third ? rowTable(tensor) : columnTable(tensor)
    const classes = parsed.classes ?? table.columns - 5
    if (classes < 1 || classes > table.columns - 5) throw outputsUnfit('yolov5', expected, outputs)
    const columns = { first: 5, classes, activation: 'none', objectness: 4, labels: parsed.labels } as const
    return prepareCenterSizeBoxes(table, columns, input, parsed)
  })
}
