import type { CompiledEngine, EngineLayer, InferenceSlot, Port, ProfiledLayer, SlotResults } from '../engine/backend.js'
import { countPrecisions } from '../engine/engine-layers.js'
import { engineryError } from '../errors/enginery-error.js'
import { fromNative } from '../errors/from-native.js'
import { requireText } from '../errors/require-argument.js'
import { type BoundInputs, type InferenceInputs, InputBinder } from './bind-inputs.js'
import {
  type BoundOutputs,
  bindOutputs,
  type InferenceResult,
  OutputCollector,
  type OutputTensors,
  releaseOutputs,
} from './collect-outputs.js'
import { defaultWindow } from './default-window.js'
import { type InputSource, inferInOrder } from './infer-many.js'
import { RequestQueue } from './request-queue.js'
import { type HandOver, ShortLane } from './short-lane.js'

const nothingCopied: HandOver = { copied: 0, took: 0 }

export interface InferOptions {
  /** Cancels this inference; its promise rejects with ABORTED. */
  signal?: AbortSignal | undefined
  /** Tensors from `Tensor.allocate` to write into, for some or all outputs. */
  outputs?: OutputTensors | undefined
}

export interface InferManyOptions {
  signal?: AbortSignal | undefined
  /**
   * Inputs taken from the source and not yet handed out as results. Default: twice the requests; as many as requests where
   * inputs and outputs of one inference take a MiB or more, since what is under way then soon exceeds the processor's cache.
   */
  window?: number | undefined
}

/** What an engine is, for people and for reports. */
export interface EngineDescription {
  readonly backend: string
  /** As it was asked for. */
  readonly device: string
  /** What really executes it. */
  readonly executionDevices: readonly string[]
  readonly precision: string
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Inferences that may run at the same time. */
  readonly requests: number
  readonly layers: readonly EngineLayer[]
  /** Executed layers per precision, for example `{ f32: 61, u8: 12 }`. */
  readonly precisions: Readonly<Record<string, number>>
  /** Things worth knowing, for example that a shape stayed dynamic. */
  readonly notes: readonly string[]
}

/** What the engine was built from and for; the room above writes it to disk. */
export interface EngineIdentity {
  readonly backend: string
  readonly device: string
  readonly precision: string
  readonly notes: readonly string[]
  /** Writes the engine and its manifest. */
  readonly save: (path: string, compiled: CompiledEngine) => Promise<void>
}

/**
 * A compiled model, ready to run. Made by {@link buildEngine} and {@link loadEngine}.
 *
 * All `infer` calls of one engine share a fixed set of requests; calls beyond it wait their turn. Nothing blocks the
 * event loop except `inferSync`: inferences of microseconds, and those that take no longer than to copy their arrays for another
 * thread, are computed on the calling thread and give it its turn every millisecond. Close it, or let `await using` do so, to free its memory at once.
 *
 * @example
 * await using engine = await buildEngine({ model: 'squeezenet.onnx' })
 * const { softmaxout_1 } = await engine.infer({ data_0: new Float32Array(3 * 224 * 224) })
 */
export class Engine {
  /** Inputs in the model's order. */
  readonly inputs: readonly Port[]
  /** Outputs in the model's order. */
  readonly outputs: readonly Port[]
  readonly #compiled: CompiledEngine
  readonly #identity: EngineIdentity
  readonly #lane: ShortLane
  readonly #queue: RequestQueue
  readonly #binder: InputBinder
  readonly #collector: OutputCollector
  #syncSlot: InferenceSlot | undefined
  #lastSync: InferenceSlot | undefined
  #syncWasLast = false
  #closing: Promise<void> | undefined

  /** @internal Use {@link buildEngine} or {@link loadEngine}. */
  constructor(compiled: CompiledEngine, slots: readonly InferenceSlot[], identity: EngineIdentity) {
    this.inputs = compiled.inputs
    this.outputs = compiled.outputs
    this.#compiled = compiled
    this.#identity = identity
    this.#collector = new OutputCollector(compiled.outputs)
    this.#lane = new ShortLane(() => compiled.createShortSlot())
    this.#queue = new RequestQueue(slots, this.#collector, this.#lane)
    this.#binder = new InputBinder(compiled.inputs)
  }

  /** Inferences that may run at the same time. */
  get requests(): number {
    return this.#queue.size
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Runs one inference without blocking the event loop.
   *
   * Typed arrays are copied before this returns, so they may be changed at once. A Tensor from `Tensor.allocate` is
   * read in place: leave it alone until the promise settles. The result's tensors are the caller's.
   *
   * @param inputs values by input name; for a single input, the value itself
   * @returns output tensors by name
   * @throws the INPUT_, OUTPUT_ and TENSOR_ codes, INFERENCE_FAILED, ABORTED, ENGINE_CLOSED (all as rejections)
   */
  infer(inputs: InferenceInputs, options?: InferOptions): Promise<InferenceResult> {
    let given: BoundOutputs | undefined
    try {
      this.#refuseClosed()
      const signal = options?.signal
      if (signal?.aborted) throw engineryError('ABORTED', { what: 'The inference' }, { cause: signal.reason })
      // Outputs first: a tensor that is also an input is then found to be in use.
      if (options?.outputs) given = bindOutputs(this.outputs, options.outputs)
      const bound = this.#binder.bind(inputs)
      this.#refuseClosed() // what was passed may have getters, which may have closed it
      this.#syncWasLast = false
      return this.#queue.submit(bound, given, signal)
    } catch (error) {
      releaseOutputs(given)
      return Promise.reject(error)
    }
  }

  /**
   * Runs one inference on the calling thread and blocks the event loop meanwhile. Large typed arrays are read in
   * place, without a copy. In a loop that never yields, pass `outputs`, or release results you are done with.
   */
  inferSync(inputs: InferenceInputs, options?: Pick<InferOptions, 'outputs'>): InferenceResult {
    this.#refuseClosed()
    const given = options?.outputs ? bindOutputs(this.outputs, options.outputs) : undefined
    try {
      const bound = this.#binder.bind(inputs)
      this.#refuseClosed()
      return this.#collector.collect(this.#runHere(bound, given), given)
    } catch (error) {
      throw fromNative(error, { what: 'The engine' })
    } finally {
      releaseOutputs(given)
    }
  }

  /**
   * Runs a stream of inputs with all requests busy; results come in the order of the inputs. At most `window` inputs
   * are taken ahead of the consumer. When the iteration ends, early or by an error, nothing of it runs any more.
   *
   * @example
   * for await (const { output } of engine.inferMany(frames())) draw(output)
   */
  inferMany(
    source: InputSource<InferenceInputs>,
    options: InferManyOptions = {},
  ): AsyncGenerator<InferenceResult, void, undefined> {
    const { signal, window = defaultWindow(this) } = options ?? {}
    const inferOptions = signal && { signal }
    const pause = () => this.#queue.nextTurn()
    return inferInOrder(source, (inputs) => this.#answer(inputs, inferOptions), window, signal, pause)
  }

  /** Layers, precisions and devices as executed. */
  async describe(): Promise<EngineDescription> {
    this.#refuseClosed()
    const layers = await this.#compiled.layers()
    const precisions = countPrecisions(layers)
    const { backend, device, precision, notes } = this.#identity
    return {
      backend,
      device,
      executionDevices: this.#compiled.executionDevices,
      precision,
      inputs: this.inputs,
      outputs: this.outputs,
      requests: this.requests,
      layers,
      precisions,
      notes,
    }
  }

  /**
   * Time per layer of the inference that finished last.
   * @throws PROFILE_UNAVAILABLE unless the engine was built with `hints: { profile: true }` and has run
   */
  profile(): ProfiledLayer[] {
    this.#refuseClosed()
    if (!this.#compiled.profiles) throw engineryError('PROFILE_UNAVAILABLE', { reason: 'the engine was built without it' })
    const slot = this.#lastSlot()
    if (!slot) throw engineryError('PROFILE_UNAVAILABLE', { reason: 'no inference has finished yet' })
    try {
      return slot.profile()
    } catch (error) {
      throw engineryError('PROFILE_UNAVAILABLE', { reason: (error as Error).message }, { cause: error })
    }
  }

  /**
   * Milliseconds that the inference which finished last took inside the engine; undefined before the first, and once the
   * engine is closed.
   */
  get lastLatency(): number | undefined {
    return this.#closing ? undefined : this.#lastSlot()?.latency
  }

  /**
   * Writes the backend's own bytes to `path` and a manifest to `path`.json. Both appear whole or not at all; what was
   * there before stays as it is when writing fails.
   * @throws OPTION_INVALID, FILE_NOT_WRITTEN, ENGINE_EXPORT_FAILED
   */
  async save(path: string): Promise<void> {
    this.#refuseClosed()
    requireText(path, 'the path of a file', 'path', this.save)
    await this.#identity.save(path, this.#compiled)
  }

  /** Refuses further calls, cancels what runs (ENGINE_CLOSED), and resolves when all memory is free. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #shutDown(): Promise<void> {
    await this.#queue.close()
    this.#syncSlot?.close()
    await this.#compiled.close()
  }

  /** As `infer`, but the result itself where it is there at once: most of what a short inference costs is its promise. */
  #answer(inputs: InferenceInputs, options: InferOptions | undefined): InferenceResult | Promise<InferenceResult> {
    this.#refuseClosed()
    const bound = this.#binder.bind(inputs)
    this.#refuseClosed()
    this.#syncWasLast = false
    const queue = this.#queue
    if (queue.canRunAtOnce(bound)) return queue.runAtOnce(bound, undefined)
    const signal = options?.signal
    if (signal?.aborted) throw engineryError('ABORTED', { what: 'The inference' }, { cause: signal.reason })
    return queue.submit(bound, undefined, signal)
  }

  #runHere(inputs: BoundInputs, outputs: BoundOutputs | undefined): SlotResults {
    this.#syncWasLast = true
    if (this.#lane.ready) {
      this.#lastSync = this.#lane.slot
      return this.#lane.run(inputs, outputs, 0)
    }
    this.#syncSlot ??= this.#compiled.createSlotSync()
    this.#lastSync = this.#syncSlot
    const results = this.#syncSlot.inferSync(inputs.values, inputs.shapes, outputs?.memories)
    this.#lane.note(this.#syncSlot, nothingCopied)
    return results
  }

  #lastSlot(): InferenceSlot | undefined {
    return this.#syncWasLast ? this.#lastSync : this.#queue.lastFinished
  }

  #refuseClosed(): void {
    if (this.#closing) throw engineryError('ENGINE_CLOSED', { what: 'The engine' })
  }
}
