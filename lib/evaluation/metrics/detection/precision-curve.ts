import { NOT_COUNTED_SHIFT, type RankedClass, RIGHT_BITS } from './matched-picture.js'

/**
 * Precision and recall of a class as detections are taken in, the highest score first, at all thresholds in one walk.
 *
 * Only the places where a right detection comes in are kept: precision falls in between, so neither its highest value
 * beyond some recall nor the recall itself can change there. A picture that was drawn `n` times counts `n` times; within
 * its run of equal scores precision is highest at the run's end, so that weights give what repetition would.
 */
export class PrecisionCurve {
  /** For each threshold, how many places are kept. */
  readonly lengths: Uint32Array
  readonly #capacity: number
  /** Right detections so far, at the kept places. */
  readonly #right: Float64Array
  readonly #precision: Float64Array
  readonly #sums: Float64Array
  readonly #notCounted: Float64Array
  #needed: { objects: number; recalls: Float64Array; counts: Float64Array } | undefined

  /** @param classes what will be walked: memory is taken once, for the longest */
  constructor(thresholds: number, classes: readonly RankedClass[]) {
    this.#capacity = Math.max(1, ...classes.map(({ outcomes }) => Math.max(...outcomes.map(countRight))))
    this.lengths = new Uint32Array(thresholds)
    this.#right = new Float64Array(thresholds * this.#capacity)
    this.#precision = new Float64Array(thresholds * this.#capacity)
    this.#sums = new Float64Array(thresholds)
    this.#notCounted = new Float64Array(thresholds)
  }

  /**
   * @param limit detections of a picture that are taken in, of this class
   * @param counts how often each picture was drawn
   */
  walk(list: RankedClass, area: number, limit: number, counts: Uint32Array): void {
    const { pictures, ranks } = list
    const outcomes = list.outcomes[area] as Uint32Array
    const sums = this.#sums.fill(0)
    const notCounted = this.#notCounted.fill(0)
    const lengths = this.lengths.fill(0)
    const all = limit > list.deepest
    let taken = 0
    let next = 0
    for (const place of list.decisive[area] as Uint32Array) {
      // Most detections are wrong: only their number matters, and the loops that count them are short for that.
      if (all) for (; next < place; next++) taken += counts[pictures[next] as number] as number
      else for (; next < place; next++) if ((ranks[next] as number) < limit) taken += counts[pictures[next] as number] as number
      next = place + 1
      const count = counts[pictures[place] as number] as number
      if (count === 0 || (ranks[place] as number) >= limit) continue
      taken += count
      const outcome = outcomes[place] as number
      for (let bits = outcome >>> NOT_COUNTED_SHIFT; bits !== 0; bits &= bits - 1) {
        const t = 31 - Math.clz32(bits & -bits)
        notCounted[t] = (notCounted[t] as number) + count
      }
      for (let bits = outcome & RIGHT_BITS; bits !== 0; bits &= bits - 1) {
        const t = 31 - Math.clz32(bits & -bits)
        const right = (sums[t] as number) + count
        sums[t] = right
        const at = t * this.#capacity + (lengths[t] as number)
        this.#right[at] = right
        // pycocotools adds an ulp below, against 0/0: here there is always something right, and all right is exactly 1.
        this.#precision[at] = right / (taken - (notCounted[t] as number))
        lengths[t] = (lengths[t] as number) + 1
      }
    }
  }

  /** Right detections in all. */
  found(threshold: number): number {
    return this.#sums[threshold] as number
  }

  /**
   * The mean of precision at given recalls, each the highest precision reached at that recall or beyond (0 if never).
   *
   * @param objects how many there were to be found
   * @param recalls ascending
   */
  meanAtRecalls(threshold: number, objects: number, recalls: Float64Array): number {
    const from = threshold * this.#capacity
    const needed = this.#neededFor(objects, recalls)
    let sum = 0
    let highest = 0
    let next = recalls.length - 1
    while (next >= 0 && (needed[next] as number) > this.found(threshold)) next--
    for (let i = (this.lengths[threshold] as number) - 1; i >= 0 && next >= 0; i--) {
      const precision = this.#precision[from + i] as number
      if (precision > highest) highest = precision
      const before = i === 0 ? -1 : (this.#right[from + i - 1] as number)
      for (; next >= 0 && (needed[next] as number) > before; next--) sum += highest
    }
    return sum / recalls.length
  }

  /** How many right detections reach each recall: whole numbers to compare with, kept for the other thresholds. */
  #neededFor(objects: number, recalls: Float64Array): Float64Array {
    if (this.#needed?.objects === objects && this.#needed.recalls === recalls) return this.#needed.counts
    const counts = recalls.map((recall) => {
      // The quotient decides, as it is rounded: 7 of 100 do not reach the recall that NumPy makes of 7 * .01.
      let count = Math.max(0, Math.ceil(recall * objects) - 1)
      while (count / objects < recall) count++
      return count
    })
    this.#needed = { objects, recalls, counts }
    return counts
  }

  /** The area under the curve of {@link meanAtRecalls}'s precision, exactly. */
  area(threshold: number, objects: number): number {
    const from = threshold * this.#capacity
    let sum = 0
    let highest = 0
    for (let i = (this.lengths[threshold] as number) - 1; i >= 0; i--) {
      highest = Math.max(highest, this.#precision[from + i] as number)
      const before = i === 0 ? 0 : (this.#right[from + i - 1] as number)
      sum += ((this.#right[from + i] as number) - before) * highest
    }
    return sum / objects
  }
}

/** Objects to be found, each as often as its picture was drawn. */
export function countObjects(list: RankedClass, area: number, counts: Uint32Array): number {
  let sum = 0
  for (const picture of list.objects[area] as Uint32Array) sum += counts[picture] as number
  return sum
}

function countRight(outcomes: Uint32Array): number {
  let count = 0
  for (const outcome of outcomes) if (outcome & RIGHT_BITS) count++
  return count
}
