import { z } from 'zod'
import { cacheSchema } from '../openvino/build-options.js'

const lengths = z.array(z.int().min(0))

/** Dimensions of an input, or, for an input that is a shape tensor, `values`. */
const rangeSchema = z.union([
  z.strictObject({ min: lengths, opt: lengths, max: lengths }),
  z.strictObject({ values: z.strictObject({ min: lengths, opt: lengths, max: lengths }) }),
])

const bytes = z.number().min(0).describe('bytes')

/** Settings of TensorRT's builder that are on or off, by the names TensorRT has for them. */
const flagOptions = {
  tf32: z.boolean().describe('compute float32 with ten bits of mantissa; off unless told, so that fp32 is what it says'),
  sparseWeights: z.boolean(),
  directIo: z.boolean(),
  versionCompatible: z.boolean().describe('a plan that later minor versions load'),
  excludeLeanRuntime: z.boolean().describe('of a version compatible plan'),
  stripPlan: z.boolean().describe('leave out weights that can be put back'),
  weightStreaming: z.boolean(),
  strictNans: z.boolean(),
  debug: z.boolean(),
  disableCompilationCache: z.boolean(),
  errorOnTimingCacheMiss: z.boolean(),
  editableTimingCache: z.boolean(),
  monitorMemory: z.boolean(),
  distributiveIndependence: z.boolean(),
  requireUserAllocation: z.boolean(),
  rejectEmptyAlgorithms: z.boolean(),
} as const

/** Names of {@link flagOptions}: `sparseWeights` is TensorRT's `kSPARSE_WEIGHTS`, `sparse-weights` to the addon. */
export const flagNames = Object.keys(flagOptions) as (keyof typeof flagOptions)[]

const computeCapabilitySchema = z.union([
  z.literal('current'),
  z.string().regex(/^\d{1,2}\.\d$/, 'expected a compute capability such as 8.9, or current'),
])

/** Types that a layer can be asked for, by the names that trtexec has. */
const layerTypeSchema = z.enum(['fp32', 'fp16', 'bf16', 'int8', 'int32'])

export type LayerType = z.output<typeof layerTypeSchema>

const layerName = z.string().min(1)

export const builderSchema = z.strictObject({
  ...z.strictObject(flagOptions).partial().shape,
  precisionConstraints: z
    .enum(['none', 'prefer', 'obey'])
    .optional()
    .describe('whether layers keep the precision that they were given; TensorRT 10'),
  layerPrecisions: z
    .record(layerName, layerTypeSchema)
    .optional()
    .describe('precision by layer name, * standing for any characters, with precisionConstraints; TensorRT 10'),
  layerOutputTypes: z
    .record(layerName, z.union([layerTypeSchema, z.array(layerTypeSchema).min(1)]))
    .optional()
    .describe('type of its outputs by layer name, * standing for any characters, with precisionConstraints; TensorRT 10'),
  layerDevices: z
    .record(layerName, z.enum(['gpu', 'dla']))
    .optional()
    .describe('device by layer name, * standing for any characters, with dla; TensorRT 10 and 11'),
  stronglyTyped: z.boolean().optional().describe('types are those of the model; 11.x and RTX know nothing else'),
  refit: z.union([z.boolean(), z.enum(['identical', 'individual'])]).optional(),
  memoryPools: z
    .strictObject({
      workspace: bytes.optional(),
      dlaManagedSram: bytes.optional(),
      dlaLocalDram: bytes.optional(),
      dlaGlobalDram: bytes.optional(),
      tacticDram: bytes.optional(),
      tacticSharedMemory: bytes.optional(),
    })
    .optional(),
  tacticSources: z
    .array(z.enum(['cublas', 'cublas-lt', 'cudnn', 'edge-mask-convolutions', 'jit-convolutions']))
    .optional()
    .describe('all that tactics may come from'),
  previewFeatures: z
    .partialRecord(
      z.enum(['profile-sharing', 'aliased-plugin-io', 'runtime-activation-resize', 'multidevice-runtime']),
      z.boolean(),
    )
    .optional(),
  profilingVerbosity: z.enum(['layer-names-only', 'none', 'detailed']).optional(),
  hardwareCompatibility: z.enum(['none', 'ampere-plus', 'same-compute-capability']).optional(),
  engineCapability: z.enum(['standard', 'safety', 'dla-standalone']).optional(),
  runtimePlatform: z.enum(['same-as-build', 'windows-amd64']).optional(),
  tilingLevel: z.enum(['none', 'fast', 'moderate', 'full']).optional(),
  l2LimitForTiling: bytes.optional(),
  optimizationLevel: z.int().min(0).max(5).optional(),
  maxAuxStreams: z.int().min(0).max(1024).optional(),
  avgTimingIterations: z.int().min(1).max(1000).optional(),
  maxTactics: z.int().min(-1).optional(),
  maxThreads: z.int().min(1).max(1024).optional(),
  dla: z.strictObject({ core: z.int().min(0).max(16), gpuFallback: z.boolean().default(true) }).optional(),
  computeCapabilities: z
    .array(computeCapabilitySchema)
    .min(1)
    .optional()
    .describe('GPUs that the plan is for, which need not be here; TensorRT-RTX'),
})

export const profileSchema = z.record(z.string(), rangeSchema)

/** What decides the bytes of a plan. */
export const tensorrtCompileSchema = z.strictObject({
  library: z
    .union([z.enum(['tensorrt', 'tensorrt-rtx']), z.string().min(1)])
    .default('tensorrt')
    .describe('which TensorRT: tensorrt, tensorrt-rtx, or the path of its core library'),
  device: z.int().min(0).default(0).describe('number of the GPU'),
  shapes: z
    .record(z.string(), z.array(z.int().min(1)))
    .optional()
    .describe('fixed shape per input name'),
  profiles: z.array(profileSchema).min(1).max(64).optional().describe('ranges of shapes that the plan is made for'),
  calibrationProfile: z
    .union([z.int().min(0), profileSchema])
    .optional()
    .describe('index of the profile whose opt samples have, or a profile of its own; default 0'),
  dynamicRanges: z
    .record(z.string(), z.tuple([z.number(), z.number()]))
    .optional()
    .describe('[min, max] by tensor name, in place of a calibration; TensorRT 10'),
  parserFlags: z
    .array(
      z.enum([
        'native-instancenorm',
        'enable-uint8-and-asymmetric-quantization-dla',
        'enable-plugin-override',
        'report-capability-dla',
        'adjust-for-dla',
      ]),
    )
    .optional(),
  plugins: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('libraries with plugins of your own, loaded before the model is read; TensorRT 10 and 11'),
  pluginsToSerialize: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('libraries with plugins that a plan takes along, with builder.versionCompatible; TensorRT 10 and 11'),
  ignoreParserPlugins: z
    .boolean()
    .optional()
    .describe("leave out of a version compatible plan the libraries of NVIDIA's plugins that the model needs"),
  builder: builderSchema.default({}),
})

export { cacheSchema }

export type TensorRtCompileInput = z.input<typeof tensorrtCompileSchema>
export type TensorRtCompileOptions = z.output<typeof tensorrtCompileSchema>
export type TensorRtBuilderInput = z.input<typeof builderSchema>
export type TensorRtProfileInput = z.input<typeof profileSchema>
export type TensorRtPrecision = 'fp32' | 'fp16' | 'bf16' | 'int8' | 'fp8'
