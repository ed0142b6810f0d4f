/**
 * The typed surface of `tensorrt-v10.node`, `tensorrt-v11.node` and `tensorrt-rtx.node`: one source, compiled for each line
 * of TensorRT. Names of options are strings, never TensorRT's numbers, which differ between lines.
 *
 * Codes of failures: `TRT_LIBRARY`, `TRT_VERSION`, `TRT_OTHER_LIBRARY`, `TRT_NOT_OPEN`, `TRT_NO_BUILDER`, `TRT_NO_PARSER`,
 * `TRT_NO_RUNTIME`, `TRT_BUILDER`, `TRT_CONFIG`, `TRT_PROFILE`, `TRT_TIMING_CACHE`, `TRT_CUDA`, `TRT_BUILD`,
 * `TRT_NETWORK`, `TRT_PLUGIN`, `TRT_INSPECT`,
 * `TRT_CALIBRATION`, `NATIVE_...`.
 */

import type { NativeCalibration, NativeCalibrationResult } from './tensorrt-calibration.js'
import type { NativeNetworkDefinition, NativeNetworkNames } from './tensorrt-network.js'

export type TensorRtLine = 'v10' | 'v11' | 'rtx'

/** Paths of one installation; empty or absent where it lacks the library. */
export interface NativeTensorRtPaths {
  core: string
  parser?: string
  plugins?: string
}

export interface NativeTensorRtLibrary {
  /** `10.15.1.29` */
  version: string
  core: string
  /** False for lean and dispatch runtimes. */
  hasBuilder: boolean
  hasParser: boolean
}

export interface NativeCudaDevice {
  name: string
  /** `8.9` */
  computeCapability: string
  memoryBytes: number
  multiprocessors: number
}

/** `reason` where there is no driver or no device; the rest else. */
export interface NativeCudaDriver {
  reason?: string
  /** As the driver says it: 13000 for 13.0. */
  version?: number
  devices?: NativeCudaDevice[]
}

/** Every name that the addon and the library in use take, by group. */
export interface NativeTensorRtNames {
  flags: string[]
  memoryPools: string[]
  tacticSources: string[]
  previewFeatures: string[]
  choices: string[]
  numbers: string[]
  parserFlags: string[]
  /** What layers of networks choose from. */
  network: NativeNetworkNames
  /** Whether plans can be made for compute capabilities that are not here. */
  computeCapabilities: boolean
}

export interface NativeBuilderSettings {
  flags: Record<string, boolean>
  /** Bytes. */
  memoryPools: Record<string, number>
  tacticSources?: string[]
  previewFeatures: Record<string, boolean>
  choices: Record<string, string>
  numbers: Record<string, number>
  /** 89 for 8.9; 1 for the device that is here. */
  computeCapabilities?: number[]
  /** Libraries that a version compatible plan takes along. */
  pluginsToSerialize?: string[]
}

/** What is asked of the layers that a name, or a pattern with one `*`, stands for. */
export interface NativeLayerRule {
  pattern: string
  /** One, or of output types one for each output. */
  values: string[]
}

/** Of several patterns that match the last counts; a layer's own name counts more than any. */
export interface NativeLayerSettings {
  /** 10.x: `f16`, ... */
  precisions?: NativeLayerRule[]
  /** 10.x */
  outputTypes?: NativeLayerRule[]
  /** `gpu`, `dla` */
  devices?: NativeLayerRule[]
}

/** A rule that did nothing. */
export interface NativeUnusedRule {
  group: 'precision' | 'output-type' | 'device'
  pattern: string
  /** `not-float`: all layers that match compute on integers; `outputs`: the layer has another number of them. */
  reason: 'no-layer' | 'not-float' | 'outputs'
}

export interface NativeProfileRange {
  input: string
  /** Of an input that is a shape tensor: its values, not its dimensions. */
  values?: boolean
  min: number[]
  opt: number[]
  max: number[]
}

export interface NativeCheckRequest {
  /** Bytes of an ONNX file. */
  model: Uint8Array
  /** The file that external data lies beside. */
  modelPath?: string
  /** Libraries of plugins, opened and of the kind `creators`. Not on RTX. */
  plugins?: string[]
}

/** Of a model, or of a network. */
export interface NativeBuildRequest extends Partial<NativeCheckRequest> {
  network?: NativeNetworkDefinition
  parserFlags?: string[]
  /** A version compatible plan takes along no libraries but those of `pluginsToSerialize`: else those of NVIDIA's that it needs. */
  ignoreParserPlugins?: boolean
  /** 10.x; other lines know no other networks. */
  stronglyTyped?: boolean
  settings?: NativeBuilderSettings
  layers?: NativeLayerSettings
  /** Fixed dimensions for inputs that the model leaves open. */
  inputShapes?: Record<string, number[]>
  maxThreads?: number
  profiles?: NativeProfileRange[][]
  /** Bytes to begin with, empty for a new one; absent where timing caches are left alone. */
  timingCache?: Uint8Array
  ignoreTimingMismatch?: boolean
  /** 10.x: as NativeCalibration has it. */
  calibration?: NativeCalibration
  /** 10.x: index into `profiles`. */
  calibrationProfile?: number
  /** 10.x: in its place, a profile of its own. */
  calibrationRanges?: NativeProfileRange[]
  /** 10.x: [min, max] by tensor name. */
  dynamicRanges?: Record<string, [min: number, max: number]>
  /** Keep a line for everything that TensorRT tries. */
  verbose?: boolean
  /** Make network, config and profiles, and build nothing. */
  onlyDescribe?: boolean
  /** Ordinal of the GPU. */
  device?: number
}

export type NativeBuildEvent =
  | { kind: 'start'; phase: string; parent: string | null; steps: number }
  | { kind: 'step'; phase: string; step: number }
  | { kind: 'finish'; phase: string }

export interface NativeParserProblem {
  /** `unsupported-node`, `invalid-graph`, ... */
  code: string
  description: string
  /** Number of the node in the graph; -1 where none is to blame. */
  node: number
  nodeName: string
  nodeOperator: string
  /** Local functions around the node, outermost first. */
  functions: string[]
}

export interface NativeNetworkTensor {
  name: string
  type: string
  /** -1 where open. */
  shape: number[]
  /** Asked of inputs alone. */
  isShapeTensor: boolean
}

export interface NativeNetworkLayer {
  name: string
  type: string
  /** What of several things it does: `max` of a pooling, `sum` of an elementwise layer; absent of layers that do just one. */
  operation?: string
  inputs: string[]
  outputs: NativeNetworkTensor[]
  /** What was set of this layer alone, as TensorRT gives it back; absent where nothing was. Its parser sets that of indices. */
  precision?: string
  /** Of each output; empty where nothing was set of it. */
  outputTypes?: string[]
  device?: string
}

export interface NativeNetwork {
  inputs: NativeNetworkTensor[]
  outputs: NativeNetworkTensor[]
  layers: NativeNetworkLayer[]
}

export interface NativeLogLine {
  severity: 'internal-error' | 'error' | 'warning' | 'info' | 'verbose'
  text: string
  /** From a thread of TensorRT's own: it may belong to another build of this process. */
  ofAnyBuild: boolean
}

export interface NativeTensorRtFailure extends Error {
  code: string
}

export interface NativeBuildOutcome {
  kind: 'built' | 'described' | 'not-parsed' | 'failed' | 'cancelled'
  plan?: ArrayBuffer
  timingCache?: ArrayBuffer
  /** Read back from the config. */
  settings: Required<NativeBuilderSettings>
  network: NativeNetwork
  problems: NativeParserProblem[]
  /** As TensorRT's error recorder got them. */
  errors: { code: string; text: string }[]
  log: NativeLogLine[]
  /** What the builder wrote of the layers that it made, a line each; with detailed profiling verbosity. */
  layerInformation?: string
  /** Names of `dynamicRanges` that the network has no tensor of. */
  unmatchedRanges: string[]
  /** By input: the lengths that samples are calibrated in, read back from the config. Empty but for 10.x. */
  calibrationShapes: Record<string, number[]>
  /** With any of these nothing was built. */
  unusedRules: NativeUnusedRule[]
  /** What failed before TensorRT was asked to build. */
  refused?: NativeTensorRtFailure
  calibrationFailure?: NativeTensorRtFailure
  /** What the provider of batches threw. */
  thrown?: unknown
  calibration?: NativeCalibrationResult
}

export interface NativeModelCheck {
  supported: boolean
  problems: NativeParserProblem[]
  /** Nodes that TensorRT takes together, or does not. */
  parts: { supported: boolean; nodes: number[] }[]
  log: NativeLogLine[]
}

export interface NativeInspectRequest {
  plan: Uint8Array
  /** Ordinal of the GPU. */
  device?: number
  /** Whether code for the host that the plan may hold is allowed to run: for plans that were just built. */
  hostCode?: boolean
  /** Libraries of plugins that the plan needs and does not hold, as for a build. */
  plugins?: string[]
}

export interface NativeBuild {
  done: Promise<NativeBuildOutcome>
  /** Asks TensorRT to stop after the step it is at. */
  cancel(): void
}

/** What TensorRT measured for a layer in one form. */
export interface NativeTimingEntry {
  /** 0x and 32 hexadecimal digits. */
  key: string
  /** 0x and 16 hexadecimal digits. */
  tactic: string
  milliseconds: number
}

export interface NativeTimingReport {
  /** After the changes. */
  entries: NativeTimingEntry[]
  /** Keys of changes that TensorRT refused. */
  refused: string[]
  /** With the changes in it; absent where there were none. */
  bytes?: ArrayBuffer
}

export interface TensorRtAddon {
  readonly line: TensorRtLine
  /** Version of the headers that it was compiled with: `10.16`. */
  readonly headers: string
  /** The first call decides which library this process uses; the same paths again answer at once. */
  open(paths: NativeTensorRtPaths): Promise<NativeTensorRtLibrary>
  /** @param path of the driver's library, for example `libcuda.so.1` */
  driver(path: string): Promise<NativeCudaDriver>
  names(): NativeTensorRtNames
  /**
   * Loads a library of plugins for good. `creators`: builds name it in `plugins`; `registered`: its plugins are in the registry of
   * the process from now on. Rejects with `TRT_PLUGIN_LIBRARY` and the linker's words.
   *
   * @param path absolute
   */
  openPlugins(path: string): Promise<'creators' | 'registered'>
  build(request: NativeBuildRequest, onEvent?: (event: NativeBuildEvent) => void): NativeBuild
  /** Null where TensorRT refuses one of them. Not on RTX. */
  combineTimingCaches(stored: Uint8Array, added: Uint8Array, device: number): Promise<ArrayBuffer | null>
  /**
   * Entries of a timing cache, after changes; one without a tactic takes its entry out. `TRT_UNSUPPORTED` on RTX and before 10.8,
   * `TRT_TIMING_CACHE` where TensorRT does not take the bytes.
   */
  editTimingCache(
    bytes: Uint8Array,
    changes: readonly (Pick<NativeTimingEntry, 'key'> & Partial<NativeTimingEntry>)[],
    device: number,
  ): Promise<NativeTimingReport>
  /** What TensorRT's inspector says of the layers of a plan, as JSON. Rejects with `TRT_CUDA` where there is no device. */
  inspectPlan(request: NativeInspectRequest): Promise<string>
  checkModel(request: NativeCheckRequest): Promise<NativeModelCheck>
}
