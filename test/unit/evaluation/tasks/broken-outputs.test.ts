import { describe, expect, it } from 'vitest'
import { createDecoder, type TaskInput } from '../../../../lib/evaluation/tasks/create-decoder.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { createRandom } from '../boxes/random-source.js'
import { padded } from './pictures.js'

const geometry = [padded(32, 32, 4, 0), padded(32, 32, 0, 4)]

/** Shapes of outputs, for a batch of two and an input of 32 x 32. */
const cases: readonly { task: TaskInput; shapes: Readonly<Record<string, readonly number[]>> }[] = [
  { task: { decoder: 'classification', activation: 'softmax' }, shapes: { y: [2, 10] } },
  { task: { decoder: 'yolox' }, shapes: { y: [2, 21, 8] } },
  {
    task: { decoder: 'nanodet' },
    shapes: { a: [2, 16, 3], b: [2, 16, 32], c: [2, 4, 3], d: [2, 4, 32], e: [2, 1, 3], f: [2, 1, 32] },
  },
  { task: { decoder: 'yolov5' }, shapes: { y: [2, 63, 8] } },
  { task: { decoder: 'yolov8' }, shapes: { y: [2, 7, 21] } },
  { task: { decoder: 'yolov8', strides: [8, 16] }, shapes: { a: [2, 67, 4, 4], b: [2, 67, 2, 2] } },
  { task: { decoder: 'ssd', activation: 'softmax' }, shapes: { boxes: [2, 9, 4], scores: [2, 9, 3] } },
  { task: { decoder: 'dense', activation: 'sigmoid' }, shapes: { boxes: [2, 9, 4], scores: [2, 9, 3] } },
  { task: { decoder: 'detr' }, shapes: { boxes: [2, 9, 4], scores: [2, 9, 3] } },
  { task: { decoder: 'detr', activation: 'softmax' }, shapes: { boxes: [2, 9, 4], scores: [2, 9, 3] } },
  { task: { decoder: 'rotated' }, shapes: { y: [2, 21, 8] } },
  { task: { decoder: 'ctc', charset: 'abc', activation: 'softmax' }, shapes: { y: [2, 7, 4] } },
  { task: { decoder: 'db' }, shapes: { y: [2, 1, 32, 32] } },
]
const oddities = [Number.NaN, Infinity, -Infinity, 3.4e38, -3.4e38, 1e-45, -0]

describe('outputs that are not finite', () => {
  it.each(cases)('$task.decoder gives finite results', ({ task, shapes }) => {
    const random = createRandom(5)
    const decode = createDecoder(task)
    for (let round = 0; round < 300; round++) {
      const odd = [0, 0.02, 0.3, 1][round % 4] as number
      const value = () => (random() < odd ? (oddities[Math.floor(random() * oddities.length)] as number) : (random() - 0.4) * 6)
      const outputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, randomTensor(shape, value)]))
      const results = decode(outputs, { geometry })
      expect(results).toHaveLength(2)
      // JSON writes what is not finite as null.
      expect(JSON.stringify(results)).not.toContain('null')
    }
  })
})

function randomTensor(shape: readonly number[], value: () => number): Tensor {
  return Tensor.from(new Float32Array(shape.reduce((a, b) => a * b, 1)).map(value), shape)
}
