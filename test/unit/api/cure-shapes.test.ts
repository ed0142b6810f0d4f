import { expect, it } from 'vitest'
import { CandidateCure } from '../../../lib/api/quantization/cure-quantized.js'
import type { QuantizeRun } from '../../../lib/api/quantization/quantize-run.js'
import type { Candidate, CandidateMaker } from '../../../lib/api/quantization/quantized-candidate.js'
import { effortBudgets } from '../../../lib/quantization/cure/effort-budget.js'

/** As far as a cure looks at it: accurate or not, with so many decibels. */
function candidate(isAccurate: boolean, sqnr: number, shapes: Candidate['shapes'] = null): Candidate {
  const check = { isAccurate, score: isAccurate ? 1.1 : 0.9, failure: null, outputs: [{ sqnr, rankedRows: null }] }
  const how = { estimator: { statistic: 'minmax' }, smoothQuant: false, biasCorrection: 'full', channelAlignment: true }
  const attempt = { result: { placement: { activations: [] }, ranges: new Map() }, how }
  return { attempt, shapes, check, model: {} } as unknown as Candidate
}

async function cure(first: Candidate, fixed: Candidate) {
  const settings = { shapes: undefined, activations: { range: 'minmax' }, sensitivity: false }
  const observed = {
    graph: { nodes: [], inputs: [{ name: 'x', shape: ['N', 3] }] },
    collected: { shapes: { x: [1, 3] } },
    isRepeatable: false,
  }
  const make = async (_: unknown, shapes: Candidate['shapes']) => (shapes === null ? first : fixed)
  const maker = { observed, settings, engine: undefined, make } as unknown as CandidateMaker
  const run = { enter: () => {} } as unknown as QuantizeRun
  return new CandidateCure(maker, run, [], { ...effortBudgets.fast, estimators: [] }, first).cure()
}

it('shapes are fixed where the engine computes otherwise with open ones, and that is the reason', async () => {
  const fixed = candidate(true, 14, { x: [1, 3] })
  const { best, report } = await cure(candidate(false, 8), fixed)
  expect(best).toBe(fixed)
  expect(report).toMatchObject({ isCured: true, reasons: [{ kind: 'dynamic-shapes' }], steps: [{ isKept: true }] })
})

it('shapes stay open where it computes alike: what passes then passes by chance', async () => {
  const first = candidate(false, 8)
  const { best, report } = await cure(first, candidate(true, 8.02, { x: [1, 3] }))
  expect(best).toBe(first)
  expect(report).toMatchObject({ isCured: false, reasons: [], steps: [{ action: 'fix-shapes', isKept: false }] })
})
