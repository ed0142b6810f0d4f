import { z } from 'zod'
import type { BuildProgress } from '../../engine/backend.js'
import {
  type CacheInput,
  cacheSchema,
  type HintsInput,
  openvinoCompileSchema,
  type PropertyInput,
  type ShapesInput,
} from '../../engine/openvino/build-options.js'
import { Model } from '../../engine/openvino/model.js'
import type { PreprocessInput } from '../../engine/openvino/preprocess-options.js'
import { bytesSchema, callbackSchema } from '../../errors/option-schemas.js'
import type { Logger } from '../../logging/logger.js'
import {
  type CalibrationOptions,
  calibrationSchema,
  type EngineQuantizationOptions,
  engineQuantizationSchema,
} from '../../quantization/quantize-options.js'

export const modelSchema = z.union([
  z.string().min(1),
  bytesSchema,
  z.instanceof(Model),
  z.strictObject({ path: z.string().min(1) }),
  z.strictObject({
    bytes: bytesSchema,
    weights: bytesSchema.optional(),
    format: z.enum(['onnx', 'ir', 'tflite', 'paddle', 'tensorflow']).optional(),
  }),
])

/** What may also stand in a configuration file: everything but functions and signals. */
export const buildConfigSchema = z.discriminatedUnion('backend', [
  openvinoCompileSchema.extend({
    backend: z.literal('openvino'),
    precision: z
      .enum(['fp32', 'fp16', 'bf16', 'int8'])
      .default('fp32')
      .describe('element type of float layers as executed; int8: the model is quantized first'),
    model: modelSchema,
    calibration: calibrationSchema.optional().describe('samples to quantize with; only for int8, which needs them'),
    quantization: engineQuantizationSchema.optional().describe('how to quantize, for int8'),
    cache: cacheSchema.optional(),
  }),
])

const callSchema = z.object({
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(progress: BuildProgress) => void>().optional(),
  logger: z
    .custom<Logger>((value) => typeof value === 'object' && value !== null, 'expected a logger, for example console')
    .optional(),
})

export const callKeys = ['signal', 'onProgress', 'logger'] as const

/** The options of {@link buildEngine}, checked. `backend` must be present: {@link withDefaultBackend} sees to it. */
export const buildEngineSchema = z.discriminatedUnion('backend', [buildConfigSchema.options[0].extend(callSchema.shape)])

export type BuildEngineSettings = z.output<typeof buildEngineSchema>

/** The options object with its `backend` filled in, so that the union can be told apart. */
export function withDefaultBackend(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return options
  return (options as { backend?: unknown }).backend === undefined ? { ...options, backend: 'openvino' } : options
}

/** A model file by path, its bytes, a model in memory, or bytes with what belongs to them. */
export type ModelInput =
  | string
  | Uint8Array
  | Model
  | { path: string }
  | {
      bytes: Uint8Array
      /** The second file of IR (.bin) and Paddle (.pdiparams). */
      weights?: Uint8Array | undefined
      /** Needed where the bytes do not say it themselves. */
      format?: 'onnx' | 'ir' | 'tflite' | 'paddle' | 'tensorflow' | undefined
    }

interface BuildCallOptions {
  /** Rejects the build with ABORTED. OpenVINO cannot stop a compilation: it ends in the background and is dropped. */
  signal?: AbortSignal | undefined
  /** Told at the start of every stage. What it throws fails the build, as CALLBACK_FAILED. */
  onProgress?: ((progress: BuildProgress) => void) | undefined
  /** Told of notes and warnings; silent without one. */
  logger?: Logger | undefined
}

export interface OpenVinoBuildOptions extends BuildCallOptions {
  backend?: 'openvino' | undefined
  model: ModelInput
  /** `CPU` (default), `GPU`, `GPU.1`, `AUTO:GPU,CPU`, `HETERO:GPU,CPU`, `MULTI:CPU`. Never replaced by another. */
  device?: string | undefined
  /**
   * Element type that float layers compute in; default fp32, which is really f32 on every device. `int8`: the model, a
   * float one in ONNX, is quantized first, and layers that stay float compute in f32.
   */
  precision?: 'fp32' | 'fp16' | 'bf16' | 'int8' | undefined
  /** Samples to quantize with; `int8` needs them. */
  calibration?: CalibrationOptions | undefined
  /** How to quantize, for `int8`; the target is told by the device. */
  quantization?: EngineQuantizationOptions | undefined
  /** Per input name; 'dynamic' keeps open whatever the model leaves open. An open batch dimension becomes 1 otherwise. */
  shapes?: ShapesInput | undefined
  /** Steps that become part of the engine. */
  preprocess?: PreprocessInput | undefined
  hints?: HintsInput | undefined
  /** Raw OpenVINO properties; they win over hints. */
  properties?: Record<string, PropertyInput> | undefined
  /** Folder of built engines to reuse; off by default. */
  cache?: CacheInput | undefined
}

/** Options by backend. */
export type BuildEngineOptions = OpenVinoBuildOptions
