import type { CalibrationWarning } from '../calibration/calibration-warning.js'
import {
  compareWithBias,
  findFirstLayers,
  looksLikePixels,
  warnOfScale,
} from '../quantization/verification/judge-sample-scale.js'
import type { KeptInference } from './check-quantized.js'
import { observeTensors } from './observe-tensors.js'
import type { ObservedModel } from './observed-model.js'

const inferences = 3

/** Looks at what the first layers make of samples: whether these are scaled as the model wants them. */
export async function checkSampleScale(
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
  return warnOfScale(first.label, compareWithBias(bias, seen.get(output.name) ?? []), arePixels)
}
