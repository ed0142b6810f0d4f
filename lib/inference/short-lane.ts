import { setImmediate } from 'node:timers'
import type { InferenceSlot, SlotResults } from '../engine/backend.js'
import type { BoundInputs } from './bind-inputs.js'
import type { BoundOutputs } from './collect-outputs.js'

// Milliseconds. Starting an inference on another thread and hearing of its end takes the JavaScript thread 0.008 to 0.02 (an
// OpenVINO request, two wake-ups, an event), and other cores as much again. What computes for less is better computed here.
const WORTH_HANDING_OVER = 0.015
// As seen from outside, on threads that may have to wake up first.
const MAY_BE_SHORT = 0.2
// So many quick ones, and the lane is tried: only what is short can be quick, and much else can make it slow.
const QUICK_TO_ENTER = 16
// How much more often than not inferences must be slow to leave it. One that is slower than VERY_SLOW counts for several: a
// few of those among quick ones are more than a busy machine would make.
const SLOW_TO_LEAVE = 128
// The same for the first ones, which tell whether it was right to enter.
const SLOW_TO_FAIL = 16
const VERY_SLOW = 1
const VERY_SLOW_COUNTS = 4
// How long the lane may keep the event loop from its turn. The first inference of a turn is always taken.
const TURN = 1

/**
 * Inferences that are over sooner than another thread could be told of them run here: on the calling thread, for at most a
 * millisecond in each turn of the event loop. Which engines have such inferences is measured, and measured on.
 */
export class ShortLane {
  readonly #open: () => Promise<InferenceSlot | undefined>
  readonly #now: () => number
  #slot: InferenceSlot | undefined
  #opening: Promise<void> | undefined
  #closed = false
  #ready = false
  #quick = 0
  #slow = 0
  #rest = 1000
  #turnBegan: number | undefined

  /**
   * @param open called once, when the first inferences were quick; undefined: this engine has no such slot
   * @param now the clock, in milliseconds
   */
  constructor(open: () => Promise<InferenceSlot | undefined>, now: () => number = () => performance.now()) {
    this.#open = open
    this.#now = now
  }

  /** Whether inferences are to run here. */
  get ready(): boolean {
    return this.#ready
  }

  get slot(): InferenceSlot | undefined {
    return this.#slot
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

  /** @throws what the engine throws */
  run(inputs: BoundInputs, outputs: BoundOutputs | undefined): SlotResults {
    const start = this.#now()
    const results = (this.#slot as InferenceSlot).inferSync(inputs.values, inputs.shapes, outputs?.memories)
    const taken = this.#now() - start
    if (taken > WORTH_HANDING_OVER) this.#noteSlow(taken)
    else if (this.#slow > 0) this.#slow--
    return results
  }

  /** Learns from an inference that did not run here. */
  note(slot: InferenceSlot): void {
    if (this.#ready || this.#closed || (this.#opening && !this.#slot)) return
    if (slot.latency <= MAY_BE_SHORT && ++this.#quick >= QUICK_TO_ENTER) this.#enter()
  }

  /** Resolves when nothing of it is left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#ready = false
    await this.#opening
    this.#slot?.close()
    this.#slot = undefined
  }

  readonly #endTurn = () => {
    this.#turnBegan = undefined
  }

  // Other work on the machine makes any inference slow once in a while; half of them are slow only where the work is long.
  #noteSlow(taken: number): void {
    this.#slow += taken > VERY_SLOW ? VERY_SLOW_COUNTS : 1
    if (this.#slow < SLOW_TO_LEAVE) return
    this.#ready = false
    this.#quick = -this.#rest
    this.#rest *= 2
  }

  #enter(): void {
    if (this.#slot) this.#begin()
    else this.#opening ??= this.#openSlot()
  }

  #begin(): void {
    this.#ready = true
    this.#slow = SLOW_TO_LEAVE - SLOW_TO_FAIL
  }

  async #openSlot(): Promise<void> {
    try {
      this.#slot = await this.#open()
    } catch {
      return // inferences go on as before
    }
    if (this.#slot && !this.#closed) this.#begin()
  }
}
