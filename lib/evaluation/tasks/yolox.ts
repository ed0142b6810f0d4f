import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { collectScores } from './collect-scores.js'
import { createDetector } from './detect.js'
import { outputName, strides, suppressionFields } from './detection-options.js'
import { outputsUnfit, soleOutput } from './find-outputs.js'
import { createGridLister } from './grid-cells.js'
import { tableWithRows } from './prediction-table.js'
import type { Decoder, Detections } from './task.js'

export const yoloxSchema = z.strictObject({
  outputs: z.strictObject({ predictions: outputName.optional() }).default({}),
  strides: strides.default([8, 16, 32]),
  decoded: z.boolean().default(false).describe('the model gives centres and sizes in pixels already'),
  ...suppressionFields({ scoreThreshold: 0.01, iouThreshold: 0.65, labels: 'all', maxDetections: 100, clip: true }),
})

export type YoloxOptions = z.input<typeof yoloxSchema>

/**
 * YOLOX: an output `[batch, cells, 5 + classes]` of centre offset, log size, objectness and classes, the last two with
 * the sigmoid in the model. The defaults score best; the reference implementation takes one class per place (`labels:
 * 'best'`) and lets boxes reach beyond the picture (`clip: false`).
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createYoloxDecoder(options: YoloxOptions = {}): Decoder<Detections> {
  const parsed = parseOptions(yoloxSchema, options, createYoloxDecoder)
  const { decoded, labels, scoreThreshold } = parsed
  const listCells = createGridLister(parsed.strides)
  return createDetector('yolox', parsed, (outputs, input) => {
    const cells = listCells(input)
    const expected = `[batch, ${cells.count}, 5 + classes] for an input of ${input.width} x ${input.height} and strides ${parsed.strides.join(', ')}`
    const tensor = soleOutput('yolox', outputs, parsed.outputs.predictions, expected)
    const table = tableWithRows(tensor, { rows: cells.count })
    if (!table || table.columns < 6) throw outputsUnfit('yolox', expected, outputs)
    const { data, columnStride: step } = table
    const columns = { first: 5, classes: table.columns - 5, activation: 'none', objectness: 4, labels } as const
    return {
      samples: table.samples,
      collect(sample, candidates) {
        const start = sample * table.sampleStride
        collectScores(table, sample, columns, scoreThreshold, (row, category, score) => {
          const at = start + row * table.rowStride
          let x = data[at] as number
          let y = data[at + step] as number
          let width = data[at + 2 * step] as number
          let height = data[at + 3 * step] as number
          if (!decoded) {
            const stride = cells.stride[row] as number
            x = (x + (cells.column[row] as number)) * stride
            y = (y + (cells.row[row] as number)) * stride
            width = Math.exp(width) * stride
            height = Math.exp(height) * stride
          }
          candidates.add(score, category, x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        })
      },
    }
  })
}
