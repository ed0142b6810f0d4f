import { describe, expect, it } from 'vitest'
import { createYolov5Decoder } from '../../../../lib/evaluation/tasks/yolov5.js'
import { padded, rowsOf, sparse, transposed, wholeInput } from './pictures.js'

const rows = Array.from({ length: 12 }, () => Array(7).fill(0))
rows[3] = [10, 10, 4, 8, 0.5, 0.5, 1]
rows[4] = [10.1, 10, 4, 8, 0.5, 0.4, 0]
rows[5] = [Number.NaN, 10, 4, 8, 1, 1, 1]
rows[6] = [10, 10, 4, 8, Number.NaN, 1, 1]
const predictions = rowsOf(rows)
const geometry = [wholeInput(32)]

describe('createYolov5Decoder', () => {
  it('multiplies objectness and class, suppresses, leaves out NaN', () => {
    const [result] = createYolov5Decoder()({ predictions }, { geometry })
    expect(result?.detections).toEqual([
      { category: 1, score: 0.5, box: [8, 6, 12, 14] },
      { category: 0, score: 0.25, box: [8, 6, 12, 14] },
    ])
  })

  it('takes the other way round, and raw maps beside', () => {
    const raw = sparse([1, 3, 4, 4, 7], {})
    const decode = createYolov5Decoder()
    expect(decode({ predictions: transposed(predictions), raw }, { geometry })).toEqual(decode({ predictions }, { geometry }))
  })

  it('maps back through padding and cuts at the edges', () => {
    const [result] = createYolov5Decoder({ labels: 'best' })({ predictions }, { geometry: [padded(32, 32, 9, 4)] })
    expect(result?.detections.map(({ box }) => box)[0]).toEqual([0, 4, 6, 20])
  })

  it('refuses what is no table', () => {
    expect(() => createYolov5Decoder()({ y: sparse([1, 12, 5], {}) }, { geometry })).toThrow(
      'expected an output [batch, places, 5 + classes]; the model gave y f32[1, 12, 5]',
    )
    expect(() => createYolov5Decoder({ classes: 3 })({ predictions }, { geometry })).toThrow('5 + 3')
  })
})
