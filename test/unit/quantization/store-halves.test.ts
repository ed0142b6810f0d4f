import { describe, expect, it } from 'vitest'
import { attribute } from '../../../lib/graph/attributes.js'
import { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import type { GraphNode } from '../../../lib/graph/graph-node.js'
import { insertQuantizers } from '../../../lib/quantization/rewrite/insert-quantizers.js'
import { quantizeWeights } from '../../../lib/quantization/weights/quantize-weights.js'
import { storeHalves } from '../../../lib/quantization/weights/store-halves.js'
import { storeWeights } from '../../../lib/quantization/weights/store-weights.js'
import { toFloat32 } from '../../../lib/tensor/convert-elements.js'
import { makeGraph, noise } from '../graph/make-graph.js'

const lengths = [1, 128, 4, 4]

/** x -> depthwise Conv (float) -> Add positions -> Conv (integers) -> Mul by anchors -> y */
function makeMixed(): Graph {
  const graph = makeGraph({
    inputs: { x: lengths },
    constants: {
      filters: noise([128, 1, 3, 3], 'filters'),
      positions: noise(lengths, 'positions'),
      weights: noise([128, 128, 1, 1], 'weights'),
      bias: noise([128], 'bias'),
      anchors: noise(lengths, 'anchors', 0, 400),
    },
    nodes: [
      {
        type: 'Conv',
        name: 'depthwise',
        inputs: ['x', 'filters'],
        outputs: ['a'],
        attributes: { group: 128, pads: [1, 1, 1, 1] },
      },
      { type: 'Add', name: 'place', inputs: ['a', 'positions'], outputs: ['b'] },
      { type: 'Conv', name: 'integers', inputs: ['b', 'weights', 'bias'], outputs: ['c'] },
      { type: 'Mul', name: 'decode', inputs: ['c', 'anchors'], outputs: ['y'] },
    ],
    outputs: ['y'],
  })
  const integers = nodeOf(graph, 'integers')
  const weights = graph.tensors.get('weights')?.constant as Constant
  storeWeights(graph, { node: integers, index: 1 }, 0, quantizeWeights(weights, 0))
  const parameters = { type: 'u8', scale: 0.1, zeroPoint: 128 } as const
  insertQuantizers(graph, [{ tensor: 'b', uses: [{ node: integers, index: 0 }], parameters }])
  return graph
}

const nodeOf = (graph: Graph, name: string) => [...graph.nodes].find((node) => node.name === name) as GraphNode
const typeOf = (graph: Graph, name: string) => graph.tensors.get(name)?.elementType

describe('storing halves', () => {
  it('takes constants whose effect is rounded to 8 bits later, and leaves those of integer layers and of the answer', () => {
    const graph = makeMixed()
    const before = graph.tensors.get('filters')?.constant?.values() as Float32Array
    expect(storeHalves(graph, new Set())).toEqual(['filters', 'positions'])
    const restored = nodeOf(graph, 'depthwise').inputs[1]
    expect(restored).toMatchObject({ name: 'filters/f32', elementType: 'f32', shape: [128, 1, 3, 3] })
    expect(restored?.producer?.type).toBe('Cast')
    expect(restored?.producer?.int('to')).toBe(1)
    const halves = graph.tensors.get('filters')?.constant as Constant
    expect(halves.elementType).toBe('f16')
    const after = toFloat32('f16', halves.values() as Uint16Array)
    for (const [index, value] of before.entries()) {
      expect(Math.abs((after[index] as number) - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 2 ** -11, 2 ** -25))
    }
    expect(typeOf(graph, 'weights')).toBe('i8')
    expect([typeOf(graph, 'bias'), typeOf(graph, 'anchors')]).toEqual(['f32', 'f32'])
  })

  it('takes weights of products behind the last integers, and no filters there as integers', () => {
    const graph = makeMixed()
    const answer = graph.tensors.get('y')
    if (!answer) throw new Error('no output')
    graph.removeOutput(answer)
    const more = [
      { type: 'Conv', name: 'head', weights: noise([16, 128, 1, 1], 'head'), group: 1 },
      { type: 'Conv', name: 'each', weights: noise([16, 1, 3, 3], 'each'), group: 16 },
    ]
    let last = answer
    for (const { type, name, weights, group } of more) {
      const attributes = [attribute.int('group', group)]
      const inputs = [last, graph.addConstant(`${name}.w`, weights)]
      last = graph.addOperator({ type, name, inputs, attributes }, `${name}.out`)
    }
    graph.addOutput(last)
    expect(storeHalves(graph, new Set()).sort()).toEqual(['each.w', 'filters', 'head.w', 'positions'])
    expect([typeOf(graph, 'head.w'), typeOf(graph, 'each.w'), typeOf(graph, 'anchors')]).toEqual(['f16', 'f16', 'f32'])
  })

  it('leaves what a node reads that is to be exact, also where another reads it', () => {
    const graph = makeMixed()
    expect(storeHalves(graph, new Set([nodeOf(graph, 'depthwise')]))).toEqual(['positions'])
    expect(typeOf(graph, 'filters')).toBe('f32')
  })

  it('leaves what half precision cannot hold, and what a few bytes would be saved of', () => {
    const graph = makeMixed()
    const filters = graph.tensors.get('filters')
    const positions = graph.tensors.get('positions')
    if (!filters || !positions) throw new Error('constants are missing')
    graph.setConstant(filters, Constant.of('f32', [128, 1, 3, 3], new Float32Array(1152).fill(1e6)))
    graph.setConstant(positions, Constant.of('f32', [1], Float32Array.of(1)))
    expect(storeHalves(graph, new Set())).toEqual([])
    graph.setConstant(filters, Constant.of('f32', [128, 1, 3, 3], new Float32Array(1152).fill(1e-7)))
    expect(storeHalves(graph, new Set())).toEqual([])
    graph.setConstant(filters, Constant.of('f32', [128, 1, 3, 3], new Float32Array(1152).fill(Number.NaN)))
    expect(storeHalves(graph, new Set())).toEqual([])
  })

  it('leaves everything where no layer computes on integers', () => {
    const graph = makeGraph({
      inputs: { x: lengths },
      constants: { filters: noise([128, 1, 3, 3], 'filters') },
      nodes: [{ type: 'Conv', inputs: ['x', 'filters'], outputs: ['y'], attributes: { group: 128 } }],
      outputs: ['y'],
    })
    expect(storeHalves(graph, new Set())).toEqual([])
  })
})
