import type { QuantizationOptions } from '../../quantization/quantize-options.js'
import { readTwice } from '../calibration/samples-twice.js'
import { halveQuantized } from '../quantization/halve-quantized.js'
import { quantize } from '../quantization/quantize.js'
import type { OnnxInput } from './build-tensorrt.js'
import { explainMissingOpenVino } from './explain-missing-openvino.js'
import { describeOptions, identifySamples, optimalShapes, preparedSource, type TensorRtPreparation } from './prepare-tensorrt.js'
import { describeHalf } from './prepare-tensorrt-half.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/**
 * Quantizes a model for TensorRT before it is built: explicit quantization, which every line of it takes. What is not on
 * integers computes in f16 unless that is switched off.
 *
 * @param isTyped TensorRT takes types from the model; else it chooses where to compute in f16, and nothing is rewritten
 */
export function prepareTensorRtInt8(settings: BuildTensorRtSettings, model: OnnxInput, isTyped: boolean): TensorRtPreparation {
  const calibration = settings.calibration as NonNullable<BuildTensorRtSettings['calibration']>
  const source = preparedSource(settings, model)
  const shapes = { ...optimalShapes(settings), ...settings.quantization?.shapes, ...settings.shapes }
  const how: QuantizationOptions = { ...settings.quantization, target: settings.quantization?.target ?? 'tensorrt', shapes }
  const hasPattern = how.ignored?.patterns?.some((pattern) => pattern instanceof RegExp) ?? false
  const half = isTyped ? describeHalf(settings, 'f16') : null
  return {
    stage: 'quantize',
    precision: 'int8',
    options: hasPattern || half?.hasPattern ? null : describeOptions({ ...how, halfPrecision: half?.described ?? false }),
    async identity() {
      const samples = await identifySamples(calibration, source, shapes, settings.signal)
      return samples && { quantization: describeOptions(how), halfPrecision: half?.described ?? false, ...samples }
    },
    async run(report) {
      const { signal, logger } = settings
      const { first, second } = readTwice(calibration)
      // Half precision takes a second look at the samples, which is quick beside the first.
      const share = half === null ? 1 : 0.8
      const onProgress = ({ fraction }: { fraction: number }) => report(fraction * share)
      const quantized = await explainMissingOpenVino('INT8', () =>
        quantize({ ...how, model: source, calibration: first, signal, logger, onProgress }),
      )
      const { model, warnings } = quantized
      const leftFloat = new Map(quantized.float.map(({ node, reason }) => [node, reason]))
      if (half === null) return { bytes: model, notes: [], leftFloat, warnings }
      const halved = await halveQuantized(model, source, { ...half.how, calibration: second, shapes, signal })
      const { half: nodes, float, casts } = halved
      const told = `beside INT8, ${nodes.length} nodes have floats in f16, ${float.length} in f32, ${casts} casts`
      return { bytes: halved.model, notes: [told], leftFloat, warnings }
    },
  }
}
