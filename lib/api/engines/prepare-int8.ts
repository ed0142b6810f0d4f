import type { EnginePreparation } from '../../engine/manifest.js'
import { namedDevices } from '../../engine/openvino/check-device.js'
import { engineryError } from '../../errors/enginery-error.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import { loadOnnxModel } from '../../model/onnx-file.js'
import { loadKernels } from '../../native/load-addon.js'
import { type QuantizationOptions, quantizeSchema } from '../../quantization/quantize-options.js'
import type { TargetName } from '../../quantization/targets/target.js'
import type { CalibrationSource } from '../calibration/calibration-source.js'
import { openCalibrationSource } from '../calibration/calibration-source.js'
import type { EngineOptions } from '../quantization/check-quantized.js'
import { quantizeFor } from '../quantization/quantize.js'
import type { BuildEngineSettings } from './build-options.js'
import type { CompileSettings, ModelPreparation } from './compile-engine.js'

/**
 * Quantizes the model of a build with precision `int8` before it is compiled.
 *
 * @throws OPTION_INVALID where there is nothing to calibrate with
 */
export function prepareInt8(settings: BuildEngineSettings): { settings: CompileSettings; preparation: ModelPreparation } {
  const { calibration, quantization, precision: _, ...rest } = settings
  if (calibration === undefined) {
    const reason = 'expected samples to quantize with, because precision is int8: for example { data: "calib.npy" }'
    throw engineryError('OPTION_INVALID', { caller: 'buildEngine', option: 'calibration', reason })
  }
  const model = modelOf(settings)
  // Layers that stay float are float32.
  const compiled: CompileSettings = { ...rest, precision: 'fp32' }
  const shapes = { ...quantization?.shapes, ...fixedShapes(settings.shapes) }
  const how: QuantizationOptions = { ...quantization, target: quantization?.target ?? targetOf(settings.device), shapes }
  const preparation: ModelPreparation = {
    precision: 'int8',
    options: how.ignored?.patterns?.some((pattern) => pattern instanceof RegExp) ? null : describe(how),
    check({ format, shownName }) {
      if (format !== 'onnx') throw engineryError('QUANTIZATION_NOT_ONNX', { model: shownName, format })
    },
    async identity() {
      const source = await openSource(settings, calibration, shapes)
      try {
        const data = await source.identity()
        const { samples, seed, dynamic, onNotFinite } = calibration
        return data === null
          ? null
          : { quantization: describe(how), data, preprocess: source.preprocess, samples, seed, dynamic, onNotFinite }
      } finally {
        await source.close()
      }
    },
    async run(report) {
      const { signal, logger } = settings
      const onProgress = ({ fraction }: { readonly fraction: number }) => report(fraction)
      const quantization = quantizeSchema.parse({ ...how, model, signal, logger, onProgress, calibration })
      return (await quantizeFor(quantization, engineOf(settings, compiled))).model
    },
  }
  return { settings: compiled, preparation }
}

/** What the check compiles with: as the engine will be, but on samples that are prepared already. */
function engineOf({ preprocess }: BuildEngineSettings, compiled: CompileSettings): EngineOptions | undefined {
  if (preprocess !== undefined) return undefined
  const { model: _, cache: __, signal: ___, onProgress: ____, logger: _____, ...engine } = compiled
  return engine
}

function modelOf({ model }: BuildEngineSettings): string | Uint8Array {
  if (typeof model === 'string') return model
  if ('path' in model) return model.path
  // A model in memory, of OpenVINO's, is refused by its format before this is read.
  return 'bytes' in model ? model.bytes : (model as Uint8Array)
}

async function openSource(
  settings: BuildEngineSettings,
  calibration: NonNullable<BuildEngineSettings['calibration']>,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<CalibrationSource> {
  const graph = graphFromOnnx(await loadOnnxModel(modelOf(settings)))
  const inputs = graph.inputs.map(({ name, elementType, shape }) => ({ name, elementType, shape: shapes[name] ?? shape }))
  return await openCalibrationSource(calibration, inputs, { signal: settings.signal })
}

/** What the device computes on, and for a processor what this one does: the engine is for this machine. */
function targetOf(device: string): TargetName {
  if (namedDevices(device).some((name) => name.startsWith('GPU'))) return 'openvino-gpu'
  const { avxVnni, avx512Vnni } = loadKernels().cpuFeatures()
  return avxVnni || avx512Vnni ? 'openvino-cpu-vnni' : 'openvino-cpu'
}

/** Shapes of the engine without anything open, which are those to calibrate with. */
function fixedShapes(shapes: BuildEngineSettings['shapes']): Record<string, number[]> {
  if (shapes === undefined || shapes === 'dynamic') return {}
  const fixed = Object.entries(shapes).filter(([, shape]) => shape.every((length) => typeof length === 'number' && length > 0))
  return Object.fromEntries(fixed) as Record<string, number[]>
}

// As JSON has it: a regular expression says what it is.
function describe(how: QuantizationOptions): Exclude<EnginePreparation['options'], null> {
  return JSON.parse(JSON.stringify(how, (_key, value: unknown) => (value instanceof RegExp ? String(value) : value)))
}
