import { z } from 'zod'
import { shapesOfSample } from '../../calibration/peek-sample.js'
import { checkSample } from '../../calibration/prepare-samples.js'
import type { TensorRtProfileInput } from '../../engine/tensorrt/build-options.js'
import { writeOptimizationProfiles } from '../../engine/tensorrt/profile-file.js'
import { ShapeCollector } from '../../engine/tensorrt/shape-collector.js'
import { engineryError } from '../../errors/enginery-error.js'
import { bytesSchema } from '../../errors/option-schemas.js'
import { parseOptions } from '../../errors/parse-options.js'
import { abortedError } from '../../errors/unless-aborted.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import { loadOnnxModel } from '../../model/onnx-file.js'
import { calibrationSchema } from '../../quantization/quantize-options.js'
import type { Tensor } from '../../tensor/tensor.js'
import { openCalibrationSource } from '../calibration/calibration-source.js'

const positive = z.int().min(1)

const collectProfileSchema = z.strictObject({
  model: z.union([z.string().min(1), bytesSchema]).describe('ONNX model'),
  data: calibrationSchema.shape.data.describe('samples, as `calibration.data` of quantize'),
  preprocess: calibrationSchema.shape.preprocess,
  samples: positive.default(300),
  seed: calibrationSchema.shape.seed,
  values: z
    .array(z.string())
    .default([])
    .describe('inputs that are shape tensors: their values are ranged, not their dimensions'),
  batch: z
    .strictObject({ min: positive, opt: positive, max: positive })
    .refine(({ min, opt, max }) => min <= opt && opt <= max, 'expected min <= opt <= max')
    .optional()
    .describe('lengths of the first dimension where the model leaves it open; default: those of the samples'),
  output: z.string().min(1).optional().describe('file for the profile: YAML, or JSON where the name ends in .json'),
  signal: z.instanceof(AbortSignal).optional(),
})

export type CollectProfileOptions = z.input<typeof collectProfileSchema>

export interface CollectedProfile {
  /** For the option `profiles` of buildEngine. */
  readonly profile: TensorRtProfileInput
  readonly samples: number
  /** Different combinations of shapes. */
  readonly combinations: number
  readonly output: string | null
}

/**
 * Reads samples as they would be inferred and makes an optimization profile for TensorRT of their shapes: smallest and largest
 * length of each dimension, and as `opt` what occurs most. Nothing is inferred.
 *
 * @throws OPTION_INVALID; PROFILES_INVALID; the MODEL_, EXTERNAL_DATA_, CALIBRATION_, DATASET_, NPY_, NPZ_ and PREPROCESS_ codes;
 * FILE_NOT_WRITTEN; ABORTED
 * @example
 * const { profile } = await collectProfile({ model: 'rec.onnx', data: 'lines', preprocess: { preset: 'ppocr-rec' } })
 */
export async function collectProfile(options: CollectProfileOptions): Promise<CollectedProfile> {
  const settings = parseOptions(collectProfileSchema, options, collectProfile)
  const { model, batch, signal, output } = settings
  const name = typeof model === 'string' ? model : `The model of ${model.length} bytes`
  const graph = graphFromOnnx(await loadOnnxModel(model, { weights: 'in-file' }), name)
  const inputs = graph.inputs.map(({ name, elementType, shape }) => ({ name, elementType, shape }))
  const values = new Set(settings.values)
  const unknown = settings.values.find((value) => !inputs.some(({ name }) => name === value))
  if (unknown !== undefined) throw engineryError('INPUT_UNKNOWN', { name: unknown, expected: inputs.map(({ name }) => name) })
  const { data, preprocess, samples, seed } = settings
  const calibration = calibrationSchema.parse({ data, preprocess, samples, seed })
  const source = await openCalibrationSource(calibration, inputs, { signal })
  const collector = new ShapeCollector(values)
  let count = 0
  try {
    for await (const given of source.samples()) {
      if (signal?.aborted) throw abortedError('Collecting a profile', signal)
      if (count === samples) break
      const sample = checkSample(given, count, inputs)
      const shapes = Object.entries(shapesOfSample(sample, inputs)).map(([input, shape]) => [
        input,
        values.has(input) ? valuesOf(sample[input] as Tensor) : shape,
      ])
      collector.add(Object.fromEntries(shapes))
      count++
    }
  } finally {
    await source.close()
  }
  const profile = collector.finish()
  if (batch !== undefined) {
    for (const { name, shape } of inputs) {
      const range = profile[name]
      if (range === undefined || 'values' in range || typeof shape?.[0] === 'number' || range.min.length === 0) continue
      const withBatch = (end: 'min' | 'opt' | 'max') => [batch[end], ...range[end].slice(1)]
      profile[name] = { min: withBatch('min'), opt: withBatch('opt'), max: withBatch('max') }
    }
  }
  if (output !== undefined) await writeOptimizationProfiles(output, [profile])
  return { profile, samples: count, combinations: collector.combinations, output: output ?? null }
}

function valuesOf(tensor: Tensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number)
}
