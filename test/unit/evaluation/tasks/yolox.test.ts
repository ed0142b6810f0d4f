import { describe, expect, it } from 'vitest'
import { createYoloxDecoder } from '../../../../lib/evaluation/tasks/yolox.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { padded, rowsOf, sparse, transposed, wholeInput } from './pictures.js'

// 64 x 32 pixels: 8 x 4 cells of 8, 4 x 2 of 16, 2 x 1 of 32.
const cells = 42
const columns = 5 + 2

/** A row of the table, as places and values of a sparse tensor. */
function row(cell: number, values: readonly number[], sample = 0): Record<number, number> {
  return Object.fromEntries(values.map((value, c) => [(sample * cells + cell) * columns + c, value]))
}

// Cell 33 is the second of the first row of the 16 level: centre (1.5, 0.5) * 16, size (1, 2) * 16.
const second = row(33, [0.5, 0.5, 0, Math.log(2), 0.5, 0, 0.5])
const geometry = [wholeInput(64, 32)]

describe('createYoloxDecoder', () => {
  it('places boxes by the cell and the stride', () => {
    const [result] = createYoloxDecoder({ clip: false })({ output: sparse([1, cells, columns], second) }, { geometry })
    expect(result?.detections).toEqual([{ category: 1, score: 0.25, box: [16, -8, 32, expect.closeTo(24, 5)] }])
  })

  it('cuts boxes at the edges of the picture, where not told otherwise', () => {
    const [result] = createYoloxDecoder()({ output: sparse([1, cells, columns], second) }, { geometry })
    expect(result?.detections[0]?.box).toEqual([16, 0, 32, expect.closeTo(24, 5)])
  })

  it('maps boxes back through padding', () => {
    const output = sparse([1, cells, columns], second)
    const [result] = createYoloxDecoder({ clip: false })({ output }, { geometry: [padded(64, 32, 4, 2)] })
    expect(result?.detections[0]?.box).toEqual([24, -20, 56, expect.closeTo(44, 5)])
  })

  it('takes predictions the other way round', () => {
    const output = sparse([1, cells, columns], second)
    const decode = createYoloxDecoder()
    const expected = decode({ output }, { geometry })
    expect(decode({ output: transposed(output) }, { geometry })).toEqual(expected)
  })

  it('gives one detection for each class, or for the best', () => {
    const output = sparse([1, cells, columns], row(0, [0, 0, 0, 0, 1, 0.75, 0.5]))
    expect(createYoloxDecoder()({ output }, { geometry })[0]?.detections).toHaveLength(2)
    const [best] = createYoloxDecoder({ labels: 'best' })({ output }, { geometry })
    expect(best?.detections.map(({ category }) => category)).toEqual([0])
  })

  it('suppresses within a class, or across', () => {
    const output = sparse([1, cells, columns], { ...row(0, [0, 0, 0, 0, 1, 0.75, 0]), ...row(1, [-1, 0, 0, 0, 1, 0, 0.5]) })
    expect(createYoloxDecoder()({ output }, { geometry })[0]?.detections).toHaveLength(2)
    expect(createYoloxDecoder({ classAgnostic: true })({ output }, { geometry })[0]?.detections).toHaveLength(1)
  })

  it('decodes each sample of a batch by itself', () => {
    const values = { ...second, ...row(0, [0, 0, 0, 0, 1, 1, 0], 1) }
    const results = createYoloxDecoder()(
      { output: sparse([2, cells, columns], values) },
      { geometry: [...geometry, ...geometry] },
    )
    expect(results.map(({ detections }) => detections.map(({ category }) => category))).toEqual([[1], [0]])
  })

  it('finds nothing in zeros and in what is not finite', () => {
    const decode = createYoloxDecoder()
    const nothing = [{ task: 'detection', detections: [] }]
    expect(decode({ output: sparse([1, cells, columns], {}) }, { geometry })).toEqual(nothing)
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const output = Tensor.from(new Float32Array(cells * columns).fill(value), [1, cells, columns])
      expect(decode({ output }, { geometry })).toEqual(nothing)
    }
  })

  it('leaves out the boxes that are not finite, not the others', () => {
    const broken = [
      row(0, [Number.NaN, 0, 0, 0, 1, 1, 0]),
      row(1, [0, 0, 200, 0, 1, 1, 0]),
      row(2, [0, 0, 0, 0, 1, Number.NaN, 0.5]),
    ]
    const output = sparse([1, cells, columns], Object.assign({}, second, ...broken))
    const [result] = createYoloxDecoder()({ output }, { geometry })
    expect(result?.detections.map(({ score }) => score)).toEqual([0.5, 0.25])
  })

  it('takes boxes that the model decoded', () => {
    const rows = Array.from({ length: cells }, (_, i) => (i === 7 ? [20, 10, 8, 4, 1, 0, 1] : Array(columns).fill(0)))
    const [result] = createYoloxDecoder({ decoded: true })({ output: rowsOf(rows) }, { geometry })
    expect(result?.detections[0]?.box).toEqual([16, 8, 24, 12])
  })

  it('refuses outputs of another size, and pictures of unknown geometry', () => {
    const decode = createYoloxDecoder()
    expect(() => decode({ output: sparse([1, 41, columns], {}) }, { geometry })).toThrow(
      'expected [batch, 42, 5 + classes] for an input of 64 x 32 and strides 8, 16, 32; the model gave output f32[1, 41, 7]',
    )
    expect(() => decode({ output: sparse([1, cells, 5], {}) }, { geometry })).toThrow(/DECODE_OUTPUTS_UNFIT|5 \+ classes/)
    expect(() => decode({}, { geometry })).toThrow(/no outputs/)
    expect(() => decode({ output: sparse([1, cells, columns], {}) }, { geometry: [] })).toThrow(
      expect.objectContaining({ code: 'DECODE_GEOMETRY_UNFIT' }),
    )
  })
})
