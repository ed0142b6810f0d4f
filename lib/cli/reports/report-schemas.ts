/**
 * What the commands print with `--json`: one document each. Keys are only ever added; docs/cli.md is made from this.
 */
import { z } from 'zod'
import { recipeNames } from '../../quantization/recipes/recipe.js'
import {
  checkCacheReportSchema,
  convertCacheReportSchema,
  showCacheReportSchema,
  writtenTableReportSchema,
} from './calibration-cache-schemas.js'
import { convertReportSchema } from './convert-report-schema.js'
import { evalReportSchema } from './eval-report-schema.js'
import { planReportSchema } from './plan-report-schema.js'
import { profileReportSchema } from './profile-report-schema.js'
import { quantizeReportSchema } from './quantize-report-schema.js'
import { runPicturesReportSchema } from './run-pictures-schema.js'
import {
  countSchema,
  engineSchema,
  errorSchema,
  fileSchema,
  head,
  inputSchema,
  latencySchema,
  portSchema,
  shapeSchema,
  weightSchema,
} from './shared-schemas.js'
import { editTimingsReportSchema, showTimingsReportSchema } from './timing-cache-schemas.js'

const attemptSchema = z.strictObject({
  place: z.string(),
  path: z.string().nullable(),
  outcome: z.enum(['loaded', 'absent', 'failed']),
  error: z.string().nullable(),
})

const cpuSchema = z.strictObject({
  vendor: z.string(),
  brand: z.string(),
  sse42: z.boolean(),
  avx: z.boolean(),
  avx2: z.boolean(),
  fma: z.boolean(),
  f16c: z.boolean(),
  avx512f: z.boolean(),
  avx512bw: z.boolean(),
  avx512dq: z.boolean(),
  avx512vl: z.boolean(),
  avx512Vnni: z.boolean(),
  avxVnni: z.boolean(),
  avx512Bf16: z.boolean(),
  avx512Fp16: z.boolean(),
  amxTile: z.boolean(),
  amxInt8: z.boolean(),
  amxBf16: z.boolean(),
  physicalCores: z.int().nullable(),
  logicalCores: z.int(),
  availableCores: z.int().describe('hardware threads that this process may use'),
  cpuQuota: z.number().nullable().describe('cores that the container may use'),
})

export const doctorReportSchema = z.strictObject({
  ...head('doctor'),
  ok: z.boolean().describe('false where a finding is a problem'),
  node: z.strictObject({ version: z.string(), required: z.string(), supported: z.boolean() }),
  system: z.strictObject({
    platform: z.string(),
    release: z.string(),
    cLibrary: z.strictObject({ name: z.enum(['glibc', 'musl', 'none']), version: z.string().nullable() }),
    memoryBytes: z.int(),
  }),
  cpu: cpuSchema.nullable().describe('null where the kernels addon does not load'),
  addons: z.array(
    z.strictObject({
      name: z.string(),
      loaded: z.boolean(),
      path: z.string().nullable(),
      tried: z.array(attemptSchema),
      reason: z.string().nullable(),
      cure: z.string().nullable(),
    }),
  ),
  sharp: z
    .strictObject({ version: z.string().nullable(), reason: z.string().nullable(), cure: z.string().nullable() })
    .describe('the optional package that decodes pictures; the version is null where it cannot be used'),
  openvino: z
    .strictObject({
      version: z.string(),
      plugins: z.array(
        z.strictObject({
          name: z.string(),
          version: z.string().nullable(),
          devices: z.array(z.string()),
          reason: z.string().nullable().describe('why there is nothing to use'),
          cure: z.string().nullable(),
        }),
      ),
      devices: z.array(
        z.strictObject({
          backend: z.string(),
          name: z.string(),
          fullName: z.string(),
          capabilities: z.array(z.string()),
          properties: z.array(z.string()).describe('names that --property takes'),
        }),
      ),
    })
    .nullable(),
  tensorrt: z.strictObject({
    libraries: z.array(
      z.strictObject({
        product: z.enum(['tensorrt', 'tensorrt-rtx']),
        kind: z.enum(['full', 'lean', 'dispatch']),
        path: z.string(),
        place: z.string(),
        version: z.string().nullable().describe('null where it was not opened'),
        ability: z.string().describe('what it can do here'),
        reason: z.string().nullable().describe('why it cannot be used'),
        cure: z.string().nullable(),
      }),
    ),
    driver: z.strictObject({ version: z.string() }).nullable(),
    driverReason: z.string().nullable().describe('why there is no NVIDIA GPU'),
    devices: z.array(
      z.strictObject({
        name: z.string(),
        computeCapability: z.string(),
        memoryBytes: z.number(),
        multiprocessors: z.int(),
      }),
    ),
    addonReason: z.string().nullable().describe('why there is no addon over TensorRT'),
    addonCure: z.string().nullable(),
  }),
  folders: z.array(
    z.strictObject({
      purpose: z.string(),
      path: z.string(),
      exists: z.boolean(),
      writable: z.boolean(),
      files: z.int(),
      bytes: z.int(),
      reason: z.string().nullable(),
    }),
  ),
  variables: z.record(z.string(), z.string()).describe('environment variables that change what is found'),
  findings: z.array(z.strictObject({ level: z.enum(['ok', 'note', 'problem']), text: z.string(), cure: z.string().nullable() })),
})

const modelPortSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  shape: shapeSchema,
  symbols: z.array(z.string().nullable()).nullable().describe('names of open dimensions by axis'),
})

export const modelReportSchema = z.strictObject({
  ...head('inspect'),
  kind: z.literal('model'),
  path: z.string(),
  format: z.enum(['onnx', 'ir', 'tflite', 'paddle', 'tensorflow']),
  files: z.array(fileSchema),
  bytes: z.int().describe('of all files'),
  digest: z.string().nullable().describe('SHA-256, with --digest'),
  inputs: z.array(modelPortSchema),
  outputs: z.array(modelPortSchema),
  operators: z.array(countSchema).describe('most frequent first'),
  parameters: z.int().describe('elements of all weights'),
  weightBytes: z.int(),
  weights: z.array(weightSchema).describe('by element type'),
  quantization: z.array(countSchema).describe('operators that mark an INT8 model'),
  onnx: z
    .strictObject({
      irVersion: z.int(),
      opsets: z.array(z.strictObject({ domain: z.string(), version: z.int() })),
      producer: z.string(),
      graph: z.string(),
      functions: z.int(),
      metadata: z.record(z.string(), z.string()),
    })
    .nullable(),
  engine: z
    .strictObject({
      backend: z.literal('openvino'),
      inputs: z.array(portSchema),
      outputs: z.array(portSchema),
      operators: z.array(countSchema),
      weights: z.array(weightSchema),
      types: z.array(z.strictObject({ type: z.string(), count: z.int() })).describe('results of operations by element type'),
    })
    .nullable()
    .describe('the model as OpenVINO reads it; null where it is not installed or refuses'),
  engineError: errorSchema.nullable().describe('why OpenVINO refuses it'),
  tensorrt: z
    .strictObject({
      library: z.string(),
      supported: z.boolean(),
      supportedNodes: z.int(),
      unsupportedNodes: z.array(z.int()).describe('numbers in the graph'),
      problems: z.array(
        z.strictObject({
          node: z.string().nullable(),
          operator: z.string().nullable(),
          code: z.string(),
          reason: z.string(),
          cure: z.string(),
        }),
      ),
    })
    .nullable()
    .describe('what TensorRT takes of it, with --tensorrt'),
  suggestedIgnored: z
    .array(
      z.strictObject({
        recipe: z.enum(recipeNames),
        decision: z.enum(['float', 'note']).describe('note: recognised, and quantized as any others'),
        reason: z.string(),
        nodes: z.array(
          z.strictObject({
            name: z.string().describe('as --ignore takes it'),
            operator: z.string(),
            couldBeInteger: z.boolean().describe('false: float in any case'),
          }),
        ),
      }),
    )
    .nullable()
    .describe('what quantize recognises by its structure, with --suggest-ignored'),
})

const layerSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  precision: z.string().describe('element type that it computes in'),
  kernel: z.string(),
  originalNames: z.array(z.string()).describe('layers of the model that were fused into it'),
})

export const engineReportSchema = z.strictObject({
  ...head('inspect'),
  kind: z.literal('engine'),
  path: z.string(),
  files: z.array(fileSchema),
  bytes: z.int(),
  manifest: z.record(z.string(), z.unknown()).describe('what it was built from and for'),
  description: z
    .strictObject({
      backend: z.string(),
      device: z.string(),
      executionDevices: z.array(z.string()),
      precision: z.string(),
      inputs: z.array(portSchema),
      outputs: z.array(portSchema),
      requests: z.int(),
      layers: z.array(layerSchema),
      precisions: z.record(z.string(), z.int()),
      notes: z.array(z.string()),
    })
    .nullable()
    .describe('as loaded here'),
  loadError: errorSchema.nullable().describe('why it does not load here'),
})

export const buildReportSchema = z.strictObject({
  ...head('build'),
  engine: engineSchema,
  files: z.array(fileSchema).describe('the engine, then its manifest'),
})

export const runReportSchema = z.strictObject({
  ...head('run'),
  engine: engineSchema,
  inputs: z.array(inputSchema),
  elapsed: z.number().describe('milliseconds of this one inference, the first of its engine: bench measures speed'),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      shape: z.array(z.int()),
      min: z.number().nullable().describe('of finite values'),
      max: z.number().nullable(),
      mean: z.number().nullable(),
      notFinite: z.int(),
      top: z.array(z.strictObject({ index: z.int(), value: z.number() })).describe('largest values of a single row'),
      files: z.array(z.string()).describe('where it was written'),
      data: z
        .array(z.union([z.number(), z.string()]))
        .nullable()
        .describe('row-major; null where it was written to a file. NaN, infinities and integers beyond 2^53 are text'),
    }),
  ),
})

export const benchReportSchema = z.strictObject({
  ...head('bench'),
  engine: engineSchema,
  inputs: z.array(inputSchema),
  mode: z.enum(['latency', 'throughput']),
  call: z.enum(['infer', 'inferSync']),
  concurrency: z.int().describe('inferences in flight at the same time'),
  iterations: z.int(),
  duration: z.number().describe('seconds'),
  throughput: z.number().describe('inferences per second'),
  latency: latencySchema,
  engineLatency: latencySchema.nullable().describe('inside the engine; null in throughput mode'),
  warmUp: z.strictObject({ iterations: z.int(), duration: z.number() }),
  clock: z.string().describe('what is timed, in words'),
  machine: z.strictObject({
    cpu: z.string(),
    logicalCores: z.int(),
    availableCores: z.int(),
    node: z.string(),
    openvino: z.string(),
    platform: z.string(),
  }),
})

export const failureReportSchema = z.strictObject({
  enginery: z.string(),
  error: errorSchema,
})

/** Every document by the heading it has in docs/cli.md. */
export const reportSchemas = {
  doctor: doctorReportSchema,
  'inspect, of a model': modelReportSchema,
  'inspect, of a saved engine': engineReportSchema,
  build: buildReportSchema,
  'build, for TensorRT': planReportSchema,
  quantize: quantizeReportSchema,
  'quantize, to a calibration table': writtenTableReportSchema,
  convert: convertReportSchema,
  'collect-profile': profileReportSchema,
  'calibration-cache show': showCacheReportSchema,
  'calibration-cache check': checkCacheReportSchema,
  'calibration-cache convert': convertCacheReportSchema,
  'timing-cache show': showTimingsReportSchema,
  'timing-cache edit': editTimingsReportSchema,
  'run, of arrays': runReportSchema,
  'run, of pictures': runPicturesReportSchema,
  eval: evalReportSchema,
  bench: benchReportSchema,
  'any command that fails': failureReportSchema,
} as const
