import { describe, expect, it } from 'vitest'
import { bindOutputs, releaseOutputs } from '../../../lib/inference/collect-outputs.js'
import { Tensor } from '../../../lib/tensor/tensor.js'

describe('bindOutputs', () => {
  const port = { name: 'y', names: ['y', 'Relu_3'], type: 'f32', shape: [2] } as const

  it('refuses two tensors for one output, and leaves both free', () => {
    const [first, second] = [Tensor.allocate('f32', [2]), Tensor.allocate('f32', [2])]
    expect(() => bindOutputs([port], { y: first, Relu_3: second })).toThrow(expect.objectContaining({ code: 'OUTPUT_INVALID' }))
    first.release()
    second.release()
  })

  it('takes any of the names', () => {
    const tensor = Tensor.allocate('f32', [2])
    const bound = bindOutputs([port], { Relu_3: tensor })
    expect(bound.tensors).toEqual([tensor])
    expect(() => tensor.release()).toThrow(expect.objectContaining({ code: 'TENSOR_IN_USE' }))
    releaseOutputs(bound)
    tensor.release()
  })
})
