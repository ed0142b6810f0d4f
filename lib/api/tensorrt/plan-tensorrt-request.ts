import type { CalibrationInput } from '../../engine/tensorrt/batch-layout.js'
import { planSettings, unsupported } from '../../engine/tensorrt/builder-settings.js'
import { planShapes } from '../../engine/tensorrt/input-shapes.js'
import { planLayerSettings } from '../../engine/tensorrt/layers/plan-layer-settings.js'
import { TensorRtNetwork } from '../../engine/tensorrt/network/tensorrt-network.js'
import type { OpenedTensorRt } from '../../engine/tensorrt/open-library.js'
import type { OpenedPlugins } from '../../engine/tensorrt/plugin-libraries.js'
import { engineryError } from '../../errors/enginery-error.js'
import { listExternalData, resolveExternalData } from '../../model/external-data.js'
import { nameDimensions } from '../../model/name-dimensions.js'
import { readOnnxModel } from '../../model/onnx-reader.js'
import type { OnnxModel } from '../../model/onnx-types.js'
import type { NativeBuildRequest } from '../../native/tensorrt-addon.js'
import type { OnnxInput } from './build-tensorrt.js'
import type { PlannedPrecision } from './plan-tensorrt-precision.js'
import { calibratedProfile } from './prepare-tensorrt.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** What TensorRT is asked for. */
export interface PlannedRequest {
  readonly notes: readonly string[]
  /** As a calibration gives them. */
  readonly inputs: readonly CalibrationInput[]
  /** The request for a model, which may be rewritten meanwhile as long as its inputs keep names and shapes. */
  requestFor(model: OnnxInput): NativeBuildRequest
}

/**
 * Settings, shapes and profiles as TensorRT gets them. All that can be refused without TensorRT is refused here: quantizing
 * before takes long.
 *
 * @throws TENSORRT_PROFILE_INVALID, INPUT_UNKNOWN, TENSORRT_OPTION_UNSUPPORTED, OPTION_INVALID, EXTERNAL_DATA_MISSING,
 * EXTERNAL_DATA_INVALID
 */
export async function planRequest(
  { network, bytes, path, shownName }: OnnxInput,
  settings: BuildTensorRtSettings,
  library: OpenedTensorRt,
  { precision, allowsHalf }: Pick<PlannedPrecision, 'precision' | 'allowsHalf'>,
  plugins: OpenedPlugins,
): Promise<PlannedRequest> {
  if (library.line === 'rtx' && typeof settings.timingCache === 'string') {
    throw unsupported(library, 'timing caches', 'Leave `timingCache` out: its kernels are chosen where the plan runs.')
  }
  const onnx = network ? undefined : await readOnnxModel(bytes)
  if (onnx) await findExternalData(onnx, path, shownName)
  const declared = network?.inputs ?? (onnx as OnnxModel).inputs
  const inputs = declared.map(({ name, shape }) => ({
    name,
    shape: (shape ?? []).map((one) => (typeof one === 'number' && one >= 0 ? one : null)),
  }))
  const { inputShapes, profiles, calibration, batchFixed } = planShapes(shownName, inputs, settings)
  // Before the settings that go with them: what replaced types of single layers says more.
  const layers = planLayerSettings(settings.builder, precision, library)
  const { settings: builderSettings, stronglyTyped, maxThreads } = planSettings(settings.builder, precision, library, allowsHalf)
  const kinds = onnx?.operators.map(({ type }) => type) ?? network?.native.layers.map(({ kind }) => kind) ?? []
  if (stronglyTyped && !kinds.some((kind) => /quantize/i.test(kind))) requireSamples(settings, shownName, library)
  const common: NativeBuildRequest = {
    ...(settings.parserFlags && { parserFlags: settings.parserFlags }),
    stronglyTyped,
    settings: { ...builderSettings, pluginsToSerialize: [...plugins.serialize] },
    plugins: [...plugins.load],
    ...(settings.ignoreParserPlugins && { ignoreParserPlugins: true }),
    layers,
    inputShapes,
    profiles,
    ...(maxThreads !== undefined && { maxThreads }),
    ...(settings.dynamicRanges && { dynamicRanges: settings.dynamicRanges }),
    ...(typeof settings.calibrationProfile === 'number' && { calibrationProfile: settings.calibrationProfile }),
    ...(calibration && { calibrationRanges: calibration }),
    verbose: settings.verbose ?? false,
    device: settings.device,
  }
  const calibrated = calibratedProfile(settings)
  const types = new Map(declared.map(({ name, type }) => [name, type as CalibrationInput['type']]))
  return {
    notes: batchFixed.map((name) => `the open batch dimension of input ${name} became 1 (options shapes, profiles)`),
    inputs: inputs.map(({ name, shape }) => {
      const range = calibrated[name]
      const tuned = range && 'opt' in range ? [...range.opt] : shape.map((length) => length ?? 1)
      return { name, type: types.get(name) ?? 'f32', shape: inputShapes[name] ?? tuned }
    }),
    requestFor: (model) => ({
      ...common,
      // Else TensorRT takes open dimensions that an exporter calls "?" for equal.
      ...(model.network ? { network: model.network.native } : { model: nameDimensions(model.bytes) }),
      ...(model.path !== null && { modelPath: model.path }),
    }),
  }
}

/** TensorRT says no more of weights that it cannot find than that it cannot import them. */
async function findExternalData(onnx: OnnxModel, path: string | null, shownName: string): Promise<void> {
  const files = listExternalData(onnx)
  if (path !== null) await resolveExternalData(path, files)
  else if (files[0] !== undefined) {
    const { location } = files[0]
    const expectedPath = `${location}; for bytes, \`beside\` names the path of the model that it lies beside`
    throw engineryError('EXTERNAL_DATA_MISSING', { model: shownName, location, expectedPath })
  }
}

/** Where types are those of the model, one without quantizers becomes float whatever `precision` says. */
function requireSamples(
  { precision, calibration, model }: BuildTensorRtSettings,
  shownName: string,
  { title }: OpenedTensorRt,
): void {
  if (precision !== 'int8' || calibration !== undefined) return
  const what = model instanceof TensorRtNetwork ? '`quantize` and `dequantize` in it' : 'samples to quantize it with'
  const reason = `expected ${what}: ${shownName} has no quantizers, and ${title} computes in the types of the model`
  throw engineryError('OPTION_INVALID', { caller: 'buildEngine', option: 'calibration', reason })
}
