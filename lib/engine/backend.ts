import type { ElementType } from '../tensor/element-type.js'

/** A dimension as users write it: a length, any length, or a range (inclusive). */
export type Dimension = number | 'dynamic' | readonly [min: number, max: number | 'dynamic']

/** `null`: even the number of dimensions is unknown. */
export type PartialShape = readonly Dimension[] | null

/** An input or output of an engine. */
export interface Port {
  readonly name: string
  /** Every name the tensor has, `name` among them. */
  readonly names: readonly string[]
  readonly type: ElementType
  readonly shape: PartialShape
}

/** A layer as the engine executes it. */
export interface EngineLayer {
  readonly name: string
  /** Operation as the backend calls it, for example `Convolution`. */
  readonly type: string
  /** Element type that the layer computes in. */
  readonly precision: string
  /** Kernel that was chosen, for example `brgconv_avx512_1x1_I8`. */
  readonly kernel: string
  /** Names of the model's layers that were fused into this one. */
  readonly originalNames: readonly string[]
}

export interface ProfiledLayer {
  readonly name: string
  readonly type: string
  readonly kernel: string
  readonly status: 'executed' | 'not-run' | 'optimized-out'
  /** Microseconds of wall clock. */
  readonly realTime: number
  /** Microseconds of processor time. */
  readonly cpuTime: number
}

/** Memory of a backend that engines read and write in place. */
export interface EngineMemory {
  readonly buffer: ArrayBuffer
  readonly byteLength: number
  readonly released: boolean
  release(): void
  /** Another handle of the same memory, which keeps it until that is released too. Without a buffer. */
  share(): EngineMemory
}

export type SlotInput = ArrayBufferView | EngineMemory | string[]
export type SlotOutput = ArrayBuffer | EngineMemory | string[] | null

/** Outputs in order, then, if any output shape is dynamic, their shapes. */
export type SlotResults = (SlotOutput | number[])[]

/**
 * Room for one running inference. Inputs are checked and positional. `start` has read everything
 * that is not EngineMemory when it returns, and calls `done` exactly once, from the event loop.
 */
export interface InferenceSlot {
  inferSync(inputs: SlotInput[], shapes?: (number[] | undefined)[], outputs?: (EngineMemory | undefined)[]): SlotResults
  start(
    done: (error: Error | null, results: SlotResults | null) => void,
    inputs: SlotInput[],
    shapes?: (number[] | undefined)[],
    outputs?: (EngineMemory | undefined)[],
  ): void
  cancel(): void
  profile(): ProfiledLayer[]
  /** Milliseconds of the last finished inference. */
  readonly latency: number
  close(): void
}

/** What every backend makes of a model. */
export interface CompiledEngine {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Requests that keep the device busy, as the backend reports it or the caller asked for. */
  readonly requestCount: number
  /** Devices that really execute it. */
  readonly executionDevices: readonly string[]
  /** Whether times per layer are collected. */
  readonly profiles: boolean
  createSlots(count: number): Promise<InferenceSlot[]>
  createSlotSync(): InferenceSlot
  /**
   * A slot for inferences of microseconds: its `inferSync` computes on the calling thread alone and wakes no other.
   * Undefined where the engine has none. To be closed before the engine.
   */
  createShortSlot(): Promise<InferenceSlot | undefined>
  /** Layers that compute something; constants and the graph's own ends are left out. */
  layers(): Promise<EngineLayer[]>
  /** Writes the backend's own bytes to a new file and flushes them. */
  exportTo(path: string): Promise<void>
  close(): Promise<void>
}

export type BuildStage =
  | 'digest'
  | 'cache'
  | 'quantize'
  | 'convert'
  | 'read'
  | 'reshape'
  | 'preprocess'
  | 'compile'
  | 'store'
  | 'requests'
  | 'done'

/** Told at the start of each stage. */
export interface BuildProgress {
  readonly stage: BuildStage
  /** Stages finished, over all stages of this build: 0 to 1. Not a share of time. */
  readonly fraction: number
  /** Milliseconds since the build began. */
  readonly elapsed: number
}

export interface DeviceInfo {
  readonly backend: string
  /** As `device` options take it: `CPU`, `GPU.0`. */
  readonly name: string
  readonly fullName: string
  /** `FP32`, `BF16`, `INT8`, ... as the backend reports them. */
  readonly capabilities: readonly string[]
}

export interface BackendStatus {
  readonly name: string
  readonly available: boolean
  readonly version?: string
  /** Why it is not available, and what to do. */
  readonly reason?: string
  readonly cure?: string
}
