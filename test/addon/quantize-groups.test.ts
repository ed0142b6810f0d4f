import { describe, expect, it } from 'vitest'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const shape = [1, 4, 8, 8]
const weights = noise([4, 4, 3, 3], 'weights', -1, 0.9)
const model = encodeGraph(
  makeGraph({
    inputs: { x: shape },
    constants: { w: weights },
    nodes: [{ type: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
    outputs: ['y'],
  }),
)
const data = Array.from({ length: 8 }, (_, seed) => ({
  x: Tensor.from(noise(shape, `x ${seed}`, -0.4, 1).values() as Float32Array, shape),
}))

/** Integers of the weights, and what scales them and the activation. */
async function quantized(options: Partial<QuantizeOptions>) {
  const result = await quantize({ model, calibration: { data }, check: false, biasCorrection: false, ...options })
  const conv = [...(await readGraph(result.model)).nodes].find((node) => node.is('Conv'))
  const [activation, filters] = [0, 1].map((index) => conv?.inputs[index]?.producer?.inputs ?? [])
  const valuesOf = (tensors: typeof activation, index: number) => [
    ...((tensors?.[index]?.constant?.values() ?? []) as Float32Array),
  ]
  const integers = valuesOf(filters, 0)
  return {
    least: Math.min(...integers),
    most: Math.max(...integers),
    weightScales: valuesOf(filters, 1).length,
    weightShape: filters?.[1]?.constant?.shape,
    scale: valuesOf(activation, 1)[0] as number,
    zeroPoint: valuesOf(activation, 2)[0],
    type: activation?.[2]?.elementType,
  }
}

// Weights that may not overflow 16 bits have less of the range.
const whole = { target: 'openvino-cpu-vnni' } as const

describe('parameters of activations and of weights', () => {
  it('say whether -128 is among the weights', async () => {
    expect(await quantized(whole)).toMatchObject({ least: -127 })
    expect(await quantized({ ...whole, weights: { narrowRange: false } })).toMatchObject({ least: -128 })
  })

  it('say whether weights have a scale for each channel', async () => {
    expect(await quantized(whole)).toMatchObject({ weightScales: 4, weightShape: [4] })
    expect(await quantized({ ...whole, weights: { perChannel: false } })).toMatchObject({ weightScales: 1, weightShape: [] })
  })

  it('say whether activations have a zero point', async () => {
    const lopsided = await quantized({ activations: { mode: 'asymmetric', range: 'minmax' } })
    expect(lopsided.zeroPoint).not.toBe(128)
    const even = await quantized({ activations: { mode: 'symmetric', range: 'minmax' } })
    expect(even).toMatchObject({ type: 'u8', zeroPoint: 128 })
    expect(await quantized({ target: 'tensorrt' })).toMatchObject({ type: 'i8', zeroPoint: 0 })
  })

  it('say how their ranges are found', async () => {
    const all = await quantized({ activations: { range: 'minmax' } })
    const middle = await quantized({ activations: { range: { statistic: 'percentile', lower: 0.2, upper: 0.8 } } })
    expect(middle.scale).toBeLessThan(0.7 * all.scale)
  })

  it.each<[string, unknown, RegExp]>([
    ['activations', { bits: 16 }, /activations\.bits: expected 8: the kernels of all targets multiply integers of 8 bits/],
    ['weights', { bits: 4 }, /weights\.bits: expected 8: the kernels/],
    ['activations', { perChannel: true }, /activations\.perChannel: expected false: an activation has one scale/],
    ['activations', { narrowRange: true }, /activations\.narrowRange: expected false: QuantizeLinear rounds/],
    ['weights', { mode: 'asymmetric' }, /weights\.mode: expected symmetric: no INT8 kernel takes/],
    ['weights', { range: 'entropy' }, /weights\.range: .*"minmax"\|"mse"/],
  ])('are refused where they mean nothing: %s %j', async (group, parameters, message) => {
    const options = { model, calibration: { data }, [group]: parameters } as QuantizeOptions
    await expect(quantize(options)).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(message) })
  })

  it('are refused where the target has no use for them', async () => {
    const options: QuantizeOptions = { model, calibration: { data }, target: 'tensorrt', activations: { mode: 'asymmetric' } }
    await expect(quantize(options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
