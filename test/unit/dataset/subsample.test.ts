import { describe, expect, it } from 'vitest'
import type { Dataset, Sample } from '../../../lib/dataset/annotations.js'
import { subsample } from '../../../lib/dataset/subsample.js'
import { coded } from './dataset-tree.js'

const datasetOf = (samples: Sample[]): Dataset => ({ format: 'test', categories: [], samples, digest: 'd' })
const labelled = (labels: number[]) => datasetOf(labels.map((label, index) => ({ id: String(index), label })))
const counts = ({ samples }: Dataset) => {
  const found: Record<number, number> = {}
  for (const { label } of samples) found[label as number] = (found[label as number] ?? 0) + 1
  return found
}
const ids = ({ samples }: Dataset) => samples.map(({ id }) => id)

describe('subsample', () => {
  // 800 of class 0, 150 of class 1, 50 of class 2, mixed.
  const dataset = labelled(Array.from({ length: 1000 }, (_, index) => (index % 20 === 0 ? 2 : index % 20 < 4 ? 1 : 0)))

  it('is the same for the same seed, in the order of the dataset', () => {
    const first = subsample(dataset, { count: 50, seed: 7 })
    expect(ids(first)).toEqual(ids(subsample(dataset, { count: 50, seed: 7 })))
    expect(ids(first)).toEqual([...ids(first)].sort((a, b) => Number(a) - Number(b)))
    expect(ids(subsample(dataset, { count: 50, seed: 8 }))).not.toEqual(ids(first))
    expect(new Set(ids(first)).size).toBe(50)
  })

  it('is the same on every machine', () => {
    expect(ids(subsample(labelled(Array(20).fill(0)), { count: 5, seed: 1 }))).toMatchInlineSnapshot(`
      [
        "0",
        "3",
        "8",
        "15",
        "16",
      ]
    `)
  })

  it('keeps the proportions of classes', () => {
    expect(counts(subsample(dataset, { count: 100 }))).toEqual({ 0: 80, 1: 15, 2: 5 })
    expect(counts(subsample(dataset, { count: 20 }))).toEqual({ 0: 16, 1: 3, 2: 1 })
  })

  it('has every class as long as there is room', () => {
    const many = labelled([...Array(990).fill(0), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(Object.keys(counts(subsample(many, { count: 11 })))).toHaveLength(11)
    expect(subsample(many, { count: 5 }).samples).toHaveLength(5)
    expect(counts(subsample(labelled([0, 1, 2, 3]), { count: 3 }))).toSatisfy((found: object) => Object.keys(found).length === 3)
  })

  it('counts a picture for the rarest class that it shows', () => {
    const box = (category: number) => ({ category, box: [0, 0, 1, 1] as const, area: 1, isCrowd: false, isDifficult: false })
    const samples = Array.from({ length: 100 }, (_, index) => ({
      id: String(index),
      boxes: index < 90 ? [box(0)] : index < 98 ? [box(0), box(1)] : [],
    }))
    const some = subsample(datasetOf(samples), { count: 10 })
    expect(some.samples.filter(({ boxes }) => boxes?.some(({ category }) => category === 1))).toHaveLength(1)
    expect(some.samples.filter(({ boxes }) => boxes?.length === 0)).toHaveLength(1)
  })

  it('draws evenly without strata', () => {
    const drawn = new Array(10).fill(0)
    for (let seed = 0; seed < 3000; seed++) {
      for (const id of ids(subsample(labelled(Array(10).fill(0)), { count: 3, seed, stratified: false }))) drawn[Number(id)]++
    }
    // 900 expected of each; five standard deviations are 125.
    for (const count of drawn) expect(Math.abs(count - 900)).toBeLessThan(125)
  })

  it('has a digest of its own, and returns small datasets as they are', () => {
    const some = subsample(dataset, { count: 10 })
    expect(some.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(subsample(dataset, { count: 10, seed: 3 }).digest).not.toBe(some.digest)
    expect(subsample(dataset, { count: 1000 })).toBe(dataset)
  })

  it.each([{ count: 0 }, { count: 1.5 }, { count: 1, seed: -1 }, { count: 1, seeds: 2 }])('refuses %o', (options) => {
    expect(() => subsample(dataset, options)).toThrow(coded('OPTION_INVALID', /subsample: option/))
  })
})
