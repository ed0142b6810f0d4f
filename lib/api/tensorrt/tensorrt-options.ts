import { z } from 'zod'
import type { BuildProgress } from '../../engine/backend.js'
import type { CacheInput } from '../../engine/openvino/build-options.js'
import {
  cacheSchema,
  type TensorRtBuilderInput,
  type TensorRtCompileInput,
  type TensorRtProfileInput,
  tensorrtCompileSchema,
} from '../../engine/tensorrt/build-options.js'
import { TensorRtNetwork } from '../../engine/tensorrt/network/tensorrt-network.js'
import { bytesSchema, callbackSchema } from '../../errors/option-schemas.js'
import type { Logger } from '../../logging/logger.js'
import type { NativeBuildEvent } from '../../native/tensorrt-addon.js'
import { type IgnoredScope, ignoredScopeSchema } from '../../quantization/ignored-scope.js'
import {
  type CalibrationOptions,
  calibrationSchema,
  type EngineQuantizationOptions,
  engineQuantizationSchema,
} from '../../quantization/quantize-options.js'

/** How TensorRT 10 calibrates by itself. */
export const calibratorSchema = z.strictObject({
  kind: z.enum(['entropy2', 'minMax', 'entropy', 'legacy']).default('entropy2'),
  cache: z
    .string()
    .min(1)
    .optional()
    .describe("TensorRT's calibration table: taken where it is there and fits, else written after calibrating"),
  onUnfit: z
    .enum(['refuse', 'use', 'recalibrate'])
    .optional()
    .describe('what becomes of a table that does not fit; default refuse'),
  quantile: z.number().min(0).max(1).optional().describe('of legacy'),
  regressionCutoff: z.number().min(0).max(1).optional().describe('of legacy'),
})

/** How a model is rewritten in half precision. */
export const halfPrecisionSchema = z.strictObject({
  keepInputsAndOutputs: z.boolean().optional().describe('inputs and outputs of the plan stay float32; default true'),
  ignored: ignoredScopeSchema.optional().describe('nodes that stay float32'),
})

/** The options of {@link buildEngine} for TensorRT, checked. */
export const buildTensorRtSchema = tensorrtCompileSchema.extend({
  backend: z.literal('tensorrt'),
  model: z.union([
    z.string().min(1),
    bytesSchema,
    z.instanceof(TensorRtNetwork),
    z.strictObject({ path: z.string().min(1) }),
    z.strictObject({ bytes: bytesSchema, beside: z.string().min(1).optional() }),
  ]),
  precision: z.enum(['fp32', 'fp16', 'bf16', 'int8', 'fp8']).default('fp32'),
  calibration: calibrationSchema.optional(),
  quantization: engineQuantizationSchema.optional(),
  halfPrecision: z
    .union([z.boolean(), halfPrecisionSchema])
    .optional()
    .describe(
      'of fp16 and bf16: how the model is rewritten; of int8: false where no float may be f16. `keepInputsAndOutputs` (true unless told), `ignored` as of quantization',
    ),
  calibrator: calibratorSchema.optional(),
  timingCache: z
    .union([z.boolean(), z.string().min(1)])
    .default(true)
    .describe('file in which measurements of kernels are kept; true: one in the cache folder of the user'),
  cache: cacheSchema.optional(),
  requireInt8: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('share of convolutions and matrix products that must be INT8; with fewer there is no plan'),
  verbose: z.boolean().optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: callbackSchema<(progress: BuildProgress) => void>().optional(),
  onBuilderEvent: callbackSchema<(event: NativeBuildEvent) => void>().optional(),
  logger: z
    .custom<Logger>((value) => typeof value === 'object' && value !== null, 'expected a logger, for example console')
    .optional(),
})

export type BuildTensorRtSettings = z.output<typeof buildTensorRtSchema>

/** Start, step and end of what TensorRT is doing, by its own names; phases lie in each other. */
export type BuilderEvent = NativeBuildEvent

export interface TensorRtBuildOptions {
  backend: 'tensorrt'
  /** An ONNX model: its path, its bytes, or bytes with the path that its external data lies beside. Or a network that was written layer by layer. */
  model: string | Uint8Array | TensorRtNetwork | { path: string } | { bytes: Uint8Array; beside?: string | undefined }
  /** `tensorrt` (default), `tensorrt-rtx`, or the path of a core library (`libnvinfer.so.10`). */
  library?: string | undefined
  /** Number of the GPU; 0 unless told. */
  device?: number | undefined
  /**
   * Element type of layers that the model leaves free; default fp32. On TensorRT 10 a permission for its builder. TensorRT 11 and
   * TensorRT-RTX take the types of the model: `int8` quantizes it first, `fp16` and `bf16` rewrite it ({@link convertPrecision}).
   */
  precision?: 'fp32' | 'fp16' | 'bf16' | 'int8' | 'fp8' | undefined
  /**
   * Samples to quantize or calibrate with, for `int8`. Where `fp16` or `bf16` rewrites the model: what they bring near the end of
   * the type stays float32.
   */
  calibration?: CalibrationOptions | undefined
  /**
   * TensorRT 10: calibrate with its own calibrators, in place of quantizers that enginery puts into the model. Without
   * `calibration`, `cache` must name a calibration table.
   */
  calibrator?: z.input<typeof calibratorSchema> | undefined
  /**
   * Where TensorRT keeps what it measured: true (default) a file in the user's cache folder, a path, or false. TensorRT-RTX
   * measures nothing when it builds and has none.
   */
  timingCache?: boolean | string | undefined
  /** How to quantize, for `int8`; the target is `tensorrt`. */
  quantization?: EngineQuantizationOptions | undefined
  /**
   * How `fp16` and `bf16` rewrite the model on TensorRT 11 and TensorRT-RTX: nodes that stay float32, and whether inputs and outputs
   * do (true unless told). With `int8`, what is not on integers is in FP16 unless this is false: a rewrite there, on
   * TensorRT 10 a permission for its builder.
   */
  halfPrecision?: boolean | { keepInputsAndOutputs?: boolean | undefined; ignored?: IgnoredScope | undefined } | undefined
  /** Fixed shape per input name; an open batch dimension that nobody mentions becomes 1. */
  shapes?: Record<string, number[]> | undefined
  /** Ranges of shapes that the plan is made for; TensorRT tunes each for its `opt`. */
  profiles?: TensorRtProfileInput[] | undefined
  /** Index of the profile whose `opt` is the shape of samples, or a profile for them alone; 0 unless told. */
  calibrationProfile?: number | TensorRtProfileInput | undefined
  /** TensorRT 10, int8: [min, max] by tensor name, in place of a calibration. */
  dynamicRanges?: Record<string, [number, number]> | undefined
  /** Of TensorRT's ONNX parser, by its own names. */
  parserFlags?: TensorRtCompileInput['parserFlags']
  /**
   * TensorRT 10 and 11: libraries with plugins of your own (`.so`), which are found by name in ONNX models, as operators that
   * TensorRT does not have, and by {@link TensorRtNetwork.plugin}. A library exports `getCreators`, or registers its creators when
   * it is loaded. It is code that runs in this process.
   */
  plugins?: string[] | undefined
  /** With `builder.versionCompatible`: libraries of plugins that go into the plan. */
  pluginsToSerialize?: string[] | undefined
  /** With `builder.versionCompatible`: leave out the libraries of NVIDIA's plugins that the model needs. */
  ignoreParserPlugins?: boolean | undefined
  /** Settings of TensorRT's builder, by name. What this TensorRT does not have is refused with what replaced it. */
  builder?: TensorRtBuilderInput | undefined
  /** Folder of built plans to reuse; off by default. */
  cache?: CacheInput | undefined
  /**
   * Share of the layers that do the work (convolutions, matrix products) that must be INT8, 0 to 1. With fewer the build fails
   * with TENSORRT_INT8_SHARE_LOW, which names the others and why. {@link TensorRtPlan.precision} says how it is known.
   */
  requireInt8?: number | undefined
  /** Hand every line of TensorRT's to the logger, also one for each tactic tried. */
  verbose?: boolean | undefined
  /** Stops the build after the step that TensorRT is at, with ABORTED. */
  signal?: AbortSignal | undefined
  /** Told at the start of every stage. What it throws fails the build, as CALLBACK_FAILED. */
  onProgress?: ((progress: BuildProgress) => void) | undefined
  /** Told of TensorRT's own phases and steps. What it throws stops the build, as CALLBACK_FAILED. */
  onBuilderEvent?: ((event: BuilderEvent) => void) | undefined
  /** Told of notes, warnings and TensorRT's lines; silent without one. */
  logger?: Logger | undefined
}
