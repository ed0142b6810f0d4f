import { describe, expect, it } from 'vitest'
import { createDenseDecoder } from '../../../../lib/evaluation/tasks/dense.js'
import { createDetrDecoder } from '../../../../lib/evaluation/tasks/detr.js'
import { createSsdDecoder } from '../../../../lib/evaluation/tasks/ssd.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { padded, rowsOf, sparse, wholeInput } from './pictures.js'

const geometry = [wholeInput(100, 200)]

describe('createDenseDecoder', () => {
  const boxes = rowsOf([
    [0.5, 0.5, 0.2, 0.2],
    [0.5, 0.5, 0.2, 0.18],
    [0.1, 0.1, 0.2, 0.2],
  ])
  const scores = rowsOf([
    [0.5, 0],
    [0.75, 0.25],
    [0, 0],
  ])

  it('scales parts of the input, suppresses within a class', () => {
    const [result] = createDenseDecoder()({ scores, boxes }, { geometry })
    expect(result?.detections.map(({ category, score }) => [category, score])).toEqual([
      [0, 0.75],
      [1, 0.25],
    ])
    expect(result?.detections[0]?.box).toEqual([40, 82, 60, 118].map((value) => expect.closeTo(value, 4)))
  })

  it('reads all orders of a box', () => {
    const scores = rowsOf([[1, 0]])
    const cases = [
      ['xyxy', [1, 2, 3, 6]],
      ['yxyx', [2, 1, 6, 3]],
      ['cxcywh', [2, 4, 2, 4]],
      ['xywh', [1, 2, 2, 4]],
    ] as const
    for (const [boxFormat, box] of cases) {
      const [result] = createDenseDecoder({ boxFormat, normalized: false })({ boxes: rowsOf([box]), scores }, { geometry })
      expect(result?.detections[0]?.box, boxFormat).toEqual([1, 2, 3, 6])
    }
  })

  it('wants names where four classes look like boxes', () => {
    const outputs = { first: rowsOf([[0, 0, 0, 1]]), second: rowsOf([[0.5, 0.5, 0.1, 0.1]]) }
    expect(() => createDenseDecoder()(outputs, { geometry })).toThrow(
      'expected boxes [batch, n, 4] and scores [batch, n, classes], told apart by shape or by the option outputs',
    )
    for (const names of [{ boxes: 'second' }, { scores: 'first' }, { boxes: 'second', scores: 'first' }]) {
      const [result] = createDenseDecoder({ outputs: names })(outputs, { geometry })
      expect(result?.detections[0]?.category).toBe(3)
    }
  })

  it('finds nothing in NaN, and refuses other shapes', () => {
    const nan = Tensor.from(new Float32Array(6).fill(Number.NaN), [1, 3, 2])
    expect(createDenseDecoder()({ scores: nan, boxes }, { geometry })[0]?.detections).toEqual([])
    expect(() => createDenseDecoder()({ scores: sparse([1, 4, 2], {}), boxes }, { geometry })).toThrow(/scores f32\[1, 4, 2\]/)
  })
})

describe('createDetrDecoder', () => {
  const pred_boxes = rowsOf([
    [0.5, 0.5, 0.2, 0.2],
    [0.25, 0.5, 0.5, 0.5],
  ])
  const outputs = {
    logits: rowsOf([
      [-2, 0, 2],
      [1, -9, -9],
    ]),
    pred_boxes,
  }

  it('takes the best of all queries and classes, as many as there are queries', () => {
    const [result] = createDetrDecoder()(outputs, { geometry })
    expect(result?.detections.map(({ category }) => category)).toEqual([2, 0])
    expect(result?.detections[0]?.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 6)
    expect(result?.detections[1]?.box).toEqual([0, 50, 50, 150])
    const [all] = createDetrDecoder({ maxDetections: 10, scoreThreshold: 0.1 })(outputs, { geometry })
    expect(all?.detections.map(({ category }) => category)).toEqual([2, 0, 1, 0])
  })

  it('takes one class a query, and none for no object, with softmax', () => {
    const [result] = createDetrDecoder({ activation: 'softmax' })(outputs, { geometry })
    expect(result?.detections.map(({ category }) => category)).toEqual([0, 1])
    expect(result?.detections[1]?.score).toBeCloseTo(1 / (1 + Math.exp(-2) + Math.exp(2)), 6)
  })

  it('does not suppress', () => {
    const twins = {
      scores: rowsOf([
        [1, 0],
        [1, 0],
      ]),
      boxes: rowsOf([
        [0.5, 0.5, 0.1, 0.1],
        [0.5, 0.5, 0.1, 0.1],
      ]),
    }
    expect(createDetrDecoder({ activation: 'none' })(twins, { geometry })[0]?.detections).toHaveLength(2)
  })

  it('maps back through padding, in a batch', () => {
    const boxes = Tensor.from(new Float32Array([0.5, 0.5, 0.2, 0.2, 0.5, 0.5, 0.2, 0.2]), [2, 1, 4])
    const scores = Tensor.from(new Float32Array([0.5, 0.75]), [2, 1, 1])
    const decode = createDetrDecoder({ activation: 'none' })
    const results = decode({ scores, boxes }, { geometry: [wholeInput(100), padded(100, 100, 10, 0)] })
    expect(results.map(({ detections }) => detections[0]?.box.map(Math.round))).toEqual([
      [40, 40, 60, 60],
      [60, 80, 100, 120],
    ])
  })
})

describe('createSsdDecoder', () => {
  it('leaves out the background and counts classes from the next', () => {
    const boxes = Tensor.from(new Float32Array([0.1, 0.2, 0.3, 0.4]), [1, 1, 1, 4])
    const [result] = createSsdDecoder()({ boxes, scores: rowsOf([[0.9, 0, 0.5]]) }, { geometry })
    expect(result?.detections).toEqual([{ category: 1, score: 0.5, box: [20, 20, 40, 60].map((v) => expect.closeTo(v, 4)) }])
  })

  it('decodes offsets from default boxes', () => {
    const outputs = { loc: rowsOf([[1, -1, Math.log(2) / 0.2, 0]]), conf: rowsOf([[0, Math.log(3)]]) }
    const priors = { boxes: [[0.5, 0.5, 0.2, 0.1]] as [number, number, number, number][] }
    const [result] = createSsdDecoder({ activation: 'softmax', priors })(outputs, { geometry })
    // Centre .5 + .1 * .2 and .5 - .1 * .1, size .4 and .1.
    const expected = [32, 88, 72, 108].map((value) => expect.closeTo(value, 4))
    expect(result?.detections).toEqual([{ category: 0, score: expect.closeTo(0.75, 6), box: expected }])
    const turned = { ...outputs, loc: rowsOf([[-1, 1, 0, Math.log(2) / 0.2]]) }
    const corners = {
      boxes: [[0.4, 0.45, 0.6, 0.55]] as [number, number, number, number][],
      format: 'xyxy',
      order: 'yxhw',
    } as const
    expect(createSsdDecoder({ activation: 'softmax', priors: corners })(turned, { geometry })[0]?.detections[0]?.box).toEqual(
      expected,
    )
  })

  it('refuses priors of another number', () => {
    const outputs = {
      loc: rowsOf([
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ]),
      conf: rowsOf([
        [0, 1],
        [0, 1],
      ]),
    }
    expect(() => createSsdDecoder({ priors: { boxes: [[0, 0, 1, 1]] } })(outputs, { geometry })).toThrow('boxes [batch, 1, 4]')
  })
})
