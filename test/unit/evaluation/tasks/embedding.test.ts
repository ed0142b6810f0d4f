import { describe, expect, it } from 'vitest'
import { createEmbeddingDecoder } from '../../../../lib/evaluation/tasks/embedding.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'

const none = { geometry: [] }

describe('createEmbeddingDecoder', () => {
  it('gives each sample a vector of length 1, of its own memory', () => {
    const y = Tensor.from(new Float32Array([3, 4, 0, 2]), [2, 2, 1, 1])
    const results = createEmbeddingDecoder()({ y }, none)
    y.data.fill(9)
    expect(results.map(({ vector }) => [...vector])).toEqual([
      [expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)],
      [0, 1],
    ])
  })

  it('leaves lengths alone where told, and zeros and NaN always', () => {
    const y = Tensor.from(new Float32Array([3, 4]), [1, 2])
    expect([...(createEmbeddingDecoder({ normalize: false })({ y }, none)[0]?.vector ?? [])]).toEqual([3, 4])
    const odd = Tensor.from(new Float32Array([0, 0, Number.NaN, 1]), [2, 2])
    const [zero, nan] = createEmbeddingDecoder()({ odd }, none)
    expect([...(zero?.vector ?? [])]).toEqual([0, 0])
    expect(nan?.vector[0]).toBeNaN()
  })

  it('refuses what has no batch', () => {
    expect(() => createEmbeddingDecoder()({ y: Tensor.from(new Float32Array(2), [2]) }, none)).toThrow('[batch, length]')
  })
})
