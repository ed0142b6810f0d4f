import { expect, it } from 'vitest'
import { Tensor } from '../../lib/tensor/tensor.js'
import { compareAll, matchRows, relativeDifference } from './compare-outputs.js'

const values = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i) * 8)
const shape = [1, 4, 6]
const mean = values.reduce((sum, value) => sum + value) / 24
const stored = { shape, indices: [3, 20], values: [values[3] as number, values[20] as number], mean, maxAbs: 8 }

/** The values with one of them changed. */
const changed = (index: number, value: number) =>
  Tensor.from(
    values.map((old, i) => (i === index ? value : old)),
    shape,
  )

it('a changed element shows in the samples, and what no sample sees in the mean', () => {
  expect(relativeDifference(stored, Tensor.from(values, shape))).toBeLessThan(1e-4)
  expect(relativeDifference(stored, changed(3, (values[3] as number) + 0.016))).toBeCloseTo(2e-3, 5)
  expect(relativeDifference(stored, changed(4, (values[4] as number) + 0.24))).toBeGreaterThan(1e-3)
  expect(relativeDifference(stored, changed(20, Number.NaN)) <= 1e-3).toBe(false)
  expect(relativeDifference(stored, changed(5, Number.NaN)) <= 1e-3).toBe(false)
  expect(compareAll(values, changed(7, 100)).maxAbsDiff).toBeCloseTo(100 - (values[7] as number), 4)
})

it('rows match in any order, each once', () => {
  const rows = { boxes: { shape, values: [...values] } }
  const swapped = Tensor.from(new Float32Array([...values.slice(12), ...values.slice(0, 12)]), shape)
  expect(matchRows(rows, { boxes: swapped }, 1e-3)).toEqual({ matched: 4, rows: 4 })
  const doubled = Tensor.from(new Float32Array([...values.slice(12), ...values.slice(12)]), shape)
  expect(matchRows(rows, { boxes: doubled }, 1e-3)).toEqual({ matched: 2, rows: 4 })
  expect(matchRows(rows, { boxes: changed(0, 1) }, 1e-3)).toEqual({ matched: 3, rows: 4 })
  expect(matchRows(rows, { boxes: changed(0, Number.NaN) }, 1e-3)).toEqual({ matched: 3, rows: 4 })
})
