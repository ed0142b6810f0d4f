// So many quick ones, and the lane is tried: only what is short can be quick, and much else can make it slow.
const QUICK_TO_ENTER = 16
// How much more often than not inferences must be slow to leave it. One that is far too slow counts for several: a
// few of those among quick ones are more than a busy machine would make.
const SLOW_TO_LEAVE = 128
// The same for the first ones, which tell whether it was right to enter.
const SLOW_TO_FAIL = 16
const VERY_SLOW_COUNTS = 4
// Quick ones that pass before the lane is tried again; doubled each time.
const REST = 1000

/** Learns whether inferences of one kind are to be computed on the calling thread. */
export class LaneJudge {
  #ready = false
  #quick = 0
  #slow = 0
  #rest = REST

  /** Whether they are to run there now. */
  get ready(): boolean {
    return this.#ready
  }

  /** Notes one that was quick elsewhere; true once there were enough of them to try the lane. */
  noteQuick(): boolean {
    return ++this.#quick >= QUICK_TO_ENTER
  }

  begin(): void {
    this.#ready = true
    this.#slow = SLOW_TO_LEAVE - SLOW_TO_FAIL
  }

  noteWorthIt(): void {
    if (this.#slow > 0) this.#slow--
  }

  // Other work on the machine makes any inference slow once in a while; half of them are slow only where the work is long.
  noteSlow(isVerySlow: boolean): void {
    this.#slow += isVerySlow ? VERY_SLOW_COUNTS : 1
    if (this.#slow < SLOW_TO_LEAVE) return
    this.#ready = false
    this.#quick = -this.#rest
    this.#rest *= 2
  }

  end(): void {
    this.#ready = false
  }
}
