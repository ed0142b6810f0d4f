import { describe, expect, it } from 'vitest'
import { measureConvergence, reportConvergence } from '../../../lib/calibration/measure-convergence.js'
import type { Statistics, TensorStatistics } from '../../../lib/calibration/statistic-points.js'

/** A tensor whose samples reach from 0 to these. */
const upTo = (...maxima: number[]): TensorStatistics => ({
  range: { minima: new Float32Array(maxima.length), maxima: Float32Array.from(maxima) },
})

const moving: Statistics = new Map([
  ['still', upTo(1, 1, 1, 1)],
  // Means of 1, 1 and 1.5 after two, three and four samples.
  ['late', upTo(1, 1, 1, 3)],
  // 2, 4/3 and 1.
  ['early', upTo(4, 0, 0, 0)],
  ['counted', { histogram: { width: 1, first: 0, counts: Float64Array.of(1) } }],
])

describe('convergence of ranges', () => {
  it('says how far the ends moved after half and three quarters of the samples, and whose', () => {
    const [half, later, more] = reportConvergence(moving)
    expect(more).toBeUndefined()
    expect([half?.samples, later?.samples]).toEqual([2, 3])
    expect(half?.tensors.map(({ tensor }) => tensor)).toEqual(['early', 'late', 'still'])
    expect(half?.tensors.map(({ moved }) => moved)).toEqual([1, 1 / 3, 0].map((value) => expect.closeTo(value, 6)))
    expect(later?.tensors.map(({ moved }) => moved)).toEqual([1 / 3, 1 / 3, 0].map((value) => expect.closeTo(value, 6)))
    expect([half?.largest, half?.median]).toEqual([expect.closeTo(1, 6), expect.closeTo(1 / 3, 6)])
  })

  it('lists the five that moved most, and agrees with what is kept in files', () => {
    const many = new Map(Array.from({ length: 9 }, (_, index) => [`t${index}`, upTo(1, 1, 1, 1 + index)]))
    const [half] = reportConvergence(many)
    expect(half?.tensors.map(({ tensor }) => tensor)).toEqual(['t8', 't7', 't6', 't5', 't4'])
    const [kept] = measureConvergence(many)
    expect(kept).toEqual({ samples: 2, median: half?.median, worst: half?.largest, worstTensor: 't8' })
    expect(half?.median).toBeCloseTo(1 / 2, 6)
  })

  it('is empty where there are few samples, or no ranges of single ones', () => {
    expect(reportConvergence(new Map([['x', upTo(1, 2, 3)]]))).toEqual([])
    expect(reportConvergence(new Map())).toEqual([])
  })
})
