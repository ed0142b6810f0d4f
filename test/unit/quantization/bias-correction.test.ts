import { describe, expect, it } from 'vitest'
import type { TensorStatistics } from '../../../lib/calibration/statistic-points.js'
import type { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { FastBiasCorrection } from '../../../lib/quantization/algorithms/fast-bias-correction.js'
import { placeQuantizers } from '../../../lib/quantization/placement/place-quantizers.js'
import { targets } from '../../../lib/quantization/targets/targets.js'
import { WeightStore } from '../../../lib/quantization/weights/weight-store.js'
import { floats, makeGraph, noise } from '../graph/make-graph.js'
import { convolve, convolveTransposed, type Dense, meanOfChannels, multiply, type Window } from './convolve.js'

/** Corrects the only layer; gives its weights as integers mean them, and its bias before and after. */
function correct(graph: Graph, means: Float64Array, axis: number) {
  const shapes = inferShapes(graph)
  const settings = {
    target: { ...targets['openvino-cpu-vnni'], depthwise: true },
    isSymmetric: false,
    perChannel: true,
    ignored: new Map(),
  }
  const placement = placeQuantizers(graph, shapes, settings)
  const store = new WeightStore()
  const algorithm = new FastBiasCorrection(placement, shapes, store)
  const [quantizer] = placement.weights
  if (quantizer === undefined) throw new Error('nothing is quantized')
  expect(algorithm.statisticPoints()).toEqual([{ tensor: 'x', kind: 'channel-mean', axis }])
  const constant = quantizer.use.node.inputs[1]?.constant as Constant
  const { values, scales } = store.of(constant, quantizer)
  const inner = constant.shape.slice((quantizer.axis ?? 0) + 1).reduce((product, length) => product * length, 1)
  const restored = Float64Array.from(values, (value, at) => {
    const slice = quantizer.axis === null ? 0 : Math.floor(at / inner) % scales.length
    return value * (scales[slice] as number)
  })
  algorithm.apply(graph, new Map([['x', { channelMean: { axis, means } } satisfies TensorStatistics]]))
  return { restored, corrected: algorithm.corrected }
}

const channelMeans = (channels: number) => Float64Array.from({ length: channels }, (_, channel) => 0.3 + Math.sin(channel * 1.7))

/** Input whose channels are constant: there the shift is exact. */
function constantInput(shape: readonly [number, number, number, number]): { input: Dense; means: Float64Array } {
  const means = channelMeans(shape[1])
  const inner = shape[2] * shape[3]
  return {
    input: { shape, data: Float64Array.from({ length: shape[1] * inner }, (_, at) => means[Math.floor(at / inner)] as number) },
    means,
  }
}

const dense = ({ shape, values }: { shape: readonly number[]; values: ArrayLike<number> }): Dense => ({ shape, data: values })
const plain: Window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 }

describe('fast bias correction brings the mean of each output channel back', () => {
  it.each<[string, 'Conv' | 'ConvTranspose', Partial<Window> & { weights: number[]; hasBias?: boolean }]>([
    ['a convolution', 'Conv', { weights: [6, 4, 3, 3] }],
    ['without a bias', 'Conv', { weights: [6, 4, 3, 3], hasBias: false }],
    ['padding', 'Conv', { weights: [6, 4, 3, 3], pads: [1, 1, 1, 1] }],
    [
      'uneven padding, strides, dilations',
      'Conv',
      { weights: [5, 4, 3, 2], pads: [2, 0, 1, 1], strides: [2, 3], dilations: [2, 1] },
    ],
    ['groups', 'Conv', { weights: [8, 2, 3, 3], pads: [1, 1, 1, 1], group: 2 }],
    ['depthwise', 'Conv', { weights: [8, 1, 5, 5], pads: [2, 2, 2, 2], strides: [2, 2], group: 4 }],
    ['transposed', 'ConvTranspose', { weights: [4, 6, 3, 3] }],
    ['transposed, strides and padding', 'ConvTranspose', { weights: [4, 6, 4, 3], pads: [1, 0, 2, 1], strides: [2, 3] }],
    [
      'transposed, groups and dilations',
      'ConvTranspose',
      { weights: [4, 3, 3, 2], pads: [1, 1, 0, 1], dilations: [2, 1], group: 2 },
    ],
  ])('%s', (name, type, { weights: shape, hasBias = true, ...given }) => {
    const window = { ...plain, ...given }
    const { input, means } = constantInput([1, 4, 9, 10])
    const filters = type === 'Conv' ? (shape[0] as number) : (shape[1] as number) * window.group
    const weights = noise(shape, name)
    const bias = noise([filters], `${name} bias`)
    const { strides, pads, dilations, group } = window
    const graph = makeGraph({
      inputs: { x: [1, 4, 9, 10] },
      constants: { w: weights, ...(hasBias && { b: bias }) },
      nodes: [
        {
          type,
          name: 'layer',
          inputs: hasBias ? ['x', 'w', 'b'] : ['x', 'w'],
          outputs: ['y'],
          attributes: { strides: [...strides], pads: [...pads], dilations: [...dilations], group },
        },
      ],
      outputs: ['y'],
    })
    const { restored, corrected } = correct(graph, means, 1)
    expect(corrected).toEqual(['layer'])
    const compute = type === 'Conv' ? convolve : convolveTransposed
    const before = hasBias ? (bias.values() as Float32Array) : new Float32Array(filters)
    const after = [...graph.nodes][0]?.inputs[2]?.constant?.values() as Float32Array
    const wanted = meanOfChannels(compute(input, dense({ shape, values: weights.values() as Float32Array }), before, window), 1)
    const quantized = { shape, data: restored }
    const uncorrected = meanOfChannels(compute(input, quantized, before, window), 1)
    const found = meanOfChannels(compute(input, quantized, after, window), 1)
    const errorOf = (means: Float64Array) =>
      Math.max(...means.map((mean, channel) => Math.abs(mean - (wanted[channel] as number))))
    expect(errorOf(uncorrected)).toBeGreaterThan(1e-4)
    expect(errorOf(found)).toBeLessThan(1e-6)
  })

  it.each<[string, 0 | 1]>([
    ['Gemm', 0],
    ['Gemm with transposed weights', 1],
    ['MatMul and the sum behind it', 0],
  ])('%s', (name, transB) => {
    const means = channelMeans(7)
    const right = noise([7, 5], name)
    const values = right.values() as Float32Array
    const turned = Float32Array.from({ length: 35 }, (_, at) => values[(at % 7) * 5 + Math.floor(at / 7)] as number)
    const bias = noise([5], `${name} bias`)
    const isProduct = name.startsWith('MatMul')
    const graph = makeGraph({
      inputs: { x: [3, 7] },
      constants: { w: transB ? floats([5, 7], ...turned) : right, b: bias },
      nodes: isProduct
        ? [
            { type: 'MatMul', name: 'layer', inputs: ['x', 'w'], outputs: ['p'] },
            { type: 'Add', name: 'sum', inputs: ['p', 'b'], outputs: ['y'] },
          ]
        : [
            {
              type: 'Gemm',
              name: 'layer',
              inputs: ['x', 'w', 'b'],
              outputs: ['y'],
              attributes: { transB, beta: { float: 0.5 } },
            },
          ],
      outputs: ['y'],
    })
    const { restored, corrected } = correct(graph, means, 1)
    expect(corrected).toEqual(['layer'])
    const beta = isProduct ? 1 : 0.5
    const holder = [...graph.nodes].find((node) => node.is(isProduct ? 'Add' : 'Gemm'))
    const after = holder?.inputs[isProduct ? 1 : 2]?.constant?.values() as Float32Array
    const input: Dense = { shape: [1, 7], data: means }
    const integers = transB
      ? Float64Array.from({ length: 35 }, (_, at) => restored[(at % 5) * 7 + Math.floor(at / 5)] as number)
      : restored
    const wanted = multiply(
      input,
      dense({ shape: [7, 5], values }),
      (bias.values() as Float32Array).map((value) => value * beta),
    ).data
    const found = multiply(input, { shape: [7, 5], data: integers }, after).data
    for (let channel = 0; channel < 5; channel++) expect(found[channel]).toBeCloseTo(wanted[channel] as number, 6)
    expect(holder?.float('beta', 1)).toBe(1)
  })

  it('leaves a bias that others read as it is', () => {
    const bias = floats([4], 1, 2, 3, 4)
    const graph = makeGraph({
      inputs: { x: [1, 4, 4, 4] },
      constants: { w: noise([4, 4, 1, 1]), b: bias },
      nodes: [
        { type: 'Conv', name: 'layer', inputs: ['x', 'w', 'b'], outputs: ['t'] },
        { type: 'Add', name: 'other', inputs: ['t', 'b'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    correct(graph, channelMeans(4), 1)
    expect([...graph.nodes][1]?.inputs[1]?.constant).toBe(bias)
    expect([...graph.nodes][0]?.inputs[2]?.constant).not.toBe(bias)
  })

  it('corrects nothing without a place for it, or without a mean', () => {
    const product = makeGraph({
      inputs: { x: [3, 7] },
      constants: { w: noise([7, 5]) },
      nodes: [{ type: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      outputs: ['y'],
    })
    const shapes = inferShapes(product)
    const placement = placeQuantizers(product, shapes, {
      target: targets['openvino-cpu'],
      isSymmetric: false,
      perChannel: true,
      ignored: new Map(),
    })
    const algorithm = new FastBiasCorrection(placement, shapes, new WeightStore())
    expect(algorithm.statisticPoints()).toEqual([])
    algorithm.apply(product, new Map())
    expect(algorithm.corrected).toEqual([])
  })
})
