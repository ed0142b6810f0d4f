import { describe, expect, it } from 'vitest'
import { createNanodetDecoder, type NanodetOptions } from '../../../../lib/evaluation/tasks/nanodet.js'
import { createYolov8Decoder, type Yolov8Options } from '../../../../lib/evaluation/tasks/yolov8.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { rowsOf, sparse, transposed, wholeInput } from './pictures.js'

const geometry = [wholeInput(32)]
const sure = 50

/** The distances 1, 2, 0, 3 of one cell, each a sure bin among `bins`. */
function sides(cell: number, bins: number, values = [1, 2, 0, 3]): Record<number, number> {
  return Object.fromEntries(values.map((bin, side) => [cell * 4 * bins + side * bins + bin, sure]))
}

/** Channels first, as convolutions give them. */
function asMap(tensor: Tensor<'f32'>, size: number): Tensor<'f32'> {
  return Tensor.from(transposed(tensor).data, [1, tensor.shape[2] as number, size, size])
}

describe('createNanodetDecoder', () => {
  // 32 pixels with strides of 8 and 16: 4 x 4 cells and 2 x 2. Cell 5 is the second of the second row.
  const options: NanodetOptions = { strides: [8, 16], bins: 4, clip: false, iouThreshold: 0.9 }
  const small = { scores: sparse([1, 16, 3], { [5 * 3 + 2]: 0.5 }), boxes: sparse([1, 16, 16], sides(5, 4)) }
  const large = { scores: sparse([1, 4, 3], { [3 * 3 + 1]: 0.25 }), boxes: sparse([1, 4, 16], sides(3, 4)) }
  const expected = [
    // Centre (1 + .5) * 8 - .5 and distances 8, 16, 0, 24.
    { category: 2, score: 0.5, box: [3.5, -4.5, 11.5, 35.5] },
    { category: 1, score: 0.25, box: [7.5, -8.5, 23.5, 71.5] },
  ]

  it('finds heads by shape, in any order', () => {
    const outputs = { 9: large.boxes, b: small.scores, c: large.scores, a: small.boxes }
    expect(createNanodetDecoder(options)(outputs, { geometry })[0]?.detections).toEqual(expected)
  })

  it('finds heads by name', () => {
    const outputs = { p: large.boxes, q: small.scores, r: large.scores, s: small.boxes, other: small.boxes }
    const decode = createNanodetDecoder({ ...options, outputs: { scores: ['q', 'r'], boxes: ['s', 'p'] } })
    expect(decode(outputs, { geometry })[0]?.detections).toEqual(expected)
    expect(() => createNanodetDecoder(options)(outputs, { geometry })).toThrow(
      'expected for each stride, so 16 (4 x 4), 4 (2 x 2) places, an output of classes and one of 4 x 4 numbers',
    )
  })

  it('takes maps with channels first', () => {
    const outputs = {
      a: asMap(small.scores, 4),
      b: asMap(small.boxes, 4),
      c: asMap(large.scores, 2),
      d: asMap(large.boxes, 2),
    }
    expect(createNanodetDecoder(options)(outputs, { geometry })[0]?.detections).toEqual(expected)
  })

  it('cuts at the edges of input and picture, where not told otherwise', () => {
    const outputs = { a: small.scores, b: small.boxes, c: large.scores, d: large.boxes }
    const [result] = createNanodetDecoder({ ...options, clip: true })(outputs, { geometry })
    expect(result?.detections.map(({ box }) => box)).toEqual([
      [3.5, 0, 11.5, 32],
      [7.5, 0, 23.5, 32],
    ])
  })

  it('takes one output of everything, with the centres of NanoDet-Plus', () => {
    const rows = Array.from({ length: 20 }, () => Array(3 + 16).fill(0))
    rows[5] = [0, 0, 0.5, ...Array.from({ length: 16 }, (_, i) => ([1, 6, 8, 15].includes(i) ? sure : 0))]
    const decode = createNanodetDecoder({ ...options, centerOffset: 0, centerShift: 0 })
    expect(decode({ y: rowsOf(rows) }, { geometry })[0]?.detections).toEqual([{ category: 2, score: 0.5, box: [0, -8, 8, 32] }])
  })

  it('averages the bins of a distribution, and leaves out one with NaN', () => {
    // All bins equal: each side at 1.5 strides.
    const even = { a: small.scores, b: sparse([1, 16, 16], {}), c: large.scores, d: sparse([1, 4, 16], { [3 * 16]: Number.NaN }) }
    expect(createNanodetDecoder(options)(even, { geometry })[0]?.detections).toEqual([
      { category: 2, score: 0.5, box: [-0.5, -0.5, 23.5, 23.5] },
    ])
  })
})

describe('createYolov8Decoder', () => {
  const options: Yolov8Options = { strides: [8, 16], clip: false }

  /** Twenty places of box and two classes, the sixth with a box. */
  const finished = (box: number[]) =>
    rowsOf(Array.from({ length: 20 }, (_, i) => (i === 5 ? [...box, 0.25, 0.5] : Array(6).fill(0))))

  it('takes finished boxes either way round', () => {
    const expected = [
      { category: 1, score: 0.5, box: [8, 6, 12, 14] },
      { category: 0, score: 0.25, box: [8, 6, 12, 14] },
    ]
    const table = finished([10, 10, 4, 8])
    const decode = createYolov8Decoder(options)
    expect(decode({ output0: transposed(table) }, { geometry })[0]?.detections).toEqual(expected)
    expect(decode({ output0: table }, { geometry })[0]?.detections).toEqual(expected)
    const parts = createYolov8Decoder({ ...options, normalized: true })
    expect(parts({ output0: finished([10 / 32, 10 / 32, 4 / 32, 8 / 32]) }, { geometry })[0]?.detections).toEqual(expected)
  })

  it('leaves the columns after the classes alone', () => {
    const decode = createYolov8Decoder({ ...options, classes: 1 })
    const protos = sparse([1, 32, 8, 8], {})
    const [result] = decode({ output0: finished([10, 10, 4, 8]), protos }, { geometry })
    expect(result?.detections.map(({ category }) => category)).toEqual([0])
  })

  it('decodes raw heads, joined or apart', () => {
    const [scoresA, scoresB] = [
      Tensor.from(new Float32Array(16).fill(-30), [1, 16, 1]),
      Tensor.from(new Float32Array(4).fill(-30), [1, 4, 1]),
    ]
    scoresA.data[5] = 0
    const [boxesA, boxesB] = [sparse([1, 16, 64], sides(5, 16)), sparse([1, 4, 64], {})]
    const expected = [{ category: 0, score: 0.5, box: [4, -4, 12, 36] }]
    const apart = { a: asMap(scoresA, 4), b: asMap(boxesA, 4), c: asMap(scoresB, 2), d: asMap(boxesB, 2) }
    expect(createYolov8Decoder(options)(apart, { geometry })[0]?.detections).toEqual(expected)
    const join = (boxes: Tensor<'f32'>, scores: Tensor<'f32'>, size: number) => {
      const data = new Float32Array([...asMap(boxes, size).data, ...asMap(scores, size).data])
      return Tensor.from(data, [1, 65, size, size])
    }
    const joined = { p: join(boxesA, scoresA, 4), q: join(boxesB, scoresB, 2) }
    expect(createYolov8Decoder(options)(joined, { geometry })[0]?.detections).toEqual(expected)
  })

  it('keeps to one order of dimensions, where a count of places is that of numbers too', () => {
    // 4 x 4 cells of 16 and 4 x 4 bins: either way round fits the first stride.
    const wide = { ...options, bins: 4 }
    const scores = [sparse([1, 3, 16], {}), sparse([1, 3, 4], {})] as const
    const boxes = [sparse([1, 16, 16], {}), sparse([1, 16, 4], {})] as const
    for (const tensor of scores) tensor.data.fill(-30)
    scores[0].data[2 * 16 + 5] = 0
    for (const [side, bin] of [1, 2, 0, 3].entries()) boxes[0].data[(side * 4 + bin) * 16 + 5] = sure
    const outputs = { a: scores[0], b: boxes[0], c: scores[1], d: boxes[1] }
    expect(createYolov8Decoder(wide)(outputs, { geometry })[0]?.detections).toEqual([
      { category: 2, score: 0.5, box: [4, -4, 12, 36] },
    ])
  })

  it('refuses another number of places', () => {
    expect(() => createYolov8Decoder(options)({ y: sparse([1, 6, 21], {}) }, { geometry })).toThrow(
      expect.objectContaining({ code: 'DECODE_OUTPUTS_UNFIT' }),
    )
    const named = createYolov8Decoder({ ...options, outputs: { predictions: 'y' } })
    expect(() => named({ y: sparse([1, 6, 21], {}) }, { geometry })).toThrow('expected [batch, 4 + classes, 20]')
  })
})
