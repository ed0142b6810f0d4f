import { describe, expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { type GraphSketch, makeGraph, noise } from '../unit/graph/make-graph.js'

const shape = [4, 1, 16]
const samples = Array.from({ length: 32 }, (_, index) => ({
  x: Tensor.from(noise(shape, `sample ${index}`).values() as Float32Array, shape),
}))
const quantizeSketch = async (sketch: Omit<GraphSketch, 'inputs' | 'outputs' | 'opset'>, ignored?: { types: string[] }) =>
  await quantize({
    model: encodeGraph(makeGraph({ opset: 17, inputs: { x: shape }, outputs: ['y'], ...sketch })),
    calibration: { data: samples },
    ...(ignored && { ignored }),
  })
const warned = ({ warnings }: Awaited<ReturnType<typeof quantize>>, code: string) => warnings.find((found) => found.code === code)

const hidden = 64
const lstm = { type: 'LSTM', name: 'recur', inputs: ['x', 'w', 'r'], outputs: ['h'], attributes: { hidden_size: hidden } }
const recurrent = { w: noise([1, 4 * hidden, 16], 'w', -0.1, 0.1), r: noise([1, 4 * hidden, hidden], 'r', -0.1, 0.1) }

describe('a model that gains little from INT8', () => {
  it('of which nothing becomes INT8 is no error, and says so with the reason', async () => {
    const result = await quantizeSketch({
      nodes: [lstm, { type: 'Relu', inputs: ['h'], outputs: ['y'] }],
      constants: recurrent,
    })
    const reason = 'the target has no INT8 kernel for layers that recur'
    expect(result.float).toContainEqual({ node: 'recur', operator: 'LSTM', reason })
    expect(result.operators).toEqual([{ operator: 'LSTM', quantized: 0, float: 1 }])
    expect(warned(result, 'NOTHING_QUANTIZED')?.message).toBe(`nothing became INT8: 0 of 1 layers, all for one reason: ${reason}`)
    expect(warned(result, 'FILE_HARDLY_SMALLER')?.why).toContain('r (66 kB, of LSTM)')
  })

  it('names the most frequent reason of several', async () => {
    const product = (input: string, output: string) => ({ type: 'MatMul', inputs: [input, 'p'], outputs: [output] })
    const result = await quantizeSketch(
      {
        nodes: [
          { type: 'LSTM', inputs: ['x', 'w', 'r'], outputs: ['h'], attributes: { hidden_size: hidden } },
          { type: 'Relu', inputs: ['h'], outputs: ['t'] },
          product('t', 'u'),
          product('u', 'y'),
        ],
        constants: { ...recurrent, p: noise([hidden, hidden], 'p') },
      },
      { types: ['MatMul'] },
    )
    expect(warned(result, 'NOTHING_QUANTIZED')?.message).toMatch(
      /^nothing became INT8: 0 of 3 layers, 2 of them for this reason: /,
    )
  })

  it('without any layer is told apart', async () => {
    const result = await quantizeSketch({ nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }] })
    expect(warned(result, 'NOTHING_QUANTIZED')?.message).toBe('nothing became INT8: the model holds no layer that could')
    expect(warned(result, 'FILE_HARDLY_SMALLER')).toBeUndefined()
  })

  it('is not complained about where weights became INT8 and the file a quarter', async () => {
    const result = await quantizeSketch({
      nodes: [
        { type: 'MatMul', inputs: ['x', 'a'], outputs: ['t'] },
        { type: 'Relu', inputs: ['t'], outputs: ['u'] },
        { type: 'MatMul', inputs: ['u', 'b'], outputs: ['y'] },
      ],
      constants: { a: noise([16, 512], 'a'), b: noise([512, 128], 'b') },
    })
    expect(result.operators).toMatchObject([{ operator: 'MatMul', quantized: 2, float: 0 }])
    expect(warned(result, 'NOTHING_QUANTIZED')).toBeUndefined()
    expect(warned(result, 'FILE_HARDLY_SMALLER')).toBeUndefined()
  })

  it('is told how large it stays where some of it became INT8 and what takes the room did not', async () => {
    const result = await quantizeSketch({
      nodes: [
        { type: 'MatMul', inputs: ['x', 'a'], outputs: ['t'] },
        { ...lstm, inputs: ['t', 'w', 'r'], outputs: ['y'] },
      ],
      constants: { ...recurrent, a: noise([16, 16], 'a') },
    })
    expect(result.operators).toContainEqual({ operator: 'MatMul', quantized: 1, float: 0 })
    expect(warned(result, 'NOTHING_QUANTIZED')).toBeUndefined()
    expect(warned(result, 'FILE_HARDLY_SMALLER')).toMatchObject({
      message: expect.stringMatching(/hardly smaller: (0\.9|1\.0)/),
      why: expect.stringContaining('of LSTM'),
    })
  })
})
