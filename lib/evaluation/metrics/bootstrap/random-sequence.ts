/**
 * Random whole numbers that a seed decides, the same on every machine: Chris Doty-Humphrey's sfc32, which passes
 * PractRand, started from the seed as its author advises.
 */
export class RandomSequence {
  #a = 0
  #b: number
  #c: number
  #counter = 1

  /** @param seed a whole number, 0 to 2^53 - 1 */
  constructor(seed: number) {
    this.#b = seed | 0
    this.#c = Math.floor(seed / 2 ** 32) | 0
    for (let i = 0; i < 12; i++) this.next()
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const value = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + value) | 0
    return value >>> 0
  }

  /** 0 to `limit - 1`, for limits far below 2^32: their shares differ by less than `limit / 2^32`. */
  below(limit: number): number {
    return Math.floor((this.next() * limit) / 2 ** 32)
  }
}
