/** Float32 numbers whose count is not known beforehand. */
export class FloatList {
  #values = new Float32Array(64)
  #length = 0

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float32Array(this.#length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#length++] = value
  }

  toArray(): Float32Array {
    return this.#values.slice(0, this.#length)
  }
}

/** All of them, one after the other. */
export function joinFloats(arrays: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let position = 0
  for (const array of arrays) {
    joined.set(array, position)
    position += array.length
  }
  return joined
}
