/** Milliseconds. */
export interface LatencySummary {
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** A growing list of numbers that costs a measured loop next to nothing. */
export class SampleList {
  #samples = new Float64Array(4096)
  #count = 0

  get count(): number {
    return this.#count
  }

  push(sample: number): void {
    if (this.#count === this.#samples.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#samples)
      this.#samples = larger
    }
    this.#samples[this.#count++] = sample
  }

  /** Of at least one sample. */
  summarize(): LatencySummary {
    const sorted = this.#samples.slice(0, this.#count).sort()
    const rank = (percent: number) => sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number
    let sum = 0
    for (const sample of sorted) sum += sample
    return {
      min: rank(0),
      mean: sum / sorted.length,
      p50: rank(50),
      p90: rank(90),
      p95: rank(95),
      p99: rank(99),
      max: rank(100),
    }
  }
}
