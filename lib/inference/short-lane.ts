import { setImmediate } from 'node:timers'
import type { InferenceSlot, SlotResults } from '../engine/backend.js'
import type { BoundInputs } from './bind-inputs.js'
import type { BoundOutputs } from './collect-outputs.js'
import { LaneJudge } from './lane-judge.js'

// Milliseconds. Starting an inference on another thread and hearing of its end takes the JavaScript thread 0.008 to 0.02 (an
// OpenVINO request, two wake-ups, an event), and other cores as much again. What computes for less is better computed here.
const WORTH_HANDING_OVER = 0.015
// As seen from outside, on threads that may have to wake up first.
const MAY_BE_SHORT = 0.2
// So much slower than it should be is more than chance.
const VERY_SLOW = 1
// How long the lane may keep the event loop from its turn. The first inference of a turn is always taken.
const TURN = 1
// Bytes from which on copying an array counts in what handing over costs.
const COSTLY_COPY = 2 ** 17
// In times of the copy: besides the copying here, another core reads the copy again, out of a cache that it no longer fits.
const WORTH_COPYING = 1.5
const COPIES_KEPT = 16

/** How an inference that did not run in the lane came to its thread. */
export interface HandOver {
  /** Bytes of the caller's arrays that were copied for it. */
  readonly copied: number
  /** Milliseconds that this took; looked at only where the bytes are many. */
  readonly took: number
}

/**
 * Inferences that are over sooner than another thread could be told of them run here: on the calling thread, for at most a
 * millisecond in each turn of the event loop. What another thread is told of are large arrays, too, which are copied for it on
 * the calling thread: where computing takes no longer than that, it holds up nobody more, and touches less memory. Which
 * engines have such inferences is measured, and measured on.
 */
export class ShortLane {
  readonly #open: () => Promise<InferenceSlot | undefined>
  readonly #now: () => number
  #slot: InferenceSlot | undefined
  #opening: Promise<void> | undefined
  #closed = false
  // Two kinds, since of one engine's inferences those with arrays may belong here and those with Tensors not.
  readonly #short = new LaneJudge()
  readonly #copying = new LaneJudge()
  /** Milliseconds a byte, of the copies made last. */
  readonly #copyRates: number[] = []
  #copyRate = 0
  #turnBegan: number | undefined

  /**
   * @param open called once, when the first inferences were quick; undefined: this engine has no such slot
   * @param now the clock, in milliseconds
   */
  constructor(open: () => Promise<InferenceSlot | undefined>, now: () => number = () => performance.now()) {
    this.#open = open
    this.#now = now
  }

  /** Whether inferences are to run here for which nothing large would have to be copied. */
  get ready(): boolean {
    return this.#short.ready
  }

  get slot(): InferenceSlot | undefined {
    return this.#slot
  }

  /** Whether the copying of so many bytes counts. */
  isCostly(copied: number): boolean {
    return copied >= COSTLY_COPY
  }

  /** Whether an inference is to run here for which so many bytes would have to be copied. */
  takes(copied: number): boolean {
    return (copied >= COSTLY_COPY ? this.#copying : this.#short).ready
  }

  /** Whether this turn of the event loop may take another inference. */
  hasTime(): boolean {
    if (this.#turnBegan === undefined) {
      this.#turnBegan = this.#now()
      setImmediate(this.#endTurn)
      return true
    }
    return this.#now() - this.#turnBegan < TURN
  }

  /** Whether inferences here have used up this turn of the event loop. */
  get isOutOfTime(): boolean {
    return this.#turnBegan !== undefined && this.#now() - this.#turnBegan >= TURN
  }

  now(): number {
    return this.#now()
  }

  /** @throws what the engine throws */
  run(inputs: BoundInputs, outputs: BoundOutputs | undefined, copied: number): SlotResults {
    const start = this.#now()
    const results = (this.#slot as InferenceSlot).inferSync(inputs.values, inputs.shapes, outputs?.memories)
    const taken = this.#now() - start
    const isCostly = copied >= COSTLY_COPY
    const judge = isCostly ? this.#copying : this.#short
    const limit = isCostly ? WORTH_HANDING_OVER + WORTH_COPYING * copied * this.#copyRate : WORTH_HANDING_OVER
    if (taken > limit) judge.noteSlow(taken > limit + VERY_SLOW)
    else judge.noteWorthIt()
    return results
  }

  /** Learns from an inference that did not run here. */
  note(slot: InferenceSlot, { copied, took }: HandOver): void {
    if (this.#closed || (this.#opening && !this.#slot)) return
    const isCostly = copied >= COSTLY_COPY
    const judge = isCostly ? this.#copying : this.#short
    if (judge.ready) return
    if (isCostly) this.#noteCopy(took / copied)
    if (slot.latency <= (isCostly ? MAY_BE_SHORT + 2 * took : MAY_BE_SHORT) && judge.noteQuick()) this.#enter(judge)
  }

  /** Resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#short.end()
    this.#copying.end()
    await this.#opening
    this.#slot?.close()
    this.#slot = undefined
  }

  readonly #endTurn = () => {
    this.#turnBegan = undefined
  }

  #noteCopy(rate: number): void {
    this.#copyRates.push(rate)
    if (this.#copyRates.length > COPIES_KEPT) this.#copyRates.shift()
  }

  #enter(judge: LaneJudge): void {
    if (this.#slot) this.#begin(judge)
    else this.#opening ??= this.#openSlot(judge)
  }

  #begin(judge: LaneJudge): void {
    if (judge === this.#copying) this.#copyRate = medianOf(this.#copyRates)
    judge.begin()
  }

  async #openSlot(judge: LaneJudge): Promise<void> {
    try {
      this.#slot = await this.#open()
    } catch {
      return // inferences go on as before
    }
    if (this.#slot && !this.#closed) this.#begin(judge)
  }
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
