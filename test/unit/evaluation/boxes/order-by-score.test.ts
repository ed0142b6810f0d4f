import { describe, expect, it } from 'vitest'
import { orderByScore } from '../../../../lib/evaluation/boxes/order-by-score.js'
import { createRandom } from './random-source.js'

describe('orderByScore', () => {
  it('puts the highest first, equal ones by index, NaN last', () => {
    const scores = new Float32Array([0.5, Number.NaN, 0.9, -0, 0.5, 0, -3, Infinity, -Infinity, -Number.NaN, 1e-45, -1e-45])
    expect([...orderByScore(scores)]).toEqual([7, 2, 0, 4, 10, 3, 5, 11, 6, 8, 1, 9])
    expect([...orderByScore(scores, 3)]).toEqual([7, 2, 0])
    expect([...orderByScore(new Float32Array(0))]).toEqual([])
  })

  it('agrees with a stable sort by comparison, on a view into a larger buffer too', () => {
    const random = createRandom(1)
    for (let round = 0; round < 200; round++) {
      const scores = new Float32Array(300).map(() => Math.floor(random() * 40) / 20 - 1).subarray(round % 7)
      const expected = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number))
      expect([...orderByScore(scores)]).toEqual(expected)
    }
  })

  it('orders more than two million', () => {
    const scores = new Float32Array(2 ** 21 + 10).fill(0.5)
    scores[2 ** 21 + 5] = 0.75
    scores[3] = Number.NaN
    expect([...orderByScore(scores, 5)]).toEqual([2 ** 21 + 5, 0, 1, 2, 4])
  })
})
