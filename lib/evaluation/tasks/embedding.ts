import { z } from 'zod'
import { parseOptions } from '../../errors/parse-options.js'
import { outputName } from './detection-options.js'
import { countSamples, outputsUnfit, soleOutput } from './find-outputs.js'
import type { Decoder, Embedding } from './task.js'

export const embeddingSchema = z.strictObject({
  outputs: z.strictObject({ vector: outputName.optional() }).default({}),
  normalize: z.boolean().default(true).describe('divide by the length (L2)'),
})

export type EmbeddingOptions = z.input<typeof embeddingSchema>

/**
 * A vector for each sample: an output `[batch, ...]`, its further dimensions joined. A vector of zeros stays one;
 * NaN and infinity are passed on.
 *
 * @throws OPTION_INVALID; the decoder DECODE_OUTPUTS_UNFIT, DECODE_GEOMETRY_UNFIT
 */
export function createEmbeddingDecoder(options: EmbeddingOptions = {}): Decoder<Embedding> {
  const { outputs: names, normalize } = parseOptions(embeddingSchema, options, createEmbeddingDecoder)
  return (outputs, context) => {
    const tensor = soleOutput('embedding', outputs, names.vector, '[batch, length]')
    const batch = tensor.shape[0] ?? 0
    if (tensor.shape.length < 2 || tensor.size === 0) throw outputsUnfit('embedding', '[batch, length]', outputs)
    const length = tensor.size / batch
    const data = tensor.toFloat32()
    return Array.from({ length: countSamples('embedding', batch, context, false) }, (_, sample) => {
      // A copy, for the tensor's memory may be released before the result is used.
      const vector = data.slice(sample * length, (sample + 1) * length)
      if (normalize) normalizeVector(vector)
      return { task: 'embedding', vector }
    })
  }
}

function normalizeVector(vector: Float32Array): void {
  let sum = 0
  for (const value of vector) sum += value * value
  const length = Math.sqrt(sum)
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length
}
