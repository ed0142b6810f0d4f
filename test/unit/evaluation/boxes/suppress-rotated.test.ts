import { describe, expect, it } from 'vitest'
import { cornersOfRotatedBox } from '../../../../lib/evaluation/boxes/polygon-overlap.js'
import { type RotatedBox, suppressRotated } from '../../../../lib/evaluation/boxes/suppress-rotated.js'
import { createRandom } from './random-source.js'
import { scanlineIntersectionArea } from './scanline-area.js'

describe('suppressRotated', () => {
  it('tells apart what upright boxes around would not', () => {
    // Two long diagonals side by side.
    const boxes = new Float32Array([10, 10, 20, 2, Math.PI / 4, 13, 7, 20, 2, Math.PI / 4])
    expect([...suppressRotated(boxes, new Float32Array([0.9, 0.8]), { iouThreshold: 0.1 })]).toEqual([0, 1])
  })

  it('passes over boxes with NaN or no area, and takes none at all', () => {
    const boxes = new Float32Array([Number.NaN, 0, 4, 4, 0, 0, 0, 0, 4, 0, 0, 0, 4, 4, 0, 0, 0, 4, 4, Number.NaN])
    expect([...suppressRotated(boxes, new Float32Array([4, 3, 2, 1]), { iouThreshold: 0 })]).toEqual([0, 1, 2, 3])
    expect(suppressRotated(new Float32Array(0), new Float32Array(0), { iouThreshold: 0.5 })).toHaveLength(0)
  })

  it('agrees with brute force over polygons on 10,000 random sets', () => {
    const random = createRandom(4)
    let suppressed = 0
    for (let round = 0; round < 10_000; round++) {
      const count = 2 + Math.floor(random() * 6)
      const boxes = new Float32Array(5 * count).map((_, i) => random() * ([12, 12, 16, 16, 6.3][i % 5] as number))
      // Twins, which share every edge.
      if (random() < 0.3) boxes.copyWithin(5, 0, 5)
      const scores = new Float32Array(count).map(() => Math.floor(random() * 10) / 10)
      const categories = random() < 0.5 ? undefined : Array.from(scores, () => Math.floor(random() * 2))
      const options = { iouThreshold: 0.05 + 0.6 * random(), categories }
      const kept = [...suppressRotated(boxes, scores, options)]
      expect(kept).toEqual(suppressByDefinition(boxes, scores, options))
      suppressed += count - kept.length
    }
    expect(suppressed).toBeGreaterThan(5000)
  })
})

function suppressByDefinition(
  boxes: Float32Array,
  scores: Float32Array,
  { iouThreshold, categories }: { iouThreshold: number; categories: number[] | undefined },
): number[] {
  const box = (i: number) => [...boxes.subarray(5 * i, 5 * i + 5)] as unknown as RotatedBox
  let rest = [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b)
  const kept: number[] = []
  while (rest.length > 0) {
    const [best, ...others] = rest as [number, ...number[]]
    kept.push(best)
    rest = others.filter((other) => {
      if (categories?.[best] !== categories?.[other]) return true
      const [a, b] = [box(best), box(other)]
      const shared = scanlineIntersectionArea([...cornersOfRotatedBox(...a)], [...cornersOfRotatedBox(...b)])
      return shared / (a[2] * a[3] + b[2] * b[3] - shared) <= iouThreshold
    })
  }
  return kept
}
