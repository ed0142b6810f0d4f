import { describe, expect, it } from 'vitest'
import { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { ChannelAlignment } from '../../../lib/quantization/algorithms/channel-alignment.js'
import { placeQuantizers } from '../../../lib/quantization/placement/place-quantizers.js'
import { targets } from '../../../lib/quantization/targets/targets.js'
import { type GraphSketch, makeGraph, type NodeSketch, noise } from '../graph/make-graph.js'
import { convolve, type Dense } from './convolve.js'

function align(sketch: Omit<GraphSketch, 'inputs'>): { graph: Graph; aligned: readonly string[] } {
  const graph = makeGraph({ inputs: { x: [1, 3, 6, 6] }, ...sketch })
  const shapes = inferShapes(graph)
  const how = { target: targets['openvino-cpu'], isSymmetric: false, perChannel: true, ignored: new Map() }
  const algorithm = new ChannelAlignment(placeQuantizers(graph, shapes, how), shapes)
  algorithm.apply(graph)
  return { graph, aligned: algorithm.aligned }
}

/** Weights whose filters differ in range by orders of magnitude. */
function unbalanced(shape: number[], seed: string, axis: 0 | 1): Float32Array {
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  return (noise(shape, seed).values() as Float32Array).map(
    (value, at) => value * 10 ** ((Math.floor(at / inner) % (shape[axis] as number)) - 2),
  )
}

const constant = (shape: number[], values: Float32Array) => Constant.of('f32', shape, values)
const conv = (name: string, input: string, output: string, group = 1): NodeSketch => ({
  type: 'Conv',
  name,
  inputs: [input, `${name}.w`, `${name}.b`],
  outputs: [output],
  attributes: { group, pads: [1, 1, 1, 1] },
})
const layers = {
  first: { 'first.w': constant([4, 3, 3, 3], unbalanced([4, 3, 3, 3], 'a', 0)), 'first.b': noise([4], 'ab') },
  second: { 'second.w': constant([5, 4, 3, 3], unbalanced([5, 4, 3, 3], 'b', 0)), 'second.b': noise([5], 'bb') },
  depthwise: { 'depthwise.w': noise([8, 1, 3, 3], 'c'), 'depthwise.b': noise([8], 'cb') },
  last: { 'last.w': noise([2, 8, 3, 3], 'd'), 'last.b': noise([2], 'db') },
}

function run(graph: Graph, slope: number): Float64Array {
  let value: Dense = { shape: [1, 3, 6, 6], data: noise([1, 3, 6, 6], 'x').values() as Float32Array }
  for (const node of graph.nodes) {
    if (node.is('Relu', 'LeakyRelu')) {
      value = { ...value, data: Array.from(value.data, (each) => (each < 0 ? each * (node.is('Relu') ? 0 : slope) : each)) }
      continue
    }
    const [weights, bias] = [node.inputs[1]?.constant, node.inputs[2]?.constant] as [Constant, Constant]
    const window = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: node.int('group', 1) } as const
    value = convolve(
      value,
      { shape: weights.shape, data: weights.values() as Float32Array },
      bias.values() as Float32Array,
      window,
    )
  }
  return value.data as Float64Array
}

const rangesOf = (graph: Graph, name: string, axis: 0 | 1) => {
  const weights = [...graph.nodes].find((node) => node.name === name)?.inputs[1]?.constant as Constant
  const { shape } = weights
  const values = weights.values() as Float32Array
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const ranges = new Float64Array(shape[axis] as number)
  for (const [at, value] of values.entries()) {
    const channel = Math.floor(at / inner) % ranges.length
    ranges[channel] = Math.max(ranges[channel] as number, Math.abs(value))
  }
  return ranges
}

describe('channel alignment', () => {
  it.each<[string, NodeSketch[], (keyof typeof layers)[], string[]]>([
    ['two convolutions', [conv('first', 'x', 't'), conv('second', 't', 'y')], ['first', 'second'], ['first']],
    [
      'with Relu between',
      [conv('first', 'x', 't'), { type: 'Relu', inputs: ['t'], outputs: ['r'] }, conv('second', 'r', 'y')],
      ['first', 'second'],
      ['first'],
    ],
    [
      'with LeakyRelu, into filters for each channel, and on',
      [
        conv('first', 'x', 't'),
        { type: 'LeakyRelu', inputs: ['t'], outputs: ['r'], attributes: { alpha: { float: 0.125 } } },
        conv('depthwise', 'r', 'u', 4),
        conv('last', 'u', 'y'),
      ],
      ['first', 'depthwise', 'last'],
      ['first', 'depthwise'],
    ],
  ])('leaves what the network computes as it is: %s', (_, nodes, names, expected) => {
    const constants = Object.assign({}, ...names.map((name) => layers[name]))
    const before = run(makeGraph({ inputs: { x: [1, 3, 6, 6] }, constants, nodes, outputs: ['y'] }), 0.125)
    const { graph, aligned } = align({ constants, nodes, outputs: ['y'] })
    expect(aligned).toEqual(expected)
    const after = run(graph, 0.125)
    const most = Math.max(...before.map(Math.abs))
    for (const [at, value] of before.entries()) expect(Math.abs((after[at] as number) - value)).toBeLessThan(1e-4 * most)
  })

  it('gives a channel the same range where it is written and where it is read', () => {
    const { graph } = align({
      constants: { ...layers.first, ...layers.second },
      nodes: [conv('first', 'x', 't'), conv('second', 't', 'y')],
      outputs: ['y'],
    })
    const [written, read] = [rangesOf(graph, 'first', 0), rangesOf(graph, 'second', 1)]
    for (const [channel, range] of written.entries()) expect(range / (read[channel] as number)).toBeCloseTo(1, 4)
  })

  it.each<[string, NodeSketch[], string[]]>([
    [
      'with another reader',
      [conv('first', 'x', 't'), conv('second', 't', 'y'), { type: 'Relu', inputs: ['t'], outputs: ['z'] }],
      ['y', 'z'],
    ],
    ['that is an output', [conv('first', 'x', 't'), conv('second', 't', 'y')], ['y', 't']],
    [
      'with an operator between that bends it',
      [conv('first', 'x', 't'), { type: 'Sigmoid', inputs: ['t'], outputs: ['s'] }, conv('second', 's', 'y')],
      ['y'],
    ],
  ])('touches no tensor %s', (_, nodes, outputs) => {
    const constants = { ...layers.first, ...layers.second }
    const { graph, aligned } = align({ constants, nodes, outputs })
    expect(aligned).toEqual([])
    expect(graph.tensors.get('first.w')?.constant).toBe(constants['first.w'])
  })

  it('leaves weights alone that others read too', () => {
    const square = { 'first.w': noise([3, 3, 3, 3], 'e'), 'first.b': noise([3], 'f'), 'second.b': noise([3], 'g') }
    const shared = { ...conv('second', 't', 'y'), inputs: ['t', 'first.w', 'second.b'] }
    const nodes = [conv('first', 'x', 't'), shared]
    const sketch = { constants: square, nodes, outputs: ['y'] }
    const before = run(makeGraph({ inputs: { x: [1, 3, 6, 6] }, ...sketch }), 0)
    const { graph } = align(sketch)
    const after = run(graph, 0)
    const most = Math.max(...before.map(Math.abs))
    for (const [at, value] of before.entries()) expect(Math.abs((after[at] as number) - value)).toBeLessThan(1e-4 * most)
  })
})
