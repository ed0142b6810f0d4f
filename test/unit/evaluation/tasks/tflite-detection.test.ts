import { describe, expect, it } from 'vitest'
import { createTfliteDetectionDecoder } from '../../../../lib/evaluation/tasks/tflite-detection.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { rowsOf, wholeInput } from './pictures.js'

const list = (values: number[]) => Tensor.from(new Float32Array(values), [1, values.length])
const outputs = {
  boxes: rowsOf([
    [0.1, 0.2, 0.3, 0.4],
    [0, 0, 1, 1],
    [0, 0, 1, 1],
  ]),
  classes: list([17, 3, 0]),
  scores: list([0.75, 0.5, 0.25]),
  count: Tensor.from(new Float32Array([2]), [1]),
}
const geometry = [wholeInput(100)]

describe('createTfliteDetectionDecoder', () => {
  it('takes as many as are valid', () => {
    const [result] = createTfliteDetectionDecoder()(outputs, { geometry })
    expect(result?.detections).toEqual([
      { category: 17, score: 0.75, box: [20, 10, 40, 30].map((value) => expect.closeTo(value, 4)) },
      { category: 3, score: 0.5, box: [0, 0, 100, 100] },
    ])
  })

  it('refuses scores for classes, and takes them by name', () => {
    const { boxes, classes, scores, count } = outputs
    const swapped = { boxes, first: scores, second: classes, count }
    expect(() => createTfliteDetectionDecoder()(swapped, { geometry })).toThrow(
      'whole numbers as classes and 0 to 1 as scores (classes before scores, or names)',
    )
    const named = createTfliteDetectionDecoder({ outputs: { classes: 'second', scores: 'first' }, labelOffset: 1 })
    expect(named(swapped, { geometry })[0]?.detections.map(({ category }) => category)).toEqual([16, 2])
  })

  it('does without a count, passes over NaN', () => {
    const { boxes, classes } = outputs
    const [result] = createTfliteDetectionDecoder()({ boxes, classes, scores: list([Number.NaN, 0.5, 0]) }, { geometry })
    expect(result?.detections.map(({ category }) => category)).toEqual([3])
    const [none] = createTfliteDetectionDecoder()(
      { boxes, classes: list([Number.NaN, Infinity, 1]), scores: list([1, 1, 0]) },
      { geometry },
    )
    expect(none?.detections).toEqual([])
  })

  it('refuses lists of other lengths', () => {
    expect(() => createTfliteDetectionDecoder()({ ...outputs, scores: list([1]) }, { geometry })).toThrow(/scores f32\[1, 1\]/)
  })
})
