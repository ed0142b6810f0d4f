import { describe, expect, it } from 'vitest'
import { createClassificationDecoder } from '../../../../lib/evaluation/tasks/classification.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'
import { wholeInput } from './pictures.js'

const none = { geometry: [] }
const tensor = (values: number[], shape: number[]) => Tensor.from(new Float32Array(values), shape)

describe('createClassificationDecoder', () => {
  it('ranks the classes of each sample, equal ones by class', () => {
    const decode = createClassificationDecoder({ topK: 3 })
    const [first, second] = decode({ y: tensor([1, 4, 4, 0, 9, 1, 1, 2], [2, 4]) }, none)
    expect(first?.classes).toEqual([
      { category: 1, score: 4 },
      { category: 2, score: 4 },
      { category: 0, score: 1 },
    ])
    expect(second?.classes.map(({ category }) => category)).toEqual([0, 3, 1])
  })

  it('makes probabilities of logits', () => {
    const logits = { y: tensor([0, Math.log(3)], [1, 2]) }
    const [softmax] = createClassificationDecoder({ activation: 'softmax' })(logits, none)
    expect(softmax?.classes[0]?.score).toBeCloseTo(0.75, 6)
    const [sigmoid] = createClassificationDecoder({ activation: 'sigmoid' })(logits, none)
    expect(sigmoid?.classes[1]).toEqual({ category: 0, score: 0.5 })
  })

  it('leaves out what precedes the label offset, after the softmax', () => {
    const decode = createClassificationDecoder({ activation: 'softmax', labelOffset: 1 })
    const [result] = decode({ y: tensor([Math.log(2), 0, 0], [1, 3]) }, none)
    expect(result?.classes.map(({ category }) => category)).toEqual([0, 1])
    expect(result?.classes[0]?.score).toBeCloseTo(0.25, 6)
  })

  it('takes dimensions of 1, a lone sample and integers', () => {
    const decode = createClassificationDecoder({ topK: 1 })
    expect(decode({ y: tensor([0, 2, 1], [1, 3, 1, 1]) }, none)[0]?.classes[0]?.category).toBe(1)
    expect(decode({ y: Tensor.from(new Uint8Array([7, 200, 9]), [3]) }, none)[0]?.classes[0]).toEqual({ category: 1, score: 200 })
  })

  it('takes half precision', () => {
    const y = Tensor.from(new Uint16Array([0x3800, 0x3c00, 0x7e00]), [1, 3], 'f16')
    expect(createClassificationDecoder()({ y }, none)[0]?.classes).toEqual([
      { category: 1, score: 1 },
      { category: 0, score: 0.5 },
    ])
  })

  it('leaves out NaN, and lets infinities share the whole', () => {
    const values = { y: tensor([Number.NaN, 1, Infinity, Infinity, -Infinity], [1, 5]) }
    const [softmax] = createClassificationDecoder({ activation: 'softmax' })(values, none)
    expect(softmax?.classes).toEqual([
      { category: 2, score: 0.5 },
      { category: 3, score: 0.5 },
      { category: 1, score: 0 },
      { category: 4, score: 0 },
    ])
    const [nothing] = createClassificationDecoder()({ y: tensor([Number.NaN, Number.NaN], [1, 2]) }, none)
    expect(nothing?.classes).toEqual([])
  })

  it('decodes the samples that have a picture, of a padded batch', () => {
    const decode = createClassificationDecoder()
    const outputs = { y: tensor([1, 0, 0, 1], [2, 2]) }
    expect(decode(outputs, { geometry: [wholeInput(8)] })).toHaveLength(1)
    const three = { geometry: [wholeInput(8), wholeInput(8), wholeInput(8)] }
    expect(() => decode(outputs, three)).toThrow(expect.objectContaining({ code: 'DECODE_GEOMETRY_UNFIT' }))
  })

  it('says what it expected', () => {
    const outputs = { a: tensor([1], [1, 1]), b: tensor([1], [1, 1]) }
    expect(() => createClassificationDecoder()(outputs, none)).toThrow(
      'The classification decoder expected one output, [batch, classes], or the option outputs; the model gave a f32[1, 1], b f32[1, 1]',
    )
    expect(createClassificationDecoder({ outputs: { scores: 'b' } })(outputs, none)).toHaveLength(1)
    expect(() => createClassificationDecoder({ outputs: { scores: 'c' } })(outputs, none)).toThrow(/an output named c/)
    expect(() => createClassificationDecoder({ topK: 0 })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
