import type { CalibrationWarning } from '../calibration/calibration-warning.js'
import {
  compareWithBias,
  findFirstLayers,
  findSource,
  looksLikePixels,
  measureSpread,
  warnOfFlatness,
  warnOfScale,
} from '../quantization/verification/judge-sample-scale.js'
import type { KeptInference } from './check-quantized.js'
import { observeTensors } from './observe-tensors.js'
import type { ObservedModel } from './observed-model.js'

const inferences = 3

/**
 * Looks at what the first layers make of samples: whether these are scaled as the model wants them. With what the float model
 * makes of the samples, that is kept for later calls.
 */
export async function checkSampleScale(
  observed: ObservedModel,
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<readonly CalibrationWarning[]> {
  const known = observed.knownScale
  if (known !== null) return known
  const warnings = await lookAtScale(observed, kept, signal)
  await observed.keepAnswers(warnings)
  return warnings
}

async function lookAtScale(
  observed: ObservedModel,
  kept: readonly KeptInference[],
  signal: AbortSignal | undefined,
): Promise<CalibrationWarning[]> {
  const [first] = findFirstLayers(observed.graph)
  const output = first?.outputs[0]
  if (!first || !output || kept.length === 0) return []
  const some = kept.slice(0, inferences)
  const seen = await observeTensors(observed, [output.name], some, signal)
  const bias = first.inputs[2]?.constant?.values() as Float32Array
  const arePixels = some.every(({ inputs }) =>
    Object.values(inputs).every(({ data }) => data instanceof Float32Array && looksLikePixels(data)),
  )
  const scale = warnOfScale(first.label, compareWithBias(bias, seen.get(output.name) ?? []), arePixels)
  const input = findSource(first)?.name ?? ''
  return scale.length > 0 ? scale : warnOfFlatness(input, measureSpread(valuesOf(some, input)))
}

function valuesOf(kept: readonly KeptInference[], input: string): Float32Array[] {
  return kept.flatMap(({ inputs }) => {
    const data = inputs[input]?.data
    return data instanceof Float32Array ? [data] : []
  })
}
