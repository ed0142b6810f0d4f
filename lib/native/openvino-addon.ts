/**
 * The typed surface of `openvino.node`. Nothing here validates: callers in `lib/` have parsed
 * everything already, and the addon only checks handles, lengths and lifetimes.
 *
 * Every failure is an `Error` with a `code` from {@link NativeErrorCode} and, where OpenVINO wrote
 * log lines during the failed call, an `engineLog` array.
 */

/** `code` of every error that leaves the addon. */
export type NativeErrorCode =
  | 'NATIVE_ARGUMENT' // a handle or value the typed layer should not have let through
  | 'NATIVE_CLOSED' // the object was closed
  | 'NATIVE_BUSY' // the request is running
  | 'NATIVE_CANCELLED' // the inference was cancelled
  | 'NATIVE_TENSOR' // data does not fit the port: message names port, expected and received
  | 'NATIVE_MEMORY' // allocation failed
  | 'NATIVE_FILE' // the operating system refused a file; message carries path and reason
  | 'OV_READ'
  | 'OV_MODEL_BYTES' // the file is damaged: found before OpenVINO saw it
  | 'OV_MODEL' // an operation on a model: reshape, add output, serialize, ...
  | 'OV_PREPROCESS'
  | 'OV_COMPILE'
  | 'OV_IMPORT'
  | 'OV_EXPORT'
  | 'OV_INFER'
  | 'OV_DEVICE'
  | 'OV_PROPERTY'
  | 'OV_EXTENSION'

export interface NativeError extends Error {
  code: NativeErrorCode
  engineLog?: string[]
}

/** A dimension: a length, -1 for "any", or `[min, max]` (max -1 for unbounded). */
export type NativeDimension = number | [min: number, max: number]

/** `null`: the rank itself is dynamic. */
export type NativePartialShape = NativeDimension[] | null

/** Element types by our names: f32 f16 bf16 f64 i8 u8 i16 u16 i32 u32 i64 u64 i4 u4 bool string; others as OpenVINO prints them. */
export type NativeElementType = string

export interface NativePort {
  /** The first name, or the producing operation's name where the tensor has none. */
  name: string
  /** All tensor names, sorted. */
  names: string[]
  type: NativeElementType
  shape: NativePartialShape
}

/** What a property may hold on its way in (strings are parsed by OpenVINO) and out. */
export type NativePropertyValue =
  | string
  | number
  | boolean
  | NativePropertyValue[]
  | { [key: string]: NativePropertyValue }
  | null

export interface NativeOperation {
  name: string
  /** OpenVINO operation type, for example `Convolution`. */
  type: string
  /** Operation set, for example `opset1`. */
  version: string
  outputs: { type: NativeElementType; shape: NativePartialShape }[]
  /** Bytes of a Constant, otherwise 0. */
  constantBytes: number
}

/** A layer of the executed graph, as the plugin reports it. */
export interface NativeRuntimeLayer {
  name: string
  type: string
  /** Element type of the first output as executed. */
  precision: NativeElementType
  /** `runtimePrecision`, `primitiveType`, `originalLayersNames`, `execOrder`, ... exactly as reported. */
  info: Record<string, string>
  outputs: { type: NativeElementType; shape: NativePartialShape }[]
}

export interface NativeProfiledLayer {
  name: string
  type: string
  /** Kernel chosen by the plugin, for example `brgconv_avx512_I8`. */
  kernel: string
  status: 'executed' | 'not-run' | 'optimized-out'
  /** Microseconds. */
  realTime: number
  /** Microseconds. */
  cpuTime: number
}

export type NativeModelSource =
  | { path: string; weightsPath?: string }
  | { bytes: Uint8Array; weights?: Uint8Array; format: 'onnx' | 'ir' | 'tflite' | 'paddle' | 'tensorflow' }

/** Pre- and post-processing, applied in the order written. Shapes and lists are parsed already. */
export interface NativePreprocess {
  inputs: NativeInputPreprocess[]
  outputs: NativeOutputPreprocess[]
}

export type NativeColor =
  | 'RGB'
  | 'BGR'
  | 'GRAY'
  | 'RGBX'
  | 'BGRX'
  | 'NV12_SINGLE_PLANE'
  | 'NV12_TWO_PLANES'
  | 'I420_SINGLE_PLANE'
  | 'I420_THREE_PLANES'

export interface NativeInputPreprocess {
  /** Tensor name or index of the model's input. */
  port: string | number
  /** What the caller will pass. */
  tensor: {
    type?: NativeElementType
    layout?: string
    color?: NativeColor
    /** Names of the planes for multi-plane colour formats. */
    planes?: string[]
    shape?: NativePartialShape
    /** Height and width of the caller's picture: fixed, or 'dynamic'. */
    spatial?: { height: number; width: number } | 'dynamic'
  }
  steps: NativePreprocessStep[]
  /** What the model expects. */
  modelLayout?: string
}

export type NativePreprocessStep =
  | { kind: 'convertElementType'; type?: NativeElementType }
  | { kind: 'convertColor'; color: NativeColor }
  | { kind: 'convertLayout'; layout?: string }
  | {
      kind: 'resize'
      algorithm: 'linear' | 'cubic' | 'nearest' | 'bilinear-pillow' | 'bicubic-pillow'
      height?: number
      width?: number
    }
  | { kind: 'mean'; values: number[] }
  | { kind: 'scale'; values: number[] }
  | { kind: 'crop'; begin: number[]; end: number[] }
  // One value, for all channels: OpenVINO has no other.
  | { kind: 'pad'; begin: number[]; end: number[]; values: number[]; mode: 'constant' | 'edge' | 'reflect' | 'symmetric' }
  | { kind: 'reverseChannels' }
  | { kind: 'clamp'; min: number; max: number }

export interface NativeOutputPreprocess {
  port: string | number
  modelLayout?: string
  tensor: { type?: NativeElementType; layout?: string }
  steps: (
    | { kind: 'convertElementType'; type?: NativeElementType }
    | { kind: 'convertLayout'; layout?: string }
    | { kind: 'convertColor'; color: NativeColor }
    | { kind: 'clamp'; min: number; max: number }
  )[]
}

/** A graph that can still be changed. Methods without a promise take microseconds. */
export interface NativeModel {
  readonly name: string
  inputs(): NativePort[]
  outputs(): NativePort[]
  operations(): Promise<NativeOperation[]>
  /** Keys are tensor names. */
  reshape(shapes: Record<string, NativePartialShape>): Promise<void>
  reshapeSync(shapes: Record<string, NativePartialShape>): void
  /** Sets the batch dimension of every input (needs a layout with N, or rank > 1 with a dynamic or equal first dimension). */
  setBatch(batch: number): Promise<void>
  /** By tensor name, or by operation name and output index. Returns the new output. */
  addOutput(tensor: string | { operation: string; index: number }): NativePort
  /** Value at a path of runtime information (all of it for an empty path), or undefined. */
  rtInfo(path: string[]): NativePropertyValue | undefined
  /** A list becomes text with blanks between its items, as OpenVINO writes labels. */
  setRtInfo(path: string[], value: NativePropertyValue): void
  preprocess(description: NativePreprocess): Promise<void>
  clone(): Promise<NativeModel>
  /** Writes IR: `xml` and `bin` paths. */
  serialize(xmlPath: string, binPath: string): Promise<void>
  close(): void
}

export interface NativeCompiledModel {
  inputs(): NativePort[]
  outputs(): NativePort[]
  getProperty(name: string): NativePropertyValue
  setProperties(properties: Record<string, NativePropertyValue>): void
  runtimeGraph(): Promise<NativeRuntimeLayer[]>
  /** Writes OpenVINO's bytes to `path` (created, truncated) and flushes them to disk. */
  exportTo(path: string): Promise<void>
  exportBytes(): Promise<ArrayBuffer>
  /**
   * The same engine once more, with other properties, from the bytes that exportBytes() gives. `null` where they are more than
   * `atMost`, and where the engine keeps values from one inference to the next, which the two would not share.
   */
  compileAgain(
    device: string,
    properties: Record<string, NativePropertyValue>,
    atMost: number,
  ): Promise<NativeCompiledModel | null>
  createRequests(count: number): Promise<NativeRequest[]>
  createRequestsSync(count: number): NativeRequest[]
  releaseMemory(): Promise<void>
  /** Drops this handle; memory goes when the last request is closed. */
  close(): Promise<void>
}

/** One input: a view of exactly the port's byte length, memory of ours, or strings. */
export type NativeInput = ArrayBufferView | NativeMemory | string[]

/** Outputs come as plain memory of V8's (small), memory of ours (large), or strings. */
export type NativeOutput = ArrayBuffer | NativeMemory | string[] | null

/**
 * A slot that runs one inference at a time.
 *
 * `inputs` are positional. `shapes[i]` must be given where input i has a dynamic shape (else undefined/omitted array).
 * `outputs[i]`, where given, is written to instead of new memory; its entry in the result is null.
 * The result has one entry per output, followed, if any output shape is dynamic, by one shape per output.
 */
export interface NativeRequest {
  inferSync(
    inputs: NativeInput[],
    shapes?: (number[] | undefined)[],
    outputs?: (NativeMemory | undefined)[],
  ): (NativeOutput | number[])[]
  /** Copies views and strings before it returns; memory of ours is used in place. `done` is called once, from the event loop. */
  start(
    done: (error: NativeError | null, results: (NativeOutput | number[])[] | null) => void,
    inputs: NativeInput[],
    shapes?: (number[] | undefined)[],
    outputs?: (NativeMemory | undefined)[],
  ): void
  /** Asks a running inference to stop; `done` is then called with NATIVE_CANCELLED unless it had finished. */
  cancel(): void
  /** Needs the model compiled with PERF_COUNT. Of the last finished inference. */
  profile(): NativeProfiledLayer[]
  /** Milliseconds from start to end of the last finished inference. */
  readonly latency: number
  readonly busy: boolean
  /** Not while busy. */
  close(): void
}

/** Native memory, aligned to 64 bytes, that engines read and write in place. */
export interface NativeMemory {
  /** The same ArrayBuffer every time; not transferable; detached by release(). */
  readonly buffer: ArrayBuffer
  readonly byteLength: number
  readonly released: boolean
  /** Detaches `buffer` and hands the pages back for reuse (after a running inference has finished with them). */
  release(): void
  /** Another handle of the same pages, without a buffer: they stay until both are released. */
  share(): NativeMemory
}

export interface OpenVinoAddon {
  /** The OpenVINO library that was loaded. */
  version(): { buildNumber: string; description: string }
  devices(): Promise<string[]>
  devicesSync(): string[]
  /** Versions of the plugins behind a device name. */
  pluginVersions(device: string): Promise<Record<string, { buildNumber: string; description: string }>>
  /** `device` '' is the core itself. */
  getProperty(device: string, name: string): Promise<NativePropertyValue>
  getPropertySync(device: string, name: string): NativePropertyValue
  setProperties(device: string, properties: Record<string, NativePropertyValue>): Promise<void>
  /** A shared library with operations. */
  addExtension(path: string): Promise<void>
  readModel(source: NativeModelSource): Promise<NativeModel>
  readModelSync(source: NativeModelSource): NativeModel
  compileModel(model: NativeModel, device: string, properties: Record<string, NativePropertyValue>): Promise<NativeCompiledModel>
  compileModelSync(model: NativeModel, device: string, properties: Record<string, NativePropertyValue>): NativeCompiledModel
  /** `path`: a file with OpenVINO's bytes. The caller has verified them: damaged bytes may end the process. */
  importModel(
    source: { path: string } | { bytes: Uint8Array },
    device: string,
    properties: Record<string, NativePropertyValue>,
  ): Promise<NativeCompiledModel>
  importModelSync(
    source: { path: string } | { bytes: Uint8Array },
    device: string,
    properties: Record<string, NativePropertyValue>,
  ): NativeCompiledModel
  Memory: {
    /** Contents are zero for a fresh block, arbitrary for a reused one unless `zero`. */
    new (byteLength: number, zero?: boolean): NativeMemory
  }
  /** Native memory, inferences running in this environment, and calls in flight in the whole process. */
  memoryStatistics(): { liveBytes: number; freeBytes: number; liveBlocks: number; running: number; inFlight: number }
  /** Receives OpenVINO's log lines; null restores silence. Does not keep the process alive. */
  setLogListener(listener: ((line: string) => void) | null): void
}
