import type { TensorRtBuilderInput } from './build-options.js'
import type { ShapesEnd, TrtexecDraft } from './trtexec-options.js'
import { oneOf, parseBytes, parseLayers, parsePools, parseShapes, parseSwitches, wholeNumber } from './trtexec-specs.js'

/** What an option of trtexec is to us. */
export type TrtexecMeaning =
  /** Set where it stands, without a value. */
  | { readonly kind: 'flag'; readonly means: string; readonly set: (draft: TrtexecDraft) => void }
  /** Takes a value; what is thrown says what was expected. */
  | { readonly kind: 'value'; readonly means: string; readonly set: (draft: TrtexecDraft, text: string) => void }
  /** About running and measuring, which building leaves alone. */
  | { readonly kind: 'measures' }
  /** About building, and not to be had here. */
  | { readonly kind: 'refused'; readonly instead: string }

type Builder = TensorRtBuilderInput

const flag = (means: string, set: (draft: TrtexecDraft) => void): TrtexecMeaning => ({ kind: 'flag', means, set })
const value = (means: string, set: (draft: TrtexecDraft, text: string) => void): TrtexecMeaning => ({ kind: 'value', means, set })
const refused = (instead: string): TrtexecMeaning => ({ kind: 'refused', instead })
const measures: TrtexecMeaning = { kind: 'measures' }

/** A setting of the builder that is on. */
const turnsOn = <Name extends keyof Builder>(name: Name): TrtexecMeaning =>
  flag(`builder.${name}`, ({ builder }) => {
    ;(builder as Record<string, unknown>)[name] = true
  })

/** A setting of the builder, from text. */
const sets = <Name extends keyof Builder>(name: Name, parse: (text: string) => Builder[Name]): TrtexecMeaning =>
  value(`builder.${name}`, ({ builder }, text) => {
    builder[name] = parse(text)
  })

const allows = (precision: 'fp16' | 'bf16' | 'int8' | 'fp8'): TrtexecMeaning =>
  flag(
    precision === 'int8' || precision === 'fp8' ? 'precision; without --fp16, halfPrecision: false' : 'precision',
    ({ precisions }) => void precisions.add(precision),
  )

const ranges = (end: ShapesEnd): TrtexecMeaning =>
  value(meaningOf(end), ({ shapes }, text) => {
    shapes[end] = { ...shapes[end], ...parseShapes(text) }
  })

function meaningOf(end: ShapesEnd): string {
  if (end === 'only') return 'profiles, all three ends'
  return end.endsWith('Calib') ? `calibrationProfile, ${end.slice(0, 3)}` : `profiles, ${end}`
}

const file = (name: 'model' | 'output' | 'calibrationTable' | 'timingCache' | 'layerInfo', means: string): TrtexecMeaning =>
  value(means, (draft, text) => {
    draft[name] = text
  })

const parses = (name: TrtexecDraft['parserFlags'][number]): TrtexecMeaning =>
  flag(`parserFlags: ${name}`, ({ parserFlags }) => void parserFlags.push(name))

/** Given once for each library. */
const libraries = (name: 'plugins' | 'pluginsToSerialize'): TrtexecMeaning =>
  value(name, (draft, text) => void draft[name].push(text))

const pools: Readonly<Record<string, keyof NonNullable<Builder['memoryPools']>>> = {
  workspace: 'workspace',
  dlaSRAM: 'dlaManagedSram',
  dlaLocalDRAM: 'dlaLocalDram',
  dlaGlobalDRAM: 'dlaGlobalDram',
  tacticSharedMem: 'tacticSharedMemory',
}

const sources = {
  CUBLAS: 'cublas',
  CUBLAS_LT: 'cublas-lt',
  CUDNN: 'cudnn',
  EDGE_MASK_CONVOLUTIONS: 'edge-mask-convolutions',
  JIT_CONVOLUTIONS: 'jit-convolutions',
} as const

const previews = {
  profileSharing0806: 'profile-sharing',
  aliasedPluginIO1003: 'aliased-plugin-io',
  runtimeActivationResize: 'runtime-activation-resize',
} as const

const layerTypes = { fp32: 'fp32', fp16: 'fp16', bf16: 'bf16', int8: 'int8', int32: 'int32' } as const

function switchSources(text: string): NonNullable<Builder['tacticSources']> {
  const on = new Set<(typeof sources)[keyof typeof sources]>(['edge-mask-convolutions', 'jit-convolutions'])
  for (const [name, isOn] of Object.entries(parseSwitches(text))) {
    const source = oneOf(sources)(name)
    if (isOn) on.add(source)
    else on.delete(source)
  }
  return [...on]
}

function switchPreviews(text: string): NonNullable<Builder['previewFeatures']> {
  return Object.fromEntries(Object.entries(parseSwitches(text)).map(([name, isOn]) => [oneOf(previews)(name), isOn]))
}

/**
 * Options of trtexec 8.6 to 11.0 by name, as data: what each is to enginery. Its own words are in docs/guides/tensorrt.md.
 */
export const trtexecTable: Readonly<Record<string, TrtexecMeaning | undefined>> = {
  onnx: file('model', 'model'),
  saveEngine: file('output', '--output'),
  calib: file('calibrationTable', 'the calibration cache'),
  timingCacheFile: file('timingCache', 'the timing cache'),
  minShapes: ranges('min'),
  optShapes: ranges('opt'),
  maxShapes: ranges('max'),
  shapes: ranges('only'),
  minShapesCalib: ranges('minCalib'),
  optShapesCalib: ranges('optCalib'),
  maxShapesCalib: ranges('maxCalib'),
  fp16: allows('fp16'),
  bf16: allows('bf16'),
  int8: allows('int8'),
  fp8: allows('fp8'),
  best: flag('precision: int8, beside which fp16 is allowed', ({ precisions }) => void precisions.add('int8').add('fp16')),
  noTF32: flag('builder.tf32: false, which is the default here', ({ builder }) => {
    builder.tf32 = false
  }),
  stronglyTyped: turnsOn('stronglyTyped'),
  precisionConstraints: sets('precisionConstraints', oneOf({ none: 'none', obey: 'obey', prefer: 'prefer' } as const)),
  layerPrecisions: sets('layerPrecisions', (text) => parseLayers(text, oneOf(layerTypes))),
  layerOutputTypes: sets('layerOutputTypes', (text) =>
    parseLayers(text, (types) => types.split('+').map((type) => oneOf(layerTypes)(type))),
  ),
  layerDeviceTypes: sets('layerDevices', (text) => parseLayers(text, oneOf({ GPU: 'gpu', DLA: 'dla' } as const))),
  directIO: turnsOn('directIo'),
  refit: turnsOn('refit'),
  stripWeights: turnsOn('stripPlan'),
  versionCompatible: turnsOn('versionCompatible'),
  vc: turnsOn('versionCompatible'),
  excludeLeanRuntime: turnsOn('excludeLeanRuntime'),
  allowWeightStreaming: turnsOn('weightStreaming'),
  monitorMemory: turnsOn('monitorMemory'),
  noCompilationCache: turnsOn('disableCompilationCache'),
  errorOnTimingCacheMiss: turnsOn('errorOnTimingCacheMiss'),
  distributiveIndependence: turnsOn('distributiveIndependence'),
  sparsity: value('builder.sparseWeights', ({ builder }, text) => {
    const choice = oneOf({ disable: false, enable: true, force: null })(text)
    if (choice === null) throw new Error('enginery changes no weights: prune the model, then --sparsity=enable')
    builder.sparseWeights = choice
  }),
  memPoolSize: value('builder.memoryPools', ({ builder }, text) => {
    const sizes = Object.entries(parsePools(text)).map(([pool, bytes]) => [oneOf(pools)(pool), bytes])
    builder.memoryPools = { ...builder.memoryPools, ...Object.fromEntries(sizes) }
  }),
  workspace: value('builder.memoryPools.workspace', ({ builder }, text) => {
    builder.memoryPools = { ...builder.memoryPools, workspace: parseBytes(text) }
  }),
  tacticSources: sets('tacticSources', switchSources),
  preview: sets('previewFeatures', switchPreviews),
  profilingVerbosity: sets(
    'profilingVerbosity',
    oneOf({
      layer_names_only: 'layer-names-only',
      detailed: 'detailed',
      none: 'none',
      default: 'layer-names-only',
      verbose: 'detailed',
    } as const),
  ),
  hardwareCompatibilityLevel: sets(
    'hardwareCompatibility',
    oneOf({ none: 'none', 'ampere+': 'ampere-plus', sameComputeCapability: 'same-compute-capability' } as const),
  ),
  runtimePlatform: sets('runtimePlatform', oneOf({ SameAsBuild: 'same-as-build', WindowsAMD64: 'windows-amd64' } as const)),
  builderOptimizationLevel: sets('optimizationLevel', wholeNumber),
  maxTactics: sets('maxTactics', wholeNumber),
  maxAuxStreams: sets('maxAuxStreams', wholeNumber),
  avgTiming: sets('avgTimingIterations', wholeNumber),
  tilingOptimizationLevel: sets('tilingLevel', (text) =>
    oneOf({ 0: 'none', 1: 'fast', 2: 'moderate', 3: 'full' } as const)(text),
  ),
  l2LimitForTiling: sets('l2LimitForTiling', parseBytes),
  computeCapabilities: sets('computeCapabilities', (text) => text.split(',')),
  useDLACore: value('builder.dla.core', ({ builder }, text) => {
    builder.dla = { gpuFallback: false, ...builder.dla, core: wholeNumber(text) }
  }),
  allowGPUFallback: flag('builder.dla.gpuFallback', ({ builder }) => {
    builder.dla = { core: 0, ...builder.dla, gpuFallback: true }
  }),
  exportLayerInfo: file('layerInfo', "--layer-info; the JSON in it is enginery's"),
  pluginInstanceNorm: refused('the parser decides; the default is what TensorRT advises'),
  pi: refused('the parser decides; the default is what TensorRT advises'),
  enablePluginOverride: parses('enable-plugin-override'),
  adjustForDLA: parses('adjust-for-dla'),
  reportCapabilityDLA: parses('report-capability-dla'),
  staticPlugins: libraries('plugins'),
  dynamicPlugins: libraries('plugins'),
  plugins: libraries('plugins'),
  setPluginsToSerialize: libraries('pluginsToSerialize'),
  ignoreParsedPluginLibs: flag('ignoreParserPlugins', (draft) => {
    draft.ignoreParserPlugins = true
  }),
  device: value('device', (draft, text) => {
    draft.device = wholeNumber(text)
  }),
  verbose: flag('verbose', (draft) => {
    draft.verbose = true
  }),

  // Building, and not here.
  loadEngine: refused('it loads a plan: nothing is built'),
  refitFromOnnx: refused('it loads a plan: nothing is built'),
  profile: refused('several profiles stand in a file: --profiles'),
  cpuOnly: refused('TensorRT-RTX builds without a GPU (--library tensorrt-rtx), TensorRT itself on the GPU that the plan is for'),
  remoteAutoTuningConfig: refused('builds measure on a GPU of this machine'),
  decomposableAttentions: refused('attention is left to TensorRT'),
  uint8AsymmetricQuantizationDLA: refused('zero points are 0: quantize with the target tensorrt'),
  int4: refused('give a model with quantizers to INT4 and --stronglyTyped'),
  inputIOFormats: refused('inputs keep the types of the model'),
  outputIOFormats: refused('outputs keep the types of the model'),
  stripAllWeights: refused('use --stripWeights with --refit'),
  weightless: refused('its name is --stripWeights'),
  noBuilderCache: refused('leave --timingCacheFile out'),
  timingCacheMode: refused('name the file: --timingCacheFile'),
  safe: refused('safety engines are not built'),
  consistency: refused('safety engines are not built'),
  restricted: refused('safety engines are not built'),
  safetyPlugins: refused('safety engines are not built'),
  dumpKernelText: refused('safety engines are not built'),
  buildDLAStandalone: refused('use builder.engineCapability: dla-standalone'),
  markDebug: refused('debug tensors are not marked'),
  markUnfusedTensorsAsDebugTensors: refused('debug tensors are not marked'),
  uff: refused('TensorRT 10 reads ONNX alone'),
  model: refused('TensorRT 10 reads ONNX alone'),
  deploy: refused('TensorRT 10 reads ONNX alone'),
  output: refused('outputs are those of the model'),
  batch: refused('the batch is a dimension: --shapes'),
  maxBatch: refused('the batch is a dimension: --minShapes, --optShapes and --maxShapes'),
  heuristic: refused('use --builderOptimizationLevel=2'),
  // TensorRT 11 builds again and again, and compares.
  ...Object.fromEntries(
    [
      ...['setBuildRoute', 'tuneBuildRoutes', 'tuneBuildRouteFile', 'tuningSearch', 'tuningCacheFile', 'tuningResultFile'],
      ...['tuningTimeOut', 'saveAllEngines', 'helpBuildRoute', 'dryRun', 'continue'],
    ].map((name) => [name, refused('a plan is built once: use --builderOptimizationLevel')]),
  ),

  ...Object.fromEntries(
    ['accuracyAlgorithm', 'accuracyThreshold', 'refPair', 'loadRefOutputs'].map((name) => [
      name,
      refused('plans are not run here, so that nothing is compared'),
    ]),
  ),

  // Means nothing any more, or nothing but how it is run and told.
  explicitBatch: measures,
  buildOnly: measures,
  skipInference: measures,
  useRuntime: measures,
  leanDLLPath: measures,
  weightStreamingBudget: measures,
  iterations: measures,
  duration: measures,
  warmUp: measures,
  idleTime: measures,
  sleepTime: measures,
  streams: measures,
  infStreams: measures,
  exposeDMA: measures,
  noDataTransfers: measures,
  useManagedMemory: measures,
  useSpinWait: measures,
  threads: measures,
  useCudaGraph: measures,
  noCudaGraph: measures,
  noSpinWait: measures,
  includeDataTransfers: measures,
  persistentCacheRatio: measures,
  asyncFileReader: measures,
  atol: measures,
  rtol: measures,
  timeDeserialize: measures,
  timeRefit: measures,
  separateProfileRun: measures,
  skipSeparateProfileRun: measures,
  loadInputs: measures,
  useProfile: measures,
  allocationStrategy: measures,
  avgRuns: measures,
  percentile: measures,
  dumpRefit: measures,
  dumpOutput: measures,
  dumpRawBindingsToFile: measures,
  dumpProfile: measures,
  dumpLayerInfo: measures,
  dumpOptimizationProfile: measures,
  exportTimes: measures,
  exportOutput: measures,
  exportProfile: measures,
  getPlanVersionOnly: measures,
  saveDebugTensors: measures,
  saveAllDebugTensors: measures,
  tempdir: measures,
  tempfileControls: measures,
}
