import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../../lib/native/load-addon.js'

const values = Float32Array.of(-1, 0, 1, 2, 3)
const histogram = () => new Float64Array(2 + 8192)

describe('addToHistogram', () => {
  it('counts in bins around the middle', async () => {
    const memory = histogram()
    expect(await loadKernels().addToHistogram(values, memory)).toBe(true)
    const width = 2 ** (memory[1] as number)
    expect([...values].map((value) => memory[2 + 4096 + Math.floor(value / width)])).toEqual([1, 1, 1, 1, 1])
    expect(await loadKernels().addToHistogram(Float32Array.of(Number.NaN), memory)).toBe(false)
  })

  it('refuses other arguments', () => {
    const { addToHistogram } = loadKernels()
    const wrong = [[values, new Float64Array(8192)], [values, new Float32Array(8194)], [new Float64Array(1), histogram()], []]
    for (const list of wrong) {
      expect(() => addToHistogram(...(list as unknown as [Float32Array, Float64Array]))).toThrow(
        expect.objectContaining({ code: 'NATIVE_ARGUMENT' }),
      )
    }
    const { buffer } = histogram()
    expect(() => addToHistogram(new Float32Array(buffer, 0, 2), new Float64Array(buffer))).toThrow('share memory')
  })
})

describe('findQuantiles', () => {
  it('writes both', async () => {
    const target = new Float32Array(2)
    expect(await loadKernels().findQuantiles(values, target, 0.25, 0.875)).toBe(true)
    expect(target).toEqual(Float32Array.of(0, 2.5))
    expect(await loadKernels().findQuantiles(new Float32Array(0), target, 0, 1)).toBe(false)
    expect(await loadKernels().findQuantiles(Float32Array.of(1, Number.POSITIVE_INFINITY), target, 0, 1)).toBe(false)
  })

  it('refuses other arguments', () => {
    const { findQuantiles } = loadKernels()
    for (const [target, lower, upper] of [
      [new Float32Array(3), 0, 1],
      [new Float32Array(2), -0.1, 1],
      [new Float32Array(2), 0, 1.5],
      [new Float32Array(2), 0, Number.NaN],
    ] as const) {
      expect(() => findQuantiles(values, target, lower, upper)).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }))
    }
  })
})
