const LARGEST_FLOAT32 = 3.4028234663852886e38

/** Boxes that passed the threshold, in growing typed arrays: nothing is allocated for a single one. */
export class CandidateList {
  count = 0
  #boxes: Float32Array
  #scores = new Float32Array(INITIAL)
  #categories = new Uint16Array(INITIAL)

  /** @param width numbers that make a box: 4, or 5 with an angle */
  constructor(readonly width: 4 | 5 = 4) {
    this.#boxes = new Float32Array(width * INITIAL)
  }

  /** Takes a box, unless it or its score is not finite: what is not a number cannot be an answer. */
  add(score: number, category: number, a: number, b: number, c: number, d: number, e = 0): void {
    const largest = Math.max(Math.abs(a), Math.abs(b), Math.abs(c), Math.abs(d), Math.abs(e), Math.abs(score))
    // Math.max is NaN where any argument is.
    if (!(largest <= LARGEST_FLOAT32)) return
    if (this.count === this.#scores.length) this.#grow()
    const at = this.width * this.count
    this.#boxes[at] = a
    this.#boxes[at + 1] = b
    this.#boxes[at + 2] = c
    this.#boxes[at + 3] = d
    if (this.width === 5) this.#boxes[at + 4] = e
    this.#scores[this.count] = score
    this.#categories[this.count++] = category
  }

  clear(): void {
    this.count = 0
  }

  get boxes(): Float32Array {
    return this.#boxes.subarray(0, this.width * this.count)
  }

  get scores(): Float32Array {
    return this.#scores.subarray(0, this.count)
  }

  get categories(): Uint16Array {
    return this.#categories.subarray(0, this.count)
  }

  #grow(): void {
    const [boxes, scores, categories] = [this.#boxes, this.#scores, this.#categories]
    this.#boxes = new Float32Array(2 * boxes.length)
    this.#boxes.set(boxes)
    this.#scores = new Float32Array(2 * scores.length)
    this.#scores.set(scores)
    this.#categories = new Uint16Array(2 * categories.length)
    this.#categories.set(categories)
  }
}

const INITIAL = 1024
