import { describe, expect, it } from 'vitest'
import { measureOutputNoise } from '../../../lib/quantization/sensitivity/output-noise.js'
import type { FloatOutputs } from '../../../lib/quantization/verification/reference-outputs.js'

/** Boxes of hundreds of pixels and scores below one, as [1, columns, rows] or [1, rows, columns]; noise for either. */
function table(isTransposed: boolean, noise: { boxes?: number; scores?: number } = {}): FloatOutputs[] {
  const [columns, rows] = [12, 40]
  const values = new Float32Array(columns * rows)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const sign = (row + column) % 2 === 0 ? 1 : -1
      const value =
        column < 4
          ? 200 + 100 * column + 80 * Math.sin(row * 3.1 + column) + sign * (noise.boxes ?? 0)
          : 0.1 * Math.abs(Math.sin(row * 1.7 + column)) + sign * (noise.scores ?? 0)
      values[isTransposed ? column * rows + row : row * columns + column] = value
    }
  }
  const shape = isTransposed ? [1, columns, rows] : [1, rows, columns]
  return [new Map([['output', { shape, values, isWhole: false }]])]
}

describe('noise of outputs', () => {
  it.each([true, false])('counts scores as much as the coordinates beside them (transposed: %s)', (isTransposed) => {
    const float = table(isTransposed)
    const lost = measureOutputNoise(float, table(isTransposed, { scores: 0.3 }))
    const moved = measureOutputNoise(float, table(isTransposed, { boxes: 8 }))
    expect(lost).toBeGreaterThan(0.4)
    expect(lost).toBeGreaterThan(20 * moved)
    expect(moved).toBeGreaterThan(0)
    expect(measureOutputNoise(float, float)).toBe(0)
  })

  it('is one share of all where elements are of a kind, and all of it where there are none any more', () => {
    const of = (...values: number[]): FloatOutputs[] => [
      new Map([['y', { shape: [1, values.length], values: Float32Array.from(values), isWhole: false }]]),
    ]
    // Variance 4 x 5 / 4, noise 4 x 1.
    expect(measureOutputNoise(of(0, 1, 2, 3), of(1, 2, 3, 4))).toBeCloseTo(4 / (4 + 5))
    expect(measureOutputNoise(of(0, 1), of(0, Number.NaN))).toBe(1)
    expect(measureOutputNoise(of(0, 1), of(0))).toBe(1)
  })
})
