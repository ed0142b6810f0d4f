import { describe, expect, it } from 'vitest'
import { rangeEstimatorSchema } from '../../../lib/calibration/range-estimator-options.js'
import type { ChannelSpread, TensorStatistics } from '../../../lib/calibration/statistic-points.js'
import { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import type { GraphTensor } from '../../../lib/graph/graph-tensor.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { MinMaxQuantization } from '../../../lib/quantization/algorithms/min-max.js'
import { SmoothQuant } from '../../../lib/quantization/algorithms/smooth-quant.js'
import { placeQuantizers } from '../../../lib/quantization/placement/place-quantizers.js'
import type { TargetName } from '../../../lib/quantization/targets/target.js'
import { targets } from '../../../lib/quantization/targets/targets.js'
import { WeightStore } from '../../../lib/quantization/weights/weight-store.js'
import { type GraphSketch, makeGraph, type NodeSketch, noise } from '../graph/make-graph.js'

const channels = 6
const estimator = rangeEstimatorSchema.parse('mean-minmax')

/** Channel 2 is a hundred times as wide as the others. */
const reach = Float32Array.of(1, 1.5, 100, 0.8, 2, 1)
const spread = (axis: number, samples = 4): ChannelSpread => ({
  axis,
  minima: Float32Array.from({ length: samples * channels }, (_, at) => -(reach[at % channels] as number)),
  maxima: Float32Array.from({ length: samples * channels }, (_, at) => (reach[at % channels] as number) * 0.9),
  squares: Float64Array.from(reach, (value) => (value / 4) ** 2),
})
const observed = (axis: number): TensorStatistics => ({
  range: { minima: new Float32Array(4).fill(-100), maxima: new Float32Array(4).fill(90) },
  channelMean: { axis, means: Float64Array.from(reach, (value) => value / 10) },
  channelSpread: spread(axis),
})

function smooth(
  sketch: Omit<GraphSketch, 'inputs'> & Partial<GraphSketch>,
  tensor: string,
  axis: number,
  target: TargetName,
  alpha: number | null = null,
) {
  const graph = makeGraph({ inputs: { x: [1, 5, channels], image: [1, 3, 8, 8] }, opset: 17, ...sketch })
  const shapes = inferShapes(graph)
  const how = { target: targets[target], isSymmetric: target === 'tensorrt', perChannel: true, ignored: new Map() }
  const placement = placeQuantizers(graph, shapes, how)
  const algorithm = new SmoothQuant(graph, placement, shapes, { target: targets[target], estimator, alpha, convolutions: true })
  const statistics = new Map([[tensor, observed(axis)]])
  algorithm.apply(graph, statistics)
  return { graph, placement, algorithm, statistics: algorithm.divideStatistics(statistics) }
}

const product = (name: string, input: string): NodeSketch => ({
  type: 'MatMul',
  name,
  inputs: [input, `${name}.w`],
  outputs: [`${name}.y`],
})
const weights = (name: string) => ({ [`${name}.w`]: noise([channels, 4], name) })
const normalization: NodeSketch = {
  type: 'LayerNormalization',
  name: 'norm',
  inputs: ['x', 'g', 'b'],
  outputs: ['n'],
  attributes: { axis: -1 },
}
const scales = { g: noise([channels], 'g', 0.5, 1), b: noise([channels], 'b') }
const floats = (tensor: GraphTensor | null | undefined) => Array.from((tensor?.constant?.values() ?? []) as Float32Array)
const valuesOf = (graph: Graph, tensor: string) => floats(graph.tensors.get(tensor))
/** By which each row of the weights was multiplied. */
const factorsOf = (graph: Graph, name: string) =>
  Array.from({ length: channels }, (_, row) => {
    const before = (weights(name)[`${name}.w`] as Constant).values() as Float32Array
    return (valuesOf(graph, `${name}.w`)[row * 4] as number) / (before[row * 4] as number)
  })

describe('channels that one scale cannot hold', () => {
  it('are divided by a normalization where all that reads it is multiplied alike', () => {
    const nodes = [normalization, product('q', 'n'), product('k', 'n')]
    const { graph, algorithm } = smooth(
      { nodes, constants: { ...scales, ...weights('q'), ...weights('k') }, outputs: ['q.y', 'k.y'] },
      'n',
      2,
      'tensorrt',
    )
    expect(algorithm.smoothed).toMatchObject([{ tensor: 'n', readers: ['q', 'k'], by: 'producer' }])
    const [smoothed] = algorithm.smoothed
    expect(smoothed?.errorRatio).toBeLessThan(0.2)
    const factors = factorsOf(graph, 'q')
    expect(factorsOf(graph, 'k').map((factor, at) => factor / (factors[at] as number))).toEqual(
      factors.map(() => expect.closeTo(1, 5)),
    )
    expect(Math.max(...factors)).toBe(factors[2])
    for (const name of ['g', 'b']) {
      const before = (scales[name as 'g' | 'b'].values() as Float32Array)[2] as number
      expect(before / (valuesOf(graph, name)[2] as number) / (factors[2] as number)).toBeCloseTo(1, 5)
    }
  })

  it('are left alone where others read them and the target has one scale for all, with the reason', () => {
    const nodes: NodeSketch[] = [
      normalization,
      product('q', 'n'),
      { type: 'Add', name: 'sum', inputs: ['n', 'x'], outputs: ['s'] },
    ]
    const sketch = { nodes, constants: { ...scales, ...weights('q') }, outputs: ['q.y', 's'] }
    const { graph, algorithm } = smooth(sketch, 'n', 2, 'tensorrt')
    expect(algorithm.smoothed).toEqual([])
    expect(algorithm.unsmoothed).toContainEqual({ tensor: 'n', reason: 'sum reads it too' })
    expect(factorsOf(graph, 'q')).toEqual(new Array(channels).fill(1))
    expect(graph.nodes.size).toBe(3)
  })

  it('are divided right before the quantizer where the target makes one kernel of both, and the float tensor stays as it is', async () => {
    const nodes: NodeSketch[] = [
      normalization,
      product('q', 'n'),
      { type: 'Add', name: 'sum', inputs: ['n', 'x'], outputs: ['s'] },
    ]
    const sketch = { nodes, constants: { ...scales, ...weights('q') }, outputs: ['q.y', 's'] }
    const { graph, algorithm, placement, statistics } = smooth(sketch, 'n', 2, 'openvino-cpu')
    expect(algorithm.smoothed).toMatchObject([{ tensor: 'n', by: 'product' }])
    expect(valuesOf(graph, 'g')).toEqual([...(scales.g.values() as Float32Array)])
    const factors = factorsOf(graph, 'q')
    new MinMaxQuantization(placement, estimator, new WeightStore(), algorithm).apply(graph, statistics)
    const quantize = [...graph.nodes].find((node) => node.is('QuantizeLinear'))
    const divide = quantize?.inputs[0]?.producer
    expect(divide?.type).toBe('Mul')
    expect(divide?.inputs[0]?.name).toBe('n')
    const inverse = floats(divide?.inputs[1])
    for (const [at, factor] of factors.entries()) expect((inverse[at] as number) * factor).toBeCloseTo(1, 4)
    expect([...(graph.tensors.get('n')?.consumers ?? [])].map(({ type }) => type).sort()).toEqual(['Add', 'Mul'])
    // Means are of what the integers stand for.
    const mean = statistics.get('n')?.channelMean?.means[2] as number
    expect((reach[2] as number) / 10 / mean / (factors[2] as number)).toBeCloseTo(1, 5)
  })

  it.each<[string, NodeSketch[], Record<string, Constant>]>([
    [
      'a normalization in steps',
      [
        { type: 'Mul', name: 'scale', inputs: ['x', 'g'], outputs: ['m'] },
        { type: 'Add', name: 'shift', inputs: ['b', 'm'], outputs: ['n'] },
      ],
      scales,
    ],
    [
      'a product, its bias and Relu',
      [
        { type: 'MatMul', name: 'before', inputs: ['x', 'before.w'], outputs: ['m'] },
        { type: 'Add', name: 'bias', inputs: ['m', 'one'], outputs: ['a'] },
        { type: 'Relu', name: 'relu', inputs: ['a'], outputs: ['n'] },
      ],
      { 'before.w': noise([channels, channels], 'before'), one: Constant.of('f32', [1], Float32Array.of(0.5)) },
    ],
  ])('are divided in %s', (_, before, constants) => {
    const { algorithm, graph } = smooth(
      { nodes: [...before, product('q', 'n')], constants: { ...constants, ...weights('q') }, outputs: ['q.y'] },
      'n',
      2,
      'tensorrt',
    )
    expect(algorithm.smoothed).toMatchObject([{ tensor: 'n', by: 'producer' }])
    expect(run(graph)).toEqual(
      run(
        makeGraph({
          inputs: { x: [1, 5, channels] },
          nodes: [...before, product('q', 'n')],
          constants: { ...constants, ...weights('q') },
          outputs: ['q.y'],
        }),
      ).map((value) => expect.closeTo(value, 4)),
    )
  })

  const reading = (name: string, input: string, constant: string, type = 'MatMul'): NodeSketch => ({
    type,
    name,
    inputs: [input, constant],
    outputs: [`${name}.y`],
    ...(type === 'Gemm' && { attributes: { transB: 1 } }),
  })
  const square = { w: noise([channels, channels], 'w') }

  it.each<TargetName>(['tensorrt', 'openvino-cpu'])(
    'are left alone for %s where the weights are those of another layer too, which sees other channels',
    (target) => {
      const nodes = [normalization, reading('first', 'n', 'w'), reading('second', 'first.y', 'w')]
      const { algorithm, graph } = smooth({ nodes, constants: { ...scales, ...square }, outputs: ['second.y'] }, 'n', 2, target)
      expect(algorithm.smoothed).toEqual([])
      expect(algorithm.unsmoothed).toContainEqual({ tensor: 'n', reason: 'first shares its weights with second' })
      expect(algorithm.unsmoothed).toContainEqual({ tensor: 'first.y', reason: 'second shares its weights with first' })
      expect(valuesOf(graph, 'w')).toEqual([...(square.w.values() as Float32Array)])
    },
  )

  it('are divided where all that read the weights see the same channels, and the weights stay one constant', () => {
    const nodes = [normalization, reading('q', 'n', 'w'), reading('k', 'n', 'w')]
    const sketch = { nodes, constants: { ...scales, ...square }, outputs: ['q.y', 'k.y'] }
    const { algorithm, graph } = smooth(sketch, 'n', 2, 'tensorrt')
    expect(algorithm.smoothed).toMatchObject([{ tensor: 'n', readers: ['q', 'k'], by: 'producer' }])
    const tensor = graph.tensors.get('w')
    expect([...(tensor?.consumers ?? [])].map(({ name }) => name)).toEqual(['q', 'k'])
    expect(floats(tensor)).not.toEqual([...(square.w.values() as Float32Array)])
    // What the normalization is divided by, the weights are multiplied with, once.
    const row = 2 * channels
    const factor = (floats(tensor)[row] as number) / ((square.w.values() as Float32Array)[row] as number)
    const before = (scales.g.values() as Float32Array)[2] as number
    expect(before / (valuesOf(graph, 'g')[2] as number) / factor).toBeCloseTo(1, 5)
  })

  it('are left alone where one constant is read by rows and by columns', () => {
    const nodes = [{ ...normalization, inputs: ['rows', 'g', 'b'] }, reading('q', 'n', 'w'), reading('k', 'n', 'w', 'Gemm')]
    const constants = { ...scales, ...square }
    const sketch = { inputs: { rows: [5, channels] }, nodes, constants, outputs: ['q.y', 'k.y'] }
    const { algorithm } = smooth(sketch, 'n', 1, 'tensorrt')
    expect(algorithm.smoothed).toEqual([])
    expect(algorithm.unsmoothed).toContainEqual({ tensor: 'n', reason: 'q and k read the same weights in different ways' })
  })

  it('are not divided by the weights of a layer before that others read as they are', () => {
    const nodes = [
      { type: 'MatMul', name: 'before', inputs: ['x', 'w'], outputs: ['n'] },
      product('q', 'n'),
      { type: 'MatMul', name: 'other', inputs: ['y', 'w'], outputs: ['z'] },
    ]
    const inputs = { x: [1, 5, channels], y: [1, 5, channels] }
    const sketch = { inputs, nodes, constants: { ...square, ...weights('q') }, outputs: ['q.y', 'z'] }
    const { algorithm } = smooth(sketch, 'n', 2, 'tensorrt')
    const reason = 'before, which writes it, shares its weights with other'
    expect(algorithm.unsmoothed).toContainEqual({ tensor: 'n', reason })
  })

  it('are divided between two convolutions', () => {
    const conv = (name: string, input: string): NodeSketch => ({
      type: 'Conv',
      name,
      inputs: [input, `${name}.w`],
      outputs: [`${name}.y`],
    })
    const { algorithm, graph } = smooth(
      {
        nodes: [conv('first', 'image'), { type: 'Relu', inputs: ['first.y'], outputs: ['n'] }, conv('second', 'n')],
        constants: { 'first.w': noise([channels, 3, 1, 1], 'first'), 'second.w': noise([4, channels, 3, 3], 'second') },
        outputs: ['second.y'],
      },
      'n',
      1,
      'tensorrt',
    )
    expect(algorithm.smoothed).toMatchObject([{ tensor: 'n', by: 'producer' }])
    const ratio = (name: string, at: number, shape: number[]) =>
      (valuesOf(graph, `${name}.w`)[at] as number) / ((noise(shape, name).values() as Float32Array)[at] as number)
    expect(ratio('first', 2 * 3, [channels, 3, 1, 1]) * ratio('second', 2 * 9, [4, channels, 3, 3])).toBeCloseTo(1, 5)
  })

  it('are not touched where they are alike, unless a share is asked for', () => {
    const sketch = { nodes: [product('q', 'x')], constants: weights('q'), outputs: ['q.y'] }
    const graph = makeGraph({ inputs: { x: [1, 5, channels] }, ...sketch })
    const even = {
      ...observed(2),
      channelSpread: {
        ...spread(2),
        minima: new Float32Array(24).fill(-1),
        maxima: new Float32Array(24).fill(1),
        squares: new Float64Array(channels).fill(0.1),
      },
      range: { minima: Float32Array.of(-1), maxima: Float32Array.of(1) },
    }
    const shapes = inferShapes(graph)
    const target = targets['openvino-cpu']
    const placement = placeQuantizers(graph, shapes, { target, isSymmetric: false, perChannel: true, ignored: new Map() })
    const of = (alpha: number | null) => {
      const algorithm = new SmoothQuant(graph, placement, shapes, { target, estimator, alpha, convolutions: true })
      algorithm.apply(graph, new Map([['x', even]]))
      return algorithm
    }
    expect(of(null).unsmoothed).toEqual([{ tensor: 'x', reason: 'scaling its channels would not make the error less' }])
    expect(of(0.5).smoothed).toMatchObject([{ tensor: 'x', alpha: 0.5, by: 'product' }])
  })

  it('are left alone without statistics, and where nothing was seen', () => {
    for (const statistics of [
      {},
      { channelSpread: { ...spread(2), maxima: new Float32Array(0), minima: new Float32Array(0) } },
    ]) {
      const graph = makeGraph({
        inputs: { x: [1, 5, channels] },
        nodes: [product('q', 'x')],
        constants: weights('q'),
        outputs: ['q.y'],
      })
      const shapes = inferShapes(graph)
      const target = targets['openvino-cpu']
      const placement = placeQuantizers(graph, shapes, { target, isSymmetric: false, perChannel: true, ignored: new Map() })
      const algorithm = new SmoothQuant(graph, placement, shapes, { target, estimator, alpha: 0.5, convolutions: true })
      algorithm.apply(graph, new Map([['x', statistics]]))
      expect(algorithm.smoothed).toEqual([])
    }
  })
})

/** What a graph of rows makes of x: MatMul, Mul, Add and Relu. */
function run(graph: Graph): number[] {
  const values = new Map<unknown, Float64Array>([
    [graph.inputs[0], Float64Array.from(noise([5, channels], 'x').values() as Float32Array)],
  ])
  const read = (tensor: unknown) => values.get(tensor) as Float64Array
  for (const node of graph.nodes) {
    const constant = node.inputs.find((input) => input?.constant)?.constant
    const other = (constant?.values() ?? []) as Float32Array
    const input = read(node.inputs.find((each) => !each?.constant))
    const columns = node.is('MatMul') ? (constant?.shape[1] as number) : channels
    const output = new Float64Array(5 * columns)
    for (let at = 0; at < output.length; at++) {
      const [row, column] = [Math.floor(at / columns), at % columns]
      const own = input[at] as number
      const constantHere = other[other.length === 1 ? 0 : column] as number
      if (node.is('Relu')) output[at] = Math.max(own, 0)
      else if (node.is('Add')) output[at] = own + constantHere
      else if (node.is('Mul')) output[at] = own * constantHere
      else
        for (let i = 0; i < channels; i++)
          output[at] = (output[at] as number) + (input[row * channels + i] as number) * (other[i * columns + column] as number)
    }
    values.set(node.outputs[0], output)
  }
  return [...read(graph.outputs[0])]
}
