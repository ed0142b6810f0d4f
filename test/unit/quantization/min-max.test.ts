import { describe, expect, it } from 'vitest'
import { rangeEstimatorSchema } from '../../../lib/calibration/range-estimator-options.js'
import type { TensorStatistics } from '../../../lib/calibration/statistic-points.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { MinMaxQuantization } from '../../../lib/quantization/algorithms/min-max.js'
import { placeQuantizers } from '../../../lib/quantization/placement/place-quantizers.js'
import type { QuantizerScheme } from '../../../lib/quantization/quantizer.js'
import { contextOf, parametersForRange, representedRange } from '../../../lib/quantization/quantizer-parameters.js'
import { targets } from '../../../lib/quantization/targets/targets.js'
import { WeightStore } from '../../../lib/quantization/weights/weight-store.js'
import { makeGraph, noise } from '../graph/make-graph.js'

const asymmetric: QuantizerScheme = { bits: 8, isSymmetric: false, type: 'u8' }
const symmetric: QuantizerScheme = { bits: 8, isSymmetric: true, type: 'u8' }
const signed: QuantizerScheme = { bits: 8, isSymmetric: true, type: 'i8' }

describe('what a range is estimated for', () => {
  it.each<[string, QuantizerScheme, object]>([
    ['integers with a sign: 127 above zero, whatever is below', signed, { isSymmetric: true, steps: 127 }],
    ['integers without: as many as the range leaves', symmetric, { isSymmetric: true }],
    ['zero points', asymmetric, { isSymmetric: false }],
  ])('%s', (_, scheme, context) => expect(contextOf(scheme)).toEqual(context))
})

describe('scale and zero point', () => {
  it.each<[string, QuantizerScheme, [number, number], object]>([
    ['of one sign use all of u8, also where symmetric is asked for', symmetric, [0, 255], { type: 'u8', scale: 1, zeroPoint: 0 }],
    [
      'of both signs have their zero in the middle where symmetric',
      symmetric,
      [-127, 20],
      { type: 'u8', scale: 1, zeroPoint: 128 },
    ],
    ['of both signs go where they are', asymmetric, [-55, 200], { type: 'u8', scale: 1, zeroPoint: 55 }],
    ['that leave out zero are widened to it', asymmetric, [10, 510], { type: 'u8', scale: 2, zeroPoint: 0 }],
    ['below zero alone', asymmetric, [-510, -10], { type: 'u8', scale: 2, zeroPoint: 255 }],
    ['signed have no zero point', signed, [-20, 127], { type: 'i8', scale: 1, zeroPoint: 0 }],
    ['signed of one sign too', signed, [0, 254], { type: 'i8', scale: 2, zeroPoint: 0 }],
  ])('%s', (_, scheme, [min, max], expected) => expect(parametersForRange({ min, max }, scheme)).toEqual(expected))

  it('represent zero exactly, and the range but for half a step', () => {
    for (let at = 1; at < 200; at++) {
      const range = { min: -Math.abs(Math.sin(at)) * at, max: Math.abs(Math.cos(at)) * 7 }
      for (const scheme of [asymmetric, symmetric, signed]) {
        const parameters = parametersForRange(range, scheme)
        const { min, max } = representedRange(parameters)
        const half = parameters.scale * 0.5001
        expect(min).toBeLessThanOrEqual(range.min + half)
        expect(max).toBeGreaterThanOrEqual(range.max - half)
        expect(Number.isInteger(parameters.zeroPoint)).toBe(true)
        expect(parameters.scale).toBe(Math.fround(parameters.scale))
      }
    }
  })

  it.each([
    [0, 0],
    [0, 1e-44],
    [-1e-40, 1e-40],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    [Number.NaN, Number.NaN],
    [-3e38, 3e38],
  ])('of %f to %f are such that engines compute with them', (min, max) => {
    for (const scheme of [asymmetric, symmetric, signed]) {
      const { scale, zeroPoint } = parametersForRange({ min, max }, scheme)
      expect(scale).toBeGreaterThanOrEqual(2 ** -100)
      expect(Math.fround(1 / scale)).toBeGreaterThan(0)
      expect(scale).toBeLessThan(Number.POSITIVE_INFINITY)
      expect(Number.isInteger(zeroPoint)).toBe(true)
    }
  })
})

describe('min-max quantization', () => {
  const sketch = {
    inputs: { x: [1, 4, 8, 8] },
    constants: { w: noise([4, 4, 1, 1]), w8: noise([4, 8, 1, 1]) },
    nodes: [
      { type: 'Conv', name: 'first', inputs: ['x', 'w'], outputs: ['t'] },
      { type: 'Relu', inputs: ['t'], outputs: ['a'] },
      { type: 'Tanh', inputs: ['t'], outputs: ['b'] },
      { type: 'Concat', inputs: ['a', 'b'], outputs: ['c'], attributes: { axis: 1 } },
      { type: 'Conv', name: 'second', inputs: ['c', 'w8'], outputs: ['y'] },
    ],
    outputs: ['y'],
  }
  const rangeOf = (...pairs: [number, number][]): TensorStatistics => ({
    range: { minima: Float32Array.from(pairs, ([min]) => min), maxima: Float32Array.from(pairs, ([, max]) => max) },
  })
  const statistics = new Map([
    ['x', rangeOf([-1, 3], [-3, 5])],
    ['a', rangeOf([0, 10], [0, 30])],
    ['b', rangeOf([-0.5, 0.5], [-1.5, 0.5])],
  ])

  function run(range: string, perChannel = true) {
    const graph = makeGraph(sketch)
    const placement = placeQuantizers(graph, inferShapes(graph), {
      target: targets['openvino-cpu-vnni'],
      isSymmetric: false,
      perChannel,
      ignored: new Map(),
    })
    const algorithm = new MinMaxQuantization(placement, rangeEstimatorSchema.parse(range), new WeightStore())
    expect(algorithm.statisticPoints().map(({ tensor, kind }) => `${tensor} ${kind}`)).toEqual(['x range', 'a range', 'b range'])
    algorithm.apply(graph, statistics)
    return { graph, algorithm }
  }

  it('aggregates samples as the estimator says, and gives operands of a Concat one range that holds both', () => {
    const mean = run('mean-minmax').algorithm
    expect(Object.fromEntries(mean.ranges)).toEqual({ x: { min: -2, max: 4 }, a: { min: -1, max: 20 }, b: { min: -1, max: 20 } })
    expect(mean.parameters.get('a')).toEqual(mean.parameters.get('b'))
    expect(run('minmax').algorithm.ranges.get('a')).toEqual({ min: -1.5, max: 30 })
  })

  it('writes a pair for each quantizer, and weights as integers with a scale for each filter, or one for all', () => {
    for (const [perChannel, shape] of [
      [true, [4]],
      [false, []],
    ] as const) {
      const { graph } = run('mean-minmax', perChannel)
      const convolutions = [...graph.nodes].filter((node) => node.is('Conv'))
      expect([...graph.nodes].filter((node) => node.is('QuantizeLinear'))).toHaveLength(3)
      for (const node of convolutions) {
        const dequantize = node.inputs[1]?.producer
        expect(dequantize?.type).toBe('DequantizeLinear')
        expect(dequantize?.inputs[0]?.elementType).toBe('i8')
        expect(dequantize?.inputs[1]?.shape).toEqual(shape)
      }
    }
  })
})
