import type { TensorRtPlan } from '../../engine/tensorrt/plan.js'
import { describeValue } from '../../errors/describe-value.js'
import { engineryError } from '../../errors/enginery-error.js'
import { parseOptions } from '../../errors/parse-options.js'
import type { Engine } from '../../inference/engine.js'
import { buildTensorRt } from '../tensorrt/build-tensorrt.js'
import { buildTensorRtSchema, type TensorRtBuildOptions } from '../tensorrt/tensorrt-options.js'
import { type BuildEngineOptions, buildEngineSchema, withDefaultBackend } from './build-options.js'
import { compileEngine } from './compile-engine.js'
import { prepareInt8 } from './prepare-int8.js'

/**
 * Compiles a model into an engine for one device.
 *
 * Everything long happens on threads of its own; the event loop stays free. With `cache`, an engine that was built
 * before from the same model with the same options, versions and hardware is loaded instead.
 *
 * With precision `int8` a float ONNX model is quantized first; the cache then spares that, too.
 *
 * @throws OPTION_INVALID; the MODEL_ and EXTERNAL_DATA_ codes; SHAPE_INVALID, INPUT_UNKNOWN (shapes); PREPROCESS_INVALID;
 * DEVICE_NOT_FOUND, DEVICE_LIBRARY_MISSING, PRECISION_UNSUPPORTED; PROPERTY_INVALID, ENGINE_BUILD_FAILED;
 * CACHE_UNUSABLE (only if required); CALLBACK_FAILED; ABORTED; ADDON_NOT_FOUND, ADDON_LOAD_FAILED; OUT_OF_MEMORY;
 * with int8 QUANTIZATION_NOT_ONNX and as `quantize`
 * @example
 * const engine = await buildEngine({ model: 'yolox.onnx', device: 'CPU', hints: { performance: 'throughput' } })
 */
export async function buildEngine(options: BuildEngineOptions): Promise<Engine>
/**
 * Builds a plan of TensorRT from an ONNX model, or from a network that was written layer by layer ({@link TensorRtNetwork}).
 * Plans of TensorRT-RTX are built without a GPU, for any of its compute capabilities; TensorRT builds on the GPU that the plan
 * is for.
 *
 * @throws OPTION_INVALID; the TENSORRT_ codes; the MODEL_ codes; NETWORK_INCOMPLETE; INPUT_UNKNOWN; DEVICE_NOT_FOUND; CACHE_UNUSABLE (only if
 * required); CALLBACK_FAILED; ABORTED; ADDON_NOT_FOUND, ADDON_LOAD_FAILED; OUT_OF_MEMORY; with `calibration` as `quantize`
 * @example
 * const builder = { computeCapabilities: ['8.9', '12.0'] }
 * const plan = await buildEngine({ backend: 'tensorrt', library: 'tensorrt-rtx', model: 'yolox.onnx', builder })
 * await plan.save('yolox.plan')
 */
export async function buildEngine(options: TensorRtBuildOptions): Promise<TensorRtPlan>
export async function buildEngine(options: BuildEngineOptions | TensorRtBuildOptions): Promise<Engine | TensorRtPlan> {
  refuseOtherBackends(options)
  if (isForTensorRt(options)) return await buildTensorRt(parseOptions(buildTensorRtSchema, options, buildEngine))
  const parsed = parseOptions(buildEngineSchema, withDefaultBackend(options), buildEngine)
  const { precision } = parsed
  if (precision !== 'int8') return await compileEngine({ ...parsed, precision })
  const { settings, preparation } = prepareInt8(parsed)
  return await compileEngine(settings, preparation)
}

// Left to the schema of either backend, an unknown one would be told of that backend alone.
function refuseOtherBackends(options: unknown): void {
  const backend = (options as { backend?: unknown } | null | undefined)?.backend
  if (backend === undefined || backend === 'openvino' || backend === 'tensorrt') return
  const reason = `expected "openvino" or "tensorrt", received ${describeValue(backend)}`
  throw engineryError('OPTION_INVALID', { caller: 'buildEngine', option: 'backend', reason }, { caller: buildEngine })
}

function isForTensorRt(options: unknown): boolean {
  return typeof options === 'object' && options !== null && (options as { backend?: unknown }).backend === 'tensorrt'
}
