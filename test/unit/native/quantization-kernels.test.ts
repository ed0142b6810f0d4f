import { describe, expect, it } from 'vitest'
import { loadKernels } from '../../../lib/native/load-addon.js'

const refused = expect.objectContaining({ code: 'NATIVE_ARGUMENT' })

describe('addRoundingShift', () => {
  const weights = Float32Array.of(0.5, 1.5, -0.5, 1)
  const integers = Int8Array.of(1, 1, -1, 1)
  type Arguments = Parameters<ReturnType<typeof loadKernels>['addRoundingShift']>
  const given = (): Arguments => [
    weights,
    integers,
    Float32Array.of(1),
    4,
    Float64Array.of(1),
    2,
    1,
    false,
    Float64Array.of(10, 100),
    new Float64Array(2),
  ]

  it('adds to what is there', () => {
    const list = given()
    loadKernels().addRoundingShift(...list)
    loadKernels().addRoundingShift(...list)
    // Errors [.5, -.5], [-.5, 0], twice.
    expect(list[9]).toEqual(Float64Array.of(2 * (5 - 50), 2 * -5))
  })

  it.each([
    [1, Int8Array.of(1)],
    [2, new Float32Array(0)],
    [3, 0],
    [3, -1],
    [3, Number.NaN],
    [4, new Float64Array(0)],
    [4, new Float64Array(3)],
    [5, 0],
    [5, 3],
    [5, 2 ** 52],
    [6, 0],
    [6, 3],
    [6, 2 ** 53 - 1],
    [8, new Float64Array(3)],
    [9, new Float64Array(1)],
    [9, new Float32Array(2)],
  ])('refuses another argument %i: %s', (index, value) => {
    const list = given() as unknown[]
    list[index] = value
    expect(() => loadKernels().addRoundingShift(...(list as Arguments))).toThrow(refused)
  })
})

describe('addOutputNoise', () => {
  it('takes both kinds of floats', () => {
    const [one, two] = [new Float64Array(7), new Float64Array(7)]
    loadKernels().addOutputNoise(Float32Array.of(1, 2), Float32Array.of(1, 4), 1, 1, one)
    loadKernels().addOutputNoise(Float64Array.of(1, 2), Float64Array.of(1, 4), 1, 1, two)
    expect(one).toEqual(two)
    expect([...one]).toEqual([17, 9, 0, 2, 3, 5, 4])
  })

  it('refuses other arguments', () => {
    const { addOutputNoise } = loadKernels()
    const values = Float32Array.of(1, 2)
    const totals = new Float64Array(7)
    const wrong = [
      [values, new Float32Array(3), 1, 1, totals],
      [values, new Float64Array(2), 1, 1, totals],
      [values, values, 2, 1, totals],
      [values, values, 0, 1, new Float64Array(3)],
      [values, values, 2 ** 53 - 1, 1, totals],
      [values, values, 1, 0, totals],
      [values, values, 1, 1.5, totals],
      [values, values, 1, 1, new Float32Array(7)],
    ]
    for (const list of wrong) {
      expect(() => addOutputNoise(...(list as unknown as Parameters<typeof addOutputNoise>))).toThrow(refused)
    }
  })
})

describe('findRowMaxima', () => {
  it('looks at some columns, from anywhere on', () => {
    const [maxima, found] = [new Float64Array(2), new Int32Array(2)]
    loadKernels().findRowMaxima(Float32Array.of(0, 1, 2, 9, 4, 3, 9), 1, 2, 3, 1, Int32Array.of(0, 1), maxima, found)
    expect([...maxima, ...found]).toEqual([2, 4, 1, 0])
    loadKernels().findRowMaxima(Float64Array.of(1), 0, 2, 3, 1, new Int32Array(0), maxima, found)
    expect([...found]).toEqual([-1, -1])
  })

  it.each([
    [0, 1, 2, 3, 1, [0, 3]],
    [0, 2, 2, 3, 1, [0, 2]],
    [0, 7, 2, 3, 1, [0]],
    [0, 0, 2, 3, 1, [-1]],
    [0, 0, 2, 0, 1, [0]],
    [0, 0, 2, 2 ** 53 - 1, 1, [0]],
    [0, 0, 2, 1, 2 ** 53 - 1, [2 ** 31 - 1]],
    [0, 0, 3, 1, 1, [0]],
  ])('refuses what lies outside: %s', (_, start, rows, rowStep, columnStep, columns) => {
    const table = new Float32Array(6)
    const call = () =>
      loadKernels().findRowMaxima(
        table,
        start,
        rows,
        rowStep,
        columnStep,
        Int32Array.from(columns),
        new Float64Array(2),
        new Int32Array(2),
      )
    expect(call).toThrow(refused)
  })

  it('refuses to write over the columns that it was told', () => {
    const table = new Float32Array(6)
    const shared = new Int32Array(2)
    const call = (columns: Int32Array, maxima: Float64Array, found: Int32Array) =>
      loadKernels().findRowMaxima(table, 0, 2, 3, 1, columns, maxima, found)
    expect(() => call(shared, new Float64Array(2), shared)).toThrow(refused)
    const maxima = new Float64Array(2)
    expect(() => call(new Int32Array(maxima.buffer, 8, 2), maxima, new Int32Array(2))).toThrow(refused)
  })
})
