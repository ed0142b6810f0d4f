import type { HalfType } from '../../quantization/half-precision/half-operators.js'
import { convertPrecision } from '../quantization/convert-precision.js'
import type { OnnxInput } from './build-tensorrt.js'
import { explainMissingOpenVino } from './explain-missing-openvino.js'
import { describeOptions, identifySamples, optimalShapes, preparedSource, type TensorRtPreparation } from './prepare-tensorrt.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** Rewrites a model in half precision before it is built, for a TensorRT that takes the types of a model at their word. */
export function prepareTensorRtHalf(settings: BuildTensorRtSettings, model: OnnxInput, type: HalfType): TensorRtPreparation {
  const { calibration, precision, signal } = settings
  const source = preparedSource(settings, model)
  const shapes = { ...optimalShapes(settings), ...settings.shapes }
  // Whoever asks for half precision and forbids it was refused before.
  const { how, described, hasPattern } = describeHalf(settings, type) as NonNullable<ReturnType<typeof describeHalf>>
  return {
    stage: 'convert',
    precision,
    options: hasPattern ? null : described,
    async identity() {
      if (calibration === undefined) return { halfPrecision: described }
      const samples = await identifySamples(calibration, source, shapes, signal)
      return samples && { halfPrecision: described, ...samples }
    },
    async run() {
      const converted = await explainMissingOpenVino(`${type} that keeps to samples`, () =>
        convertPrecision({ ...how, model: source, type, calibration, shapes, signal }),
      )
      const { half, float, casts } = converted
      const told = `${half} nodes compute in ${type}, ${float.length} stay in f32, ${casts} casts`
      return {
        bytes: converted.model,
        notes: [told, ...(half === 0 ? [`nothing computes in ${type}: ${commonest(float)}`] : [])],
      }
    },
  }
}

/** How floats become halves; null where they do not. */
export function describeHalf({ halfPrecision }: BuildTensorRtSettings, type: HalfType) {
  if (halfPrecision === false) return null
  const how = halfPrecision === true || halfPrecision === undefined ? {} : halfPrecision
  const hasPattern = how.ignored?.patterns?.some((pattern) => pattern instanceof RegExp) ?? false
  return { how, described: describeOptions({ ...how, type }), hasPattern }
}

function commonest(float: readonly { readonly reason: string }[]): string {
  const counts = new Map<string, number>()
  for (const { reason } of float) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const [first] = [...counts].sort(([, one], [, other]) => other - one)
  return first ? `${first[1]} times because ${first[0]}` : 'the model has no nodes in f32'
}
