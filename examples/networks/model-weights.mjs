// Weights by the names that PyTorch gives them: from a .wts file, or drawn at random, the same in every run.
import { readWts } from 'enginery'

export async function openWeights(path) {
  return new ModelWeights(path === undefined ? null : await readWts(path))
}

class ModelWeights {
  #file
  #taken = new Map()
  #state = 20

  constructor(file) {
    this.#file = file
  }

  /** `count` elements; at random they are as large as `fanIn` inputs of each sum need. */
  take(name, count, fanIn = 1) {
    const known = this.#taken.get(name)
    if (known) return known
    const elements = this.#file ? this.#file.get(name) : this.#draw(count, Math.sqrt(6 / fanIn))
    this.#taken.set(name, elements)
    return elements
  }

  /** Of a batch normalization: what inputs are multiplied with, and what is added, as a layer `scale` takes it. */
  normalization(name, channels, epsilon) {
    const gamma = this.take(`${name}.weight`, channels)
    const beta = this.take(`${name}.bias`, channels)
    const mean = this.take(`${name}.running_mean`, channels)
    // A variance is positive; drawn numbers are on both sides of zero.
    const variance = this.take(`${name}.running_var`, channels).map(Math.abs)
    const scale = gamma.map((one, i) => one / Math.sqrt(variance[i] + epsilon))
    return { scale, shift: beta.map((one, i) => one - mean[i] * scale[i]) }
  }

  /** All that were taken: what a .wts file of the model holds. */
  get all() {
    return [...this.#taken]
  }

  /** Without the statistics of normalizations, which are not learned. */
  get parameters() {
    return this.all
      .filter(([name]) => !/\.running_(mean|var)$/.test(name))
      .reduce((sum, [, elements]) => sum + elements.length, 0)
  }

  #draw(count, bound) {
    return Float32Array.from({ length: count }, () => {
      this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
      return ((this.#state / 2 ** 31 - 1) * bound) / 2
    })
  }
}
