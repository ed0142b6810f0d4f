import { describe, expect, it } from 'vitest'
import { type Candidate, compareCandidates, isNoisy } from '../../../lib/api/quantization/quantized-candidate.js'

/** A candidate as its check found it. */
function candidate(score: number, outputs: readonly { sqnr: number | null; rankedRows?: number | null }[]): Candidate {
  const check = { score, outputs: outputs.map(({ sqnr, rankedRows = null }) => ({ sqnr, rankedRows })) }
  return { check } as unknown as Candidate
}

describe('a candidate that is accurate', () => {
  it('is noisy where noise is more than a tenth of the signal, in the mean of its outputs', () => {
    expect(isNoisy(candidate(1.1, [{ sqnr: 19.9 }]))).toBe(true)
    expect(isNoisy(candidate(1.1, [{ sqnr: 20 }]))).toBe(false)
    expect(isNoisy(candidate(1.1, [{ sqnr: 15 }, { sqnr: 26 }]))).toBe(false)
  })

  it('is judged by its ranked rows where it has some, whatever the noise', () => {
    expect(isNoisy(candidate(1.2, [{ sqnr: 7, rankedRows: 0.98 }, { sqnr: 8 }]))).toBe(false)
    expect(isNoisy(candidate(1.2, [{ sqnr: 30, rankedRows: 0.9 }]))).toBe(true)
  })

  it('is not noisy where nothing was measured', () => {
    expect(isNoisy({ check: null } as unknown as Candidate)).toBe(false)
    expect(isNoisy(candidate(1, [{ sqnr: null }]))).toBe(false)
  })
})

describe('of two candidates the better one', () => {
  it('is the one that is accurate, else the nearer one', () => {
    expect(compareCandidates(candidate(0.9, [{ sqnr: 30 }]), candidate(1.1, [{ sqnr: 15 }]))).toBeLessThan(0)
    // Scores beyond accurate are of unlike measures, and count no more.
    expect(compareCandidates(candidate(1.3, [{ sqnr: 15 }]), candidate(1.1, [{ sqnr: 16 }]))).toBeLessThan(0)
  })

  it('is the one with more of the ranked rows, and by noise where they are as many', () => {
    const rows = (rankedRows: number, sqnr: number) => candidate(1.2, [{ sqnr, rankedRows }])
    expect(compareCandidates(rows(0.96, 12), rows(0.94, 18))).toBeGreaterThan(0)
    expect(compareCandidates(rows(0.96, 12), rows(0.96, 18))).toBeLessThan(0)
  })
})
