import { describe, expect, it } from 'vitest'
import { estimateChannelRanges, estimateRange } from '../../../lib/calibration/estimate-range.js'
import { kindsNeededBy, rangeEstimatorNames, rangeEstimatorSchema } from '../../../lib/calibration/range-estimator-options.js'
import type { Histogram } from '../../../lib/calibration/statistic-points.js'

const symmetric = { isSymmetric: true }
const range = {
  minima: Float32Array.of(-1, -2, -3, -100),
  maxima: Float32Array.of(1, 2, 6, 3),
}
const estimator = (input: unknown) => rangeEstimatorSchema.parse(input)

/** Counts of a density on a grid, as the kernel makes them. */
function histogramOf(density: (value: number) => number, min: number, max: number, width = 2 ** -8): Histogram {
  const first = Math.floor(min / width)
  const counts = Float64Array.from({ length: Math.ceil(max / width) - first }, (_, bin) =>
    Math.round(density((first + bin + 0.5) * width)),
  )
  return { width, first, counts }
}

describe('minima and maxima of samples', () => {
  it.each([
    ['minmax', -100, 6],
    ['mean-minmax', -26.5, 3],
    ['median-minmax', -2.5, 2.5],
    [{ statistic: 'minmax', aggregate: { min: 'max', max: 'min' } }, -1, 1],
    [{ statistic: 'minmax', aggregate: 'mean-no-outliers', outliers: 0.1 }, -2.5, 2.5],
    [{ statistic: 'minmax', aggregate: 'median-no-outliers', outliers: 0.1 }, -2.5, 2.5],
    [{ statistic: 'minmax', aggregate: 'mean-no-outliers', outliers: 0 }, -26.5, 3],
    // Variances of 1801.25 and 3.5.
    ['mean-deviation-minmax', -26.5 - Math.sqrt(1801.25), 3 + Math.sqrt(3.5)],
  ])('%o', (input, min, max) => {
    expect(estimateRange({ range }, estimator(input), symmetric)).toEqual({ min, max })
  })

  it('of a single sample are its own with any aggregate', () => {
    const one = { minima: Float32Array.of(-1), maxima: Float32Array.of(2) }
    for (const aggregate of ['mean', 'median', 'min', 'max', 'mean-no-outliers', 'median-no-outliers', 'mean-deviation']) {
      expect(estimateRange({ range: one }, estimator({ statistic: 'minmax', aggregate }), symmetric)).toEqual({ min: -1, max: 2 })
    }
  })

  it('of samples that differ in kind are not cut off at their mean, and never beyond what was seen', () => {
    const bound = (values: readonly number[]) => {
      const maxima = Float32Array.from(values)
      const found = estimateRange(
        { range: { minima: maxima.map((value) => -value), maxima } },
        estimator('mean-deviation-minmax'),
        symmetric,
      )
      expect(found.min).toBe(-found.max)
      return found.max
    }
    // Silence and speech: half of the samples reach 10, whose mean with the others is 5.5.
    expect(bound([1, 10, 1, 10, 1, 10])).toBe(10)
    expect(bound([4, 4, 4, 4])).toBe(4)
    // A single sample of a hundred that stands out says little of the others.
    expect(bound([...new Array<number>(99).fill(1), 100])).toBeLessThan(15)
    for (let at = 1; at < 50; at++) {
      const values = Array.from({ length: 2 + (at % 7) }, (_, index) => Math.abs(Math.sin(at * (index + 1))) * at)
      expect(bound(values)).toBeLessThanOrEqual(Math.fround(Math.max(...values)))
      expect(bound(values)).toBeGreaterThanOrEqual(values.reduce((sum, value) => sum + value, 0) / values.length - 1e-5)
    }
  })

  it('of channels', () => {
    const channelRange = { axis: 1, minima: Float32Array.of(-1, 0), maxima: Float32Array.of(1, 5) }
    expect(estimateChannelRanges({ channelRange })).toEqual([
      { min: -1, max: 1 },
      { min: 0, max: 5 },
    ])
  })
})

describe('histograms', () => {
  const even = histogramOf(() => 10, -1, 3)

  it('give percentiles within a bin', () => {
    const found = estimateRange({ histogram: even }, estimator({ statistic: 'percentile', lower: 0.25, upper: 0.9 }), symmetric)
    expect(found.min).toBeCloseTo(0, 6)
    expect(found.max).toBeCloseTo(2.6, 6)
    const whole = estimateRange({ histogram: even }, estimator({ statistic: 'percentile', lower: 0, upper: 1 }), symmetric)
    expect(whole).toEqual({ min: -1, max: 3 })
  })

  it('of nothing give no range', () => {
    const histogram: Histogram = { width: 1, first: 0, counts: new Float64Array(4) }
    for (const name of ['entropy', 'mse', 'percentile']) {
      expect(estimateRange({ histogram }, estimator(name), symmetric)).toEqual({ min: 0, max: 0 })
    }
  })

  // Laplace: many small elements, few large ones.
  const peaked = histogramOf((value) => 1e6 * Math.exp(-4 * Math.abs(value)), -8, 8)

  it('lose least information where a long tail is clipped, and clip nothing that is even', () => {
    const { min, max } = estimateRange({ histogram: peaked }, estimator('entropy'), symmetric)
    expect(min).toBe(-max)
    expect(max).toBeGreaterThan(0.7)
    expect(max).toBeLessThan(4)
    const level = histogramOf(() => 1000, 0, 4)
    expect(estimateRange({ histogram: level }, estimator('entropy'), symmetric)).toEqual({ min: 0, max: 4 })
  })

  it('have the least squared error where a finer search finds it too', () => {
    const found = estimateRange({ histogram: peaked }, estimator('mse'), symmetric)
    const errorOf = (threshold: number) => {
      const scale = threshold / 127
      return peaked.counts.reduce((sum, count, bin) => {
        const value = (peaked.first + bin + 0.5) * peaked.width
        const integer = Math.min(127, Math.max(-127, Math.round(value / scale)))
        return sum + count * (value - integer * scale) ** 2
      }, 0)
    }
    const thresholds = Array.from({ length: 2000 }, (_, index) => 0.8 + (7.2 * index) / 2000)
    const best = Math.min(...thresholds.map(errorOf))
    expect(found.min).toBe(-found.max)
    expect(errorOf(found.max)).toBeLessThan(best * 1.01)
    expect(errorOf(found.max)).toBeLessThan(errorOf(8) * 0.8)
  })

  it.each([127, 255])('have the least squared error of the %i integers that there are above zero', (steps) => {
    const positive = histogramOf((value) => 1e6 * Math.exp(-2 * value), 0, 12)
    const found = estimateRange({ histogram: positive }, estimator('mse'), { isSymmetric: true, steps })
    const errorOf = (threshold: number) =>
      positive.counts.reduce((sum, count, bin) => {
        const value = (positive.first + bin + 0.5) * positive.width
        return sum + count * (value - (Math.min(steps, Math.round((value * steps) / threshold)) * threshold) / steps) ** 2
      }, 0)
    const best = Math.min(...Array.from({ length: 2000 }, (_, index) => errorOf(1.2 + (10.8 * index) / 2000)))
    expect(found.min).toBe(0)
    expect(errorOf(found.max)).toBeLessThan(best * 1.01)
  })

  it('have an asymmetric range of least error around a lopsided density', () => {
    const lopsided = histogramOf((value) => (value < 0 ? 1e6 * Math.exp(40 * value) : 1e4), -2, 1)
    const found = estimateRange({ histogram: lopsided }, estimator('mse'), { isSymmetric: false })
    expect(found.max).toBeCloseTo(1, 1)
    expect(found.min).toBeLessThan(-0.05)
    expect(found.min).toBeGreaterThan(-1)
  })

  it('without negative elements use all integers above zero', () => {
    const positive = histogramOf((value) => 1e6 * Math.exp(-4 * value), 0, 8)
    const wide = estimateRange({ histogram: positive }, estimator('mse'), symmetric)
    const coarse = estimateRange({ histogram: positive }, estimator('mse'), { ...symmetric, steps: 127 })
    expect(wide.min).toBe(0)
    expect(wide.max).toBeGreaterThan(coarse.max)
  })
})

describe('options', () => {
  it('have names for what is wanted most often', () => {
    for (const name of Object.keys(rangeEstimatorNames)) expect(kindsNeededBy(estimator(name)).length).toBe(1)
    expect(estimator('mean-minmax')).toEqual({ statistic: 'minmax', aggregate: 'mean', outliers: 0.01 })
    expect(kindsNeededBy(estimator('quantile'))).toEqual([{ kind: 'quantiles', lower: 0.0001, upper: 0.9999 }])
    expect(kindsNeededBy(estimator('mse'))).toEqual([{ kind: 'histogram' }])
  })

  it.each([
    'most',
    { statistic: 'percentile', lower: 0.5, upper: 0.5 },
    { statistic: 'quantile', lower: -1 },
    { statistic: 'minmax', aggregate: 'sum' },
    { statistic: 'minmax', levels: 3 },
  ])('refuse %o', (input) => expect(rangeEstimatorSchema.safeParse(input).success).toBe(false))

  it('ask for what was collected', () => {
    expect(() => estimateRange({}, estimator('minmax'), symmetric)).toThrow('lacks the statistic')
  })
})
