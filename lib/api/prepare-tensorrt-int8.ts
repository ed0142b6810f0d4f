import type { QuantizationOptions } from '../quantization/quantize-options.js'
import type { OnnxInput } from './build-tensorrt.js'
import { describeOptions, identifySamples, optimalShapes, preparedSource, type TensorRtPreparation } from './prepare-tensorrt.js'
import { quantize } from './quantize.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** Quantizes a model for TensorRT before it is built: explicit quantization, which every line of it takes. */
export function prepareTensorRtInt8(settings: BuildTensorRtSettings, model: OnnxInput): TensorRtPreparation {
  const calibration = settings.calibration as NonNullable<BuildTensorRtSettings['calibration']>
  const source = preparedSource(settings, model)
  const shapes = { ...optimalShapes(settings), ...settings.quantization?.shapes, ...settings.shapes }
  const how: QuantizationOptions = { ...settings.quantization, target: settings.quantization?.target ?? 'tensorrt', shapes }
  const hasPattern = how.ignored?.patterns?.some((pattern) => pattern instanceof RegExp) ?? false
  return {
    stage: 'quantize',
    precision: 'int8',
    options: hasPattern ? null : describeOptions(how),
    async identity() {
      const samples = await identifySamples(calibration, source, shapes, settings.signal)
      return samples && { quantization: describeOptions(how), ...samples }
    },
    async run(report) {
      const { signal, logger } = settings
      const onProgress = ({ fraction }: { fraction: number }) => report(fraction)
      return { bytes: (await quantize({ ...how, model: source, calibration, signal, logger, onProgress })).model, notes: [] }
    },
  }
}
