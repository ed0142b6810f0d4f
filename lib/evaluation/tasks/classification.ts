import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { sigmoid, writeSoftmax } from './collect-scores.js'
import { outputName } from './detection-options.js'
import { countSamples, outputsUnfit, soleOutput } from './find-outputs.js'
import type { Classification, Decoder } from './task.js'

export const classificationSchema = z.strictObject({
  outputs: z.strictObject({ scores: outputName.optional() }).default({}),
  activation: z.enum(['none', 'sigmoid', 'softmax']).default('none').describe('what makes scores of the numbers'),
  topK: z.int().min(1).default(5).describe('classes in a result'),
  labelOffset: z.int().min(0).default(0).describe('subtracted from the class; 1 where class 0 of the model means nothing'),
})

export type ClassificationOptions = z.input<typeof classificationSchema>

/**
 * Classifiers: an output `[batch, classes]`, with further dimensions of 1 or not. Equal scores are ranked by class; NaN
 * is no score, and its class is left out.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createClassificationDecoder(options: ClassificationOptions = {}): Decoder<Classification> {
  const {
    outputs: names,
    activation,
    topK,
    labelOffset,
  } = parseOptions(classificationSchema, options, createClassificationDecoder)
  return (outputs, context) => {
    const expected = '[batch, classes]'
    const tensor = soleOutput('classification', outputs, names.scores, expected)
    const [batch, classes] =
      tensor.shape.length === 1 ? [1, tensor.size] : [tensor.shape[0] ?? 0, tensor.size / (tensor.shape[0] || 1)]
    if (batch === 0 || classes <= labelOffset) throw outputsUnfit('classification', expected, outputs)
    const data = tensor.toFloat32()
    const scores = new Float32Array(classes)
    return Array.from({ length: countSamples('classification', batch, context, false) }, (_, sample) => {
      const start = sample * classes
      if (activation === 'softmax') writeSoftmax(data, start, 1, scores)
      else
        for (let c = 0; c < classes; c++)
          scores[c] = activation === 'sigmoid' ? sigmoid(data[start + c] as number) : (data[start + c] as number)
      return { task: 'classification', classes: selectTop(scores, topK, labelOffset) }
    })
  }
}

/** By insertion: of a thousand classes hardly any reaches the list. */
function selectTop(scores: Float32Array, count: number, first: number): { category: number; score: number }[] {
  const top: { category: number; score: number }[] = []
  for (let c = first; c < scores.length; c++) {
    const score = scores[c] as number
    const last = top[top.length - 1]
    if (Number.isNaN(score) || (top.length === count && last && score <= last.score)) continue
    let place = top.length
    while (place > 0 && score > (top[place - 1]?.score as number)) place--
    top.splice(place, 0, { category: c - first, score })
    if (top.length > count) top.pop()
  }
  return top
}
