import type { EnginePreparation } from '../engine/manifest.js'
import { graphFromOnnx } from '../graph/graph-from-onnx.js'
import { loadOnnxModel } from '../model/onnx-file.js'
import type { QuantizationOptions } from '../quantization/quantize-options.js'
import type { OnnxInput } from './build-tensorrt.js'
import { openCalibrationSource } from './calibration-source.js'
import { quantize } from './quantize.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

export interface TensorRtPreparation {
  /** How it is done, as it stands in manifests; null where that cannot be written down. */
  readonly options: EnginePreparation['options']
  /** What decides the result besides the model; null where nothing tells: then it is not kept in a cache. */
  identity(): Promise<object | null>
  /** The model with quantizers. */
  run(report: (fraction: number) => void): Promise<Uint8Array>
}

/** Quantizes a model for TensorRT before it is built: explicit quantization, which every line of it takes. */
export function prepareTensorRtInt8(settings: BuildTensorRtSettings, model: OnnxInput): TensorRtPreparation {
  const calibration = settings.calibration as NonNullable<BuildTensorRtSettings['calibration']>
  const source = model.path !== null && !isBytes(settings.model) ? model.path : model.bytes
  // Inputs with ranges are calibrated at the lengths that TensorRT tunes for, unless told.
  const shapes = { ...optimalShapes(settings), ...settings.quantization?.shapes, ...settings.shapes }
  const how: QuantizationOptions = { ...settings.quantization, target: settings.quantization?.target ?? 'tensorrt', shapes }
  const hasPattern = how.ignored?.patterns?.some((pattern) => pattern instanceof RegExp) ?? false
  return {
    options: hasPattern ? null : describe(how),
    async identity() {
      const graph = graphFromOnnx(await loadOnnxModel(source))
      const fixed: Readonly<Record<string, readonly number[]>> = shapes
      const inputs = graph.inputs.map(({ name, elementType, shape }) => ({ name, elementType, shape: fixed[name] ?? shape }))
      const opened = await openCalibrationSource(calibration, inputs, { signal: settings.signal })
      try {
        const data = await opened.identity()
        const { samples, seed, dynamic, onNotFinite } = calibration
        if (data === null) return null
        return { quantization: describe(how), data, preprocess: opened.preprocess, samples, seed, dynamic, onNotFinite }
      } finally {
        await opened.close()
      }
    },
    async run(report) {
      const { signal, logger } = settings
      const onProgress = ({ fraction }: { fraction: number }) => report(fraction)
      return (await quantize({ ...how, model: source, calibration, signal, logger, onProgress })).model
    },
  }
}

function isBytes(model: BuildTensorRtSettings['model']): boolean {
  return typeof model !== 'string' && !('path' in model)
}

function optimalShapes({ profiles }: BuildTensorRtSettings): Record<string, number[]> {
  const shapes: Record<string, number[]> = {}
  for (const [name, range] of Object.entries(profiles?.[0] ?? {})) {
    if ('opt' in range) shapes[name] = [...range.opt]
  }
  return shapes
}

// As JSON has it: a regular expression says what it is.
function describe(how: QuantizationOptions): Exclude<EnginePreparation['options'], null> {
  return JSON.parse(JSON.stringify(how, (_key, value: unknown) => (value instanceof RegExp ? String(value) : value)))
}
