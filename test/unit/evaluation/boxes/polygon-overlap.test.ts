import { describe, expect, it } from 'vitest'
import { convexIntersectionArea } from '../../../../lib/evaluation/boxes/convex-intersection.js'
import { cornersOfRotatedBox, polygonArea, polygonIou } from '../../../../lib/evaluation/boxes/polygon-overlap.js'
import { type RotatedBox, rotatedIou } from '../../../../lib/evaluation/boxes/suppress-rotated.js'
import { createRandom } from './random-source.js'
import { scanlineIntersectionArea } from './scanline-area.js'

const square = [0, 0, 2, 0, 2, 2, 0, 2]

describe('polygonIou', () => {
  it('takes corners either way around', () => {
    expect(polygonIou(square, [1, 0, 3, 0, 3, 2, 1, 2])).toBeCloseTo(1 / 3, 15)
    expect(polygonIou(square, [1, 2, 3, 2, 3, 0, 1, 0])).toBeCloseTo(1 / 3, 15)
  })

  it('is 1 for equals, 0 for polygons that touch, have no area or hold NaN or infinity', () => {
    expect(polygonIou(square, square)).toBe(1)
    expect(polygonIou(square, [2, 0, 4, 0, 4, 2, 2, 2])).toBe(0)
    expect(polygonIou(square, [2, 2, 4, 2, 4, 4, 2, 4])).toBe(0)
    expect(polygonIou(square, [1, 1, 1, 1, 1, 1, 1, 1])).toBe(0)
    expect(polygonIou([0, 0, 2, 2, 4, 4, 1, 1], square)).toBe(0)
    expect(polygonIou(square, [0, 0, Number.NaN, 0, 2, 2, 0, 2])).toBe(0)
    expect(polygonIou(square, [0, 0, Infinity, 0, 2, 2, 0, 2])).toBe(0)
  })

  it('takes hollow polygons', () => {
    // An L of three unit squares, and the square that it leaves out of 2 x 2.
    const corner = [0, 0, 2, 0, 2, 1, 1, 1, 1, 2, 0, 2]
    expect(polygonArea(corner)).toBe(3)
    expect(polygonIou(corner, square)).toBeCloseTo(3 / 4, 14)
    expect(polygonIou(corner, [1, 1, 2, 1, 2, 2, 1, 2])).toBeCloseTo(0, 14)
    expect(polygonIou(corner, [0, 0, 0, 1, 1, 0])).toBeCloseTo(1 / 6, 14)
  })

  it('stays exact far from the origin', () => {
    const far = square.map((value) => value + 1e7)
    expect(
      polygonIou(
        far,
        [1, 0, 3, 0, 3, 2, 1, 2].map((value) => value + 1e7),
      ),
    ).toBeCloseTo(1 / 3, 12)
  })

  it('takes polygons of many corners', () => {
    const circle = Array.from({ length: 200 }, (_, i) => [Math.cos((i * Math.PI) / 100), Math.sin((i * Math.PI) / 100)]).flat()
    expect(polygonIou(circle, [-1, -1, 1, -1, 1, 1, -1, 1])).toBeCloseTo(Math.PI / 4, 3)
  })
})

describe('rotatedIou', () => {
  it('knows a box turned by a right angle', () => {
    expect(rotatedIou([5, 5, 4, 2, Math.PI / 2], [5, 5, 2, 4, 0])).toBeCloseTo(1, 12)
    expect(rotatedIou([0, 0, 2, 2, 0], [0, 0, 2, 2, Math.PI / 4])).toBeCloseTo(0.7071067811865475, 12)
  })

  it('is 0 without area and for what is not a number', () => {
    expect(rotatedIou([0, 0, 0, 2, 0.3], [0, 0, 2, 2, 0])).toBe(0)
    expect(rotatedIou([Number.NaN, 0, 2, 2, 0], [0, 0, 2, 2, 0])).toBe(0)
    expect(rotatedIou([0, 0, Infinity, 2, 0], [0, 0, 2, 2, 0])).toBe(0)
  })

  it('agrees with the area between scanlines on 10,000 random pairs', () => {
    const random = createRandom(3)
    let overlapping = 0
    for (let round = 0; round < 10_000; round++) {
      const a = randomBox(random)
      const b = round % 5 === 0 ? nearTwin(a, random) : randomBox(random)
      const [cornersA, cornersB] = [[...cornersOfRotatedBox(...a)], [...cornersOfRotatedBox(...b)]]
      const expected = scanlineIntersectionArea(cornersA, cornersB)
      const area = convexIntersectionArea(cornersA, cornersB)
      expect(Math.abs(area - expected)).toBeLessThan(1e-9 * Math.max(1, a[2] * a[3]))
      expect(rotatedIou(a, b)).toBeCloseTo(expected / (a[2] * a[3] + b[2] * b[3] - expected), 9)
      if (expected > 0) overlapping++
    }
    // Else this would prove little.
    expect(overlapping).toBeGreaterThan(4000)
  })
})

function randomBox(random: () => number): RotatedBox {
  // Right angles among them, where edges are parallel, level and shared.
  const angle = random() < 0.3 ? (Math.floor(random() * 8) * Math.PI) / 4 : (random() - 0.5) * 7
  const place = random() < 0.3 ? Math.round : (value: number) => value
  const size = () => Math.max(0.01, place(random() * 30))
  return [place(random() * 40), place(random() * 40), size(), size(), angle]
}

/** Almost or quite the same box. */
function nearTwin([x, y, width, height, angle]: RotatedBox, random: () => number): RotatedBox {
  const by = [0, 1e-12, 1e-9, 1e-6, 1e-3][Math.floor(random() * 5)] as number
  return [x + by, y - by, width, height + by, angle + by]
}
