import { describe, expect, it } from 'vitest'
import { boxIou, type Corners } from '../../../../lib/evaluation/boxes/box-overlap.js'
import { suppressBoxes } from '../../../../lib/evaluation/boxes/suppress-boxes.js'
import { createRandom } from './random-source.js'

describe('boxIou', () => {
  it('is the shared part of the whole', () => {
    expect(boxIou([0, 0, 2, 2], [1, 0, 3, 2])).toBeCloseTo(1 / 3, 15)
    expect(boxIou([0, 0, 2, 2], [0, 0, 2, 2])).toBe(1)
  })

  it('is 0 for boxes that touch, lie apart, have no area or hold NaN', () => {
    expect(boxIou([0, 0, 2, 2], [2, 0, 3, 2])).toBe(0)
    expect(boxIou([0, 0, 2, 2], [5, 5, 6, 6])).toBe(0)
    expect(boxIou([1, 1, 1, 1], [1, 1, 1, 1])).toBe(0)
    expect(boxIou([0, 0, Number.NaN, 2], [0, 0, 2, 2])).toBe(0)
  })
})

describe('suppressBoxes', () => {
  const twins = new Float32Array([0, 0, 4, 4, 0, 0, 4, 4, 10, 10, 12, 12])

  it('keeps the first of equals', () => {
    expect([...suppressBoxes(twins, new Float32Array([0.5, 0.5, 0.5]), { iouThreshold: 0.5 })]).toEqual([0, 2])
  })

  it('lets boxes of different categories be', () => {
    const scores = new Float32Array([0.1, 0.2, 0.3])
    expect([...suppressBoxes(twins, scores, { iouThreshold: 0.5, categories: [7, 8, 7] })]).toEqual([2, 1, 0])
    expect([...suppressBoxes(twins, scores, { iouThreshold: 0.5, categories: [7, 7, 7] })]).toEqual([2, 1])
  })

  it('keeps an overlap that equals the threshold', () => {
    const halves = new Float32Array([0, 0, 4, 4, 0, 0, 4, 2])
    const scores = new Float32Array([1, 0.5])
    expect([...suppressBoxes(halves, scores, { iouThreshold: 0.5 })]).toEqual([0, 1])
    expect([...suppressBoxes(halves, scores, { iouThreshold: 0.4999 })]).toEqual([0])
  })

  it('passes over boxes with NaN or no area, and takes none at all', () => {
    const odd = new Float32Array([Number.NaN, 0, 4, 4, 1, 1, 1, 1, 0, 0, 4, 4])
    expect([...suppressBoxes(odd, new Float32Array([0.9, 0.8, 0.7]), { iouThreshold: 0 })]).toEqual([0, 1, 2])
    expect(suppressBoxes(new Float32Array(0), new Float32Array(0), { iouThreshold: 0.5 })).toHaveLength(0)
  })

  it('agrees with the definition on 10,000 random sets', () => {
    const random = createRandom(2)
    for (let round = 0; round < 10_000; round++) {
      const count = Math.floor(random() * 24)
      const boxes = new Float32Array(4 * count)
      for (let i = 0; i < count; i++) {
        const [x, y] = [Math.floor(random() * 12), Math.floor(random() * 12)]
        boxes.set([x, y, x + Math.floor(random() * 9), y + Math.floor(random() * 9)], 4 * i)
      }
      // Coarse numbers, so that scores tie and overlaps equal the threshold.
      const scores = new Float32Array(count).map(() => Math.floor(random() * 10) / 10)
      const categories = random() < 0.5 ? undefined : Array.from(scores, () => Math.floor(random() * 3))
      const iouThreshold = [0, 0.25, 0.5, 0.6][round % 4] as number
      const maxDetections = random() < 0.3 ? 5 : undefined
      const maxCandidates = random() < 0.3 ? 15 : undefined
      const options = { iouThreshold, categories, maxDetections, maxCandidates }
      expect([...suppressBoxes(boxes, scores, options)]).toEqual(suppressByDefinition(boxes, scores, options))
    }
  })
})

interface Options {
  iouThreshold: number
  categories: number[] | undefined
  maxDetections: number | undefined
  maxCandidates: number | undefined
}

/** Best first, strike out what it overlaps, go on with the best of the rest. */
function suppressByDefinition(boxes: Float32Array, scores: Float32Array, options: Options): number[] {
  const corners = (i: number) => [...boxes.subarray(4 * i, 4 * i + 4)] as unknown as Corners
  let rest = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
  rest = rest.slice(0, options.maxCandidates)
  const kept: number[] = []
  while (rest.length > 0) {
    const [best, ...others] = rest as [number, ...number[]]
    kept.push(best)
    rest = others.filter((other) => {
      const compete = options.categories?.[best] === options.categories?.[other]
      return !(compete && boxIou(corners(best), corners(other)) > options.iouThreshold)
    })
  }
  return kept.slice(0, options.maxDetections)
}
