import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import type { EnginePreparation } from '../../engine/manifest.js'
import type { TensorRtProfileInput } from '../../engine/tensorrt/build-options.js'
import { graphFromOnnx } from '../../graph/graph-from-onnx.js'
import { loadOnnxModel } from '../../model/onnx-file.js'
import { openCalibrationSource } from '../calibration/calibration-source.js'
import type { OnnxInput } from './build-tensorrt.js'
import type { BuildTensorRtSettings } from './tensorrt-options.js'

/** What is done to a model before TensorRT gets it. */
export interface TensorRtPreparation {
  readonly stage: 'quantize' | 'convert'
  /** As it stands in manifests: `int8`, `fp16`, `bf16`. */
  readonly precision: string
  /** How it is done, as it stands in manifests; null where that cannot be written down. */
  readonly options: EnginePreparation['options']
  /** What decides the result besides the model; null where nothing tells: then it is not kept in a cache. */
  identity(): Promise<object | null>
  /** The model as it is to be built, and what a caller may want to know of it. */
  run(report: (fraction: number) => void): Promise<PreparedModel>
}

export interface PreparedModel {
  readonly bytes: Uint8Array
  readonly notes: readonly string[]
  /** Nodes that quantizing left float, with the reason. */
  readonly leftFloat?: ReadonlyMap<string, string>
  /** What is odd about the samples. */
  readonly warnings?: readonly CalibrationWarning[]
}

/** The model as quantizing and converting take it: by its path where it has one, for its external data. */
export function preparedSource({ model: given }: BuildTensorRtSettings, model: OnnxInput): string | Uint8Array {
  const isBytes = typeof given !== 'string' && !('path' in given)
  return model.path !== null && !isBytes ? model.path : model.bytes
}

/** Whose `opt` samples have. */
export function calibratedProfile({ profiles, calibrationProfile = 0 }: BuildTensorRtSettings): TensorRtProfileInput {
  return typeof calibrationProfile === 'number' ? (profiles?.[calibrationProfile] ?? {}) : calibrationProfile
}

/** Inputs with ranges are calibrated at the lengths that TensorRT tunes one profile for. */
export function optimalShapes(settings: BuildTensorRtSettings): Record<string, number[]> {
  const shapes: Record<string, number[]> = {}
  for (const [name, range] of Object.entries(calibratedProfile(settings))) {
    if ('opt' in range) shapes[name] = [...range.opt]
  }
  return shapes
}

/** What tells the samples of `calibration` from others; null where nothing does. */
export async function identifySamples(
  calibration: NonNullable<BuildTensorRtSettings['calibration']>,
  source: string | Uint8Array,
  shapes: Readonly<Record<string, readonly number[]>>,
  signal: AbortSignal | undefined,
): Promise<object | null> {
  const graph = graphFromOnnx(await loadOnnxModel(source))
  const inputs = graph.inputs.map(({ name, elementType, shape }) => ({ name, elementType, shape: shapes[name] ?? shape }))
  const opened = await openCalibrationSource(calibration, inputs, { signal })
  try {
    const data = await opened.identity()
    const { samples, seed, dynamic, onNotFinite } = calibration
    return data === null ? null : { data, preprocess: opened.preprocess, samples, seed, dynamic, onNotFinite }
  } finally {
    await opened.close()
  }
}

/** Options as JSON has them: a regular expression says what it is. */
export function describeOptions(options: object): Exclude<EnginePreparation['options'], null> {
  return JSON.parse(JSON.stringify(options, (_key, value: unknown) => (value instanceof RegExp ? String(value) : value)))
}
