/** Numbers that look random and are the same for the same seed, on every machine: a failure is reproduced by its seed. */
export class SeededRandom {
  #state: number

  constructor(seed: string) {
    // FNV-1a, so that neighbouring seeds have nothing in common.
    let hash = 0x811c9dc5
    for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193)
    this.#state = hash >>> 0
  }

  /** 32 bits, by Mulberry32. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** A whole number from 0 to limit - 1; 0 for a limit of 0. */
  below(limit: number): number {
    return limit === 0 ? 0 : this.bits() % limit
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** True so often. */
  chance(probability: number): boolean {
    return this.bits() < probability * 2 ** 32
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}
