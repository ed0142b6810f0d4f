import { setImmediate } from 'node:timers'
import type { InferenceSlot, SlotInput, SlotResults } from '../engine/backend.js'
import { engineryError } from '../errors/enginery-error.js'
import { fromNative } from '../errors/from-native.js'
import { copyToNative } from '../tensor/tensor-internals.js'
import { AbortWatch } from './abort-watch.js'
import type { BoundInputs } from './bind-inputs.js'
import { type BoundOutputs, type InferenceResult, type OutputCollector, releaseOutputs } from './collect-outputs.js'
import type { ShortLane } from './short-lane.js'

// Smaller copies are cheaper in memory of JavaScript's. Larger ones come from the pool of native memory: a fresh array of
// 4.9 MB costs milliseconds of page faults, and would be copied once more when its job starts.
const COPY_TO_NATIVE_FROM = 32 * 1024

/** One asynchronous inference, from call to answer. */
interface Job {
  inputs: BoundInputs
  /** Whether `inputs` are the queue's own, because the job had to wait. */
  hasOwnInputs: boolean
  /** Bytes of the caller's arrays, which are copied for it. */
  readonly copied: number
  /** Milliseconds that took, where they are many. */
  took: number
  readonly outputs: BoundOutputs | undefined
  readonly signal: AbortSignal | undefined
  readonly resolve: (result: InferenceResult) => void
  readonly reject: (error: unknown) => void
}

/** A slot and the callback it is always started with: the same function, so that it is registered once. */
interface Runner {
  readonly slot: InferenceSlot
  readonly done: (error: Error | null, results: SlotResults | null) => void
  job: Job | undefined
}

/**
 * Runs jobs on a fixed set of slots, first come, first served. A job that must wait gets its own copy of inputs that
 * are not native memory, so that callers may reuse their arrays as soon as the call returns, and its own handle of
 * those that are, so that callers may release them.
 */
export class RequestQueue {
  readonly #collector: OutputCollector
  readonly #lane: ShortLane
  readonly #runners: Runner[]
  readonly #watch = new AbortWatch<Job>((job) => this.#abort(job))
  // The longest idle runner goes next: the engine's own thread has had the most time to let go of it.
  readonly #idle: Runner[]
  #waiting: (Job | undefined)[] = []
  #waitingHead = 0
  #running = 0
  #closed = false
  #whenIdle: (() => void) | undefined
  #lastFinished: InferenceSlot | undefined
  #drainIsDue = false

  constructor(slots: readonly InferenceSlot[], collector: OutputCollector, lane: ShortLane) {
    this.#collector = collector
    this.#lane = lane
    this.#runners = slots.map((slot) => {
      const runner: Runner = { slot, job: undefined, done: (error, results) => this.#finish(runner, error, results) }
      return runner
    })
    this.#idle = [...this.#runners]
  }

  get size(): number {
    return this.#runners.length
  }

  /** The slot whose inference finished last. */
  get lastFinished(): InferenceSlot | undefined {
    return this.#lastFinished
  }

  submit(inputs: BoundInputs, outputs: BoundOutputs | undefined, signal: AbortSignal | undefined): Promise<InferenceResult> {
    const lane = this.#lane
    const copied = bytesToCopy(inputs)
    if (lane.takes(copied) && this.#running === 0 && this.#waiting.length === 0) {
      if (lane.hasTime()) return this.#promiseAtOnce(inputs, outputs, signal, copied)
      // To let it wait takes as long, for its arrays must be copied then.
      if (lane.isCostly(copied)) return this.#promiseNextTurn(inputs, outputs, signal, copied)
    }
    return new Promise((resolve, reject) => {
      const job: Job = { inputs, hasOwnInputs: false, copied, took: 0, outputs, signal, resolve, reject }
      if (signal) this.#watch.add(signal, job)
      const runner = this.#waiting.length > 0 || (lane.ready && !lane.isCostly(copied)) ? undefined : this.#idle.shift()
      if (runner) {
        this.#start(runner, job)
        return
      }
      try {
        this.#timeCopy(job, () => {
          job.inputs = { values: inputs.values.map(ownInput), shapes: inputs.shapes }
        })
        job.hasOwnInputs = true
      } catch (error) {
        this.#settle(job, fromNative(error, { what: 'The engine' }), null)
        return
      }
      this.#waiting.push(job)
      if (this.#lane.ready && this.#running === 0) this.#drainNextTurn()
    })
  }

  /** Whether an inference is short, has nobody before it, and may take some of this turn of the event loop. */
  canRunAtOnce(inputs: BoundInputs): boolean {
    const lane = this.#lane
    return this.#running === 0 && this.#waiting.length === 0 && lane.takes(bytesToCopy(inputs)) && lane.hasTime()
  }

  /** The next turn of the event loop, where inferences that run at once have used up this one and nothing else is under way. */
  nextTurn(): Promise<void> | undefined {
    return this.#running === 0 && this.#waiting.length === 0 && this.#lane.isOutOfTime ? nextTurn() : undefined
  }

  /** Only where {@link canRunAtOnce}. @throws INFERENCE_FAILED */
  runAtOnce(inputs: BoundInputs, outputs: BoundOutputs | undefined, copied = bytesToCopy(inputs)): InferenceResult {
    try {
      return this.#collector.collect(this.#runInLane(inputs, outputs, copied), outputs)
    } catch (error) {
      throw fromNative(error, { what: 'The engine' })
    }
  }

  /** Refuses what waits, cancels what runs, and resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true
    const waiting = this.#waiting.slice(this.#waitingHead)
    this.#waiting = []
    this.#waitingHead = 0
    for (const job of waiting) this.#settle(job as Job, engineryError('ENGINE_CLOSED', { what: 'The engine' }), null)
    if (this.#running > 0) {
      for (const runner of this.#runners) if (runner.job) runner.slot.cancel()
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
      })
    }
    for (const runner of this.#runners) runner.slot.close()
    await this.#lane.close()
  }

  #promiseAtOnce(
    inputs: BoundInputs,
    outputs: BoundOutputs | undefined,
    signal: AbortSignal | undefined,
    copied: number,
  ): Promise<InferenceResult> {
    try {
      const result = this.runAtOnce(inputs, outputs, copied)
      // Whoever aborts before the promise has told of its result is not given one, here as elsewhere.
      if (!signal) return Promise.resolve(result)
      return Promise.resolve(result).then((kept) => {
        refuseAborted(signal)
        return kept
      })
    } catch (error) {
      return Promise.reject(error)
    } finally {
      releaseOutputs(outputs)
    }
  }

  /** Runs it now, and tells of it when the event loop has had its turn. Until then its outputs count as in use. */
  async #promiseNextTurn(
    inputs: BoundInputs,
    outputs: BoundOutputs | undefined,
    signal: AbortSignal | undefined,
    copied: number,
  ): Promise<InferenceResult> {
    try {
      let failure: unknown
      let result: InferenceResult | undefined
      try {
        result = this.runAtOnce(inputs, outputs, copied)
      } catch (error) {
        failure = error
      }
      await nextTurn()
      if (signal) refuseAborted(signal)
      if (!result) throw failure
      return result
    } finally {
      releaseOutputs(outputs)
    }
  }

  #runInLane(inputs: BoundInputs, outputs: BoundOutputs | undefined, copied: number): SlotResults {
    this.#lastFinished = this.#lane.slot
    return this.#lane.run(inputs, outputs, copied)
  }

  #drainNextTurn(): void {
    if (this.#drainIsDue) return
    this.#drainIsDue = true
    setImmediate(() => {
      this.#drainIsDue = false
      if (this.#running === 0) this.#drain()
    })
  }

  /** Runs what waits in the lane, while this turn has time and inferences are short. */
  #drain(): void {
    while (this.#waiting.length > 0 && this.#lane.ready && this.#lane.hasTime()) {
      const job = this.#takeWaiting()
      let results: SlotResults | null = null
      let failure: unknown = null
      try {
        results = this.#runInLane(job.inputs, job.outputs, 0) // what it had to copy is copied
      } catch (error) {
        failure = fromNative(error, { what: 'The engine' })
      }
      this.#settle(job, failure, results)
    }
    if (this.#waiting.length > 0) this.#lane.ready ? this.#drainNextTurn() : this.#startNext()
  }

  #start(runner: Runner, job: Job): void {
    try {
      const start = () => runner.slot.start(runner.done, job.inputs.values, job.inputs.shapes, job.outputs?.memories)
      if (job.hasOwnInputs) start()
      else this.#timeCopy(job, start)
    } catch (error) {
      this.#idle.push(runner)
      this.#settle(job, fromNative(error, { what: 'The engine' }), null)
      return
    }
    runner.job = job
    this.#running++
    // What it needs is bound: without this, memory would return to the pool only when the handle is collected.
    releaseOwnInputs(job)
  }

  #timeCopy(job: Job, copy: () => void): void {
    if (!this.#lane.isCostly(job.copied)) {
      copy()
      return
    }
    const began = this.#lane.now()
    copy()
    job.took = this.#lane.now() - began
  }

  #startNext(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) this.#start(this.#idle.shift() as Runner, this.#takeWaiting())
  }

  /** The job that has waited longest. What has none left is an empty list. */
  #takeWaiting(): Job {
    const job = this.#waiting[this.#waitingHead] as Job
    this.#waiting[this.#waitingHead++] = undefined // its inputs may be large
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting = []
      this.#waitingHead = 0
    } else if (this.#waitingHead > 64 && this.#waitingHead * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#waitingHead)
      this.#waitingHead = 0
    }
    return job
  }

  #finish(runner: Runner, error: Error | null, results: SlotResults | null): void {
    const job = runner.job as Job
    runner.job = undefined
    this.#lastFinished = runner.slot
    this.#running--
    this.#idle.push(runner)
    if (this.#closed) {
      this.#settle(job, error ? engineryError('ENGINE_CLOSED', { what: 'The engine' }, { cause: error }) : null, results)
      if (this.#running === 0) this.#whenIdle?.()
      return
    }
    if (!error) this.#lane.note(runner.slot, job)
    // The next inference starts before this one's promise is told: the engine should not wait for JavaScript.
    if (this.#waiting.length > 0 && !this.#lane.ready) this.#startNext()
    this.#settle(job, error && fromNative(error, { what: 'The engine' }), results)
    if (this.#waiting.length > 0 && this.#lane.ready && this.#running === 0) this.#drain()
  }

  #settle(job: Job, error: unknown, results: SlotResults | null): void {
    if (job.signal) this.#watch.remove(job.signal, job)
    releaseOutputs(job.outputs)
    releaseOwnInputs(job)
    if (job.signal?.aborted) {
      job.reject(engineryError('ABORTED', { what: 'The inference' }, { cause: job.signal.reason }))
    } else if (error) {
      job.reject(error)
    } else {
      try {
        job.resolve(this.#collector.collect(results as SlotResults, job.outputs))
      } catch (failure) {
        job.reject(failure)
      }
    }
  }

  #abort(job: Job): void {
    const runner = this.#runners.find((candidate) => candidate.job === job)
    if (runner) {
      runner.slot.cancel() // the answer comes through `done`
      return
    }
    const index = this.#waiting.indexOf(job, this.#waitingHead)
    if (index < 0) return
    this.#waiting.splice(index, 1)
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting = []
      this.#waitingHead = 0
    }
    this.#settle(job, null, null)
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw engineryError('ABORTED', { what: 'The inference' }, { cause: signal.reason })
}

/** Bytes of arrays of the caller's, which are copied where the inference does not run at once. */
function bytesToCopy({ values }: BoundInputs): number {
  let bytes = 0
  for (const value of values) if (ArrayBuffer.isView(value)) bytes += value.byteLength
  return bytes
}

function ownInput(value: SlotInput): SlotInput {
  if (Array.isArray(value)) return value // strings were copied before
  if (!ArrayBuffer.isView(value)) return value.share()
  if (value.byteLength >= COPY_TO_NATIVE_FROM) return copyToNative(value)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
}

function releaseOwnInputs(job: Job): void {
  if (!job.hasOwnInputs) return
  job.hasOwnInputs = false
  for (const value of job.inputs.values) if (!Array.isArray(value) && !ArrayBuffer.isView(value)) value.release()
}
