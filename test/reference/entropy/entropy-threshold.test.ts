import { describe, expect, it } from 'vitest'
import { findEntropyThreshold } from '../../../lib/calibration/entropy-threshold.js'
import type { EstimateContext } from '../../../lib/calibration/estimate-range.js'
import reference from './divergences.json' with { type: 'json' }

// What the method says of levels: integers with a sign have 128 for magnitudes, those without one 256.
const contexts: readonly { levels: '128' | '256'; context: EstimateContext }[] = [
  { levels: '128', context: { isSymmetric: true, steps: 127 } },
  { levels: '256', context: { isSymmetric: true } },
  { levels: '256', context: { isSymmetric: false } },
]

describe('the threshold that loses least information', () => {
  it.each(reference.cases.flatMap((one) => contexts.map(({ levels, context }) => ({ ...one, levels, context }))))(
    'is where the method written out has it: $name, $levels levels',
    ({ counts, divergences, levels, context }) => {
      const costs = divergences[levels]
      const threshold = findEntropyThreshold({ counts: Float64Array.from(counts), first: 0, width: 1 }, context)
      // Thresholds between those that were written out cost about what their neighbours do.
      const place = (threshold - Number(levels)) / reference.stride
      const near = [Math.floor(place), Math.ceil(place)].map((at) => costs[at]).filter((cost) => cost !== undefined)
      const least = Math.min(...costs)
      expect(Math.min(...near)).toBeLessThanOrEqual(least + 0.02 * (Math.max(...costs) - least))
    },
  )

  it('has the levels that a zero point leaves the larger side', () => {
    const one = reference.cases.find(({ name }) => name === 'nearly one value')
    if (one === undefined) throw new Error('no case')
    const both = (low: number) => {
      const negative = new Array<number>(Math.round(low * one.counts.length)).fill(1)
      return { counts: Float64Array.from([...negative, ...one.counts]), first: -negative.length, width: 1 }
    }
    const asymmetric = (low: number) => findEntropyThreshold(both(low), { isSymmetric: false })
    expect(asymmetric(0.001)).toBe(findEntropyThreshold(both(0), { isSymmetric: true }))
    expect(asymmetric(1)).toBe(findEntropyThreshold(both(1), { isSymmetric: true }))
  })
})
