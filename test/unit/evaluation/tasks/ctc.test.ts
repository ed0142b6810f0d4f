import { describe, expect, it } from 'vitest'
import { createCtcDecoder } from '../../../../lib/evaluation/tasks/ctc.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { rowsOf, transposed } from './pictures.js'

const none = { geometry: [] }
const charset = ['a', 'b', 'c']

/** Steps of which each is sure of one of four classes. */
const steps = (best: number[], value = 0.75) => rowsOf(best.map((c) => [0, 1, 2, 3].map((k) => (k === c ? value : 0))))

describe('createCtcDecoder', () => {
  it('joins repetitions, removes blanks, keeps what a blank parts', () => {
    const [line] = createCtcDecoder({ charset })({ y: steps([1, 1, 0, 1, 2, 2, 0, 3]) }, none)
    expect(line).toEqual({ task: 'text-recognition', text: 'aabc', score: 0.75 })
  })

  it('takes the blank from elsewhere', () => {
    expect(createCtcDecoder({ charset, blank: 'last' })({ y: steps([0, 3, 2]) }, none)[0]?.text).toBe('ac')
    expect(createCtcDecoder({ charset, blank: 1 })({ y: steps([0, 1, 2, 3]) }, none)[0]?.text).toBe('abc')
  })

  it('reads the characters from a text, from one line, or from the metadata of the model', () => {
    const outputs = { y: steps([3, 0, 1]) }
    expect(createCtcDecoder({ charset: 'a\nb\nc\n' })(outputs, none)[0]?.text).toBe('ca')
    expect(createCtcDecoder({ charset: 'a𝄞c' })({ y: steps([2]) }, none)[0]?.text).toBe('𝄞')
    expect(createCtcDecoder({}, { character: 'a\r\nb\r\n\u2028\n' })(outputs, none)[0]?.text).toBe('\u2028a')
    expect(createCtcDecoder({ charset: { metadata: 'chars' }, appendSpace: true }, { chars: 'ab' })(outputs, none)[0]?.text).toBe(
      ' a',
    )
    expect(() => createCtcDecoder({}, { author: 'x' })).toThrow("the model's metadata has no character; it has author")
  })

  it('scores logits by their softmax', () => {
    const [line] = createCtcDecoder({ charset, activation: 'softmax' })({ y: steps([1], Math.log(9)) }, none)
    expect(line?.score).toBeCloseTo(0.75, 6)
    const infinite = { y: rowsOf([[0, Infinity, 0, Number.NaN]]) }
    expect(createCtcDecoder({ charset, activation: 'softmax' })(infinite, none)[0]).toMatchObject({ text: 'a', score: 1 })
  })

  it('takes other layouts and batches', () => {
    const lines = Tensor.from(new Float32Array([...steps([1, 2]).data, ...steps([3, 3]).data]), [2, 2, 4])
    const texts = (y: Tensor, layout: 'batch-time-class' | 'time-batch-class' | 'batch-class-time') =>
      createCtcDecoder({ charset, layout })({ y }, none).map(({ text }) => text)
    expect(texts(lines, 'batch-time-class')).toEqual(['ab', 'c'])
    expect(texts(transposed(lines), 'batch-class-time')).toEqual(['ab', 'c'])
    const timeFirst = Tensor.from(new Float32Array([...steps([1, 3]).data, ...steps([2, 3]).data]), [2, 2, 4])
    expect(texts(timeFirst, 'time-batch-class')).toEqual(['ab', 'c'])
  })

  it('reads nothing from blanks, from no steps, from NaN', () => {
    const decode = createCtcDecoder({ charset })
    const nothing = { task: 'text-recognition', text: '', score: 0 }
    expect(decode({ y: steps([0, 0]) }, none)[0]).toEqual(nothing)
    expect(decode({ y: Tensor.from(new Float32Array(0), [1, 0, 4]) }, none)[0]).toEqual(nothing)
    expect(decode({ y: Tensor.from(new Float32Array(8).fill(Number.NaN), [1, 2, 4]) }, none)[0]).toEqual(nothing)
  })

  it('refuses a list of another length', () => {
    expect(() => createCtcDecoder({ charset: ['a', 'b'] })({ y: steps([0]) }, none)).toThrow(
      'The ctc decoder expected 3 classes, which are 2 characters and the blank; the model gives 4',
    )
    expect(() => createCtcDecoder({ charset: ['a', 'b', 'c'], appendSpace: true })({ y: steps([0]) }, none)).toThrow(
      'expected 5 classes, which are 4 characters with the space, and the blank',
    )
    const flat = Tensor.from(new Float32Array(4), [1, 4])
    expect(() => createCtcDecoder({ charset })({ flat }, none)).toThrow(expect.objectContaining({ code: 'DECODE_OUTPUTS_UNFIT' }))
  })
})
