import { describe, expect, it } from 'vitest'
import type { Statistics } from '../../../lib/calibration/statistic-points.js'
import { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import type { GraphTensor } from '../../../lib/graph/graph-tensor.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { convertToHalf, type HalfOptions } from '../../../lib/quantization/half-precision/convert-to-half.js'
import { type GraphSketch, makeGraph, type NodeSketch, noise } from '../graph/make-graph.js'

function convert(sketch: GraphSketch, options: Partial<HalfOptions> = {}) {
  const graph = makeGraph(sketch)
  const result = convertToHalf(graph, inferShapes(graph), { type: 'f16', ...options })
  return { graph, ...result }
}

const product = (name: string, input: string): NodeSketch => ({
  type: 'MatMul',
  name,
  inputs: [input, `${name}.w`],
  outputs: [`${name}.y`],
})
const weights = (name: string) => ({ [`${name}.w`]: noise([6, 6], name) })
const scalar = (value: number) => Constant.of('f32', [], Float32Array.of(value))
const typeOf = (tensor: GraphTensor | null | undefined) => tensor?.constant?.elementType ?? tensor?.elementType
const nodeOf = (graph: Graph, name: string) => [...graph.nodes].find((node) => node.name === name)
/** Types of what a node reads, and of what it writes. */
const typesOf = (graph: Graph, name: string) => {
  const node = nodeOf(graph, name)
  return [node?.inputs.map(typeOf), node?.outputs.map(typeOf)]
}
const range = (...most: number[]): Statistics =>
  new Map([['first.y', { range: { minima: Float32Array.from(most, (value) => -value), maxima: Float32Array.from(most) } }]])

const two: GraphSketch = {
  inputs: { x: [2, 6] },
  nodes: [product('first', 'x'), { type: 'Relu', name: 'relu', inputs: ['first.y'], outputs: ['r'] }, product('second', 'r')],
  constants: { ...weights('first'), ...weights('second') },
  outputs: ['second.y'],
}

describe('a graph in half precision', () => {
  it('has casts behind its inputs and before its outputs, which keep their types, and none between', () => {
    const { graph, half, float, casts } = convert(two)
    expect(half).toEqual(['first', 'relu', 'second'])
    expect(float).toEqual([])
    expect(casts).toBe(2)
    expect(typesOf(graph, 'first')).toEqual([['f16', 'f16'], ['f16']])
    expect(typesOf(graph, 'relu')).toEqual([['f16'], ['f16']])
    expect([typeOf(graph.inputs[0]), typeOf(graph.outputs[0])]).toEqual(['f32', 'f32'])
    expect(graph.outputs[0]?.producer?.type).toBe('Cast')
    expect([...graph.tensors.values()].filter((tensor) => tensor.constant?.elementType === 'f32')).toEqual([])
  })

  it('takes and gives half precision on request, without a cast', () => {
    const { graph, casts } = convert(two, { keepInputsAndOutputs: false })
    expect(casts).toBe(0)
    expect([...graph.nodes].map(({ type }) => type)).toEqual(['MatMul', 'Relu', 'MatMul'])
    expect([typeOf(graph.inputs[0]), typeOf(graph.outputs[0])]).toEqual(['f16', 'f16'])
    expect([graph.inputs[0]?.name, graph.outputs[0]?.name]).toEqual(['x', 'second.y'])
  })

  it('stays float where a tensor was seen near the end of the type, and with bf16 does not', () => {
    const { graph, half, float } = convert(two, { ranges: range(30_000, 10) })
    expect(half).toEqual(['second'])
    expect(float.map(({ node, reason }) => `${node}: ${reason}`)).toEqual([
      'first: first.y was seen with 3.00e+4, near or beyond what the type holds',
      'relu: first.y was seen with 3.00e+4, near or beyond what the type holds',
    ])
    expect(typesOf(graph, 'second')).toEqual([['f16', 'f16'], ['f16']])
    expect(typesOf(graph, 'first')[0]).toEqual(['f32', 'f32'])
    expect(convert(two, { ranges: range(10_000) }).half).toHaveLength(3)
    expect(convert(two, { ranges: range(30_000), type: 'bf16' }).half).toHaveLength(3)
    expect(convert(two, { ranges: range(Number.NaN) }).half).toHaveLength(1)
  })

  it.each([
    // What comes behind the larger one is as large: the product reads it in float32.
    [-1e9, 'reaches 1.00e+9', ['first']],
    [1e-12, 'is 1.00e-12, all but zero', ['first', 'second']],
  ])('stays float where the constant %s is added, with the reason', (value, reason, expected) => {
    const { half, float } = convert({
      ...two,
      nodes: [
        product('first', 'x'),
        { type: 'Add', name: 'add', inputs: ['first.y', 'c'], outputs: ['r'] },
        product('second', 'r'),
      ],
      constants: { ...two.constants, c: scalar(value) },
    })
    expect(half).toEqual(expected)
    expect(float[0]?.reason).toContain(reason)
  })

  it('keeps lengths, places and unknown operators in float, and what stands alone between them', () => {
    const { graph, half, float } = convert({
      inputs: { x: [2, 6] },
      opset: 16,
      nodes: [
        product('first', 'x'),
        { type: 'Mul', name: 'scaled', inputs: ['first.y', 'c'], outputs: ['s'] },
        { type: 'Cast', name: 'index', inputs: ['s'], outputs: ['i'], attributes: { to: 7 } },
        { type: 'Hardmax', name: 'unknown', inputs: ['first.y'], outputs: ['e'] },
        { type: 'Neg', name: 'alone', inputs: ['e'], outputs: ['n'] },
        { type: 'Hardmax', name: 'hardmax', inputs: ['n'], outputs: ['l'] },
      ],
      constants: { ...weights('first'), c: scalar(3) },
      outputs: ['i', 'l'],
    })
    expect(half).toEqual(['first'])
    const reasons = Object.fromEntries(float.map(({ node, reason }) => [node, reason]))
    expect(reasons.scaled).toBe('lengths, indices or places are made of it')
    expect(reasons.unknown).toBe('Hardmax is not known to be right in half precision')
    expect(reasons.alone).toBe('no product beside it is in half precision')
    // Both readers share one cast.
    expect(nodeOf(graph, 'scaled')?.inputs[0]).toBe(nodeOf(graph, 'unknown')?.inputs[0])
    expect(nodeOf(graph, 'unknown')?.inputs[0]?.producer?.type).toBe('Cast')
  })

  it('leaves the scales of Resize in float, and constants that float nodes read too', () => {
    const { graph, half } = convert({
      inputs: { x: [1, 2, 4, 4] },
      nodes: [
        { type: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['y'] },
        { type: 'Resize', name: 'resize', inputs: ['y', '', 'scales'], outputs: ['z'] },
        { type: 'Add', name: 'add', inputs: ['z', 'shared'], outputs: ['a'] },
        { type: 'Pow', name: 'pow', inputs: ['a', 'shared'], outputs: ['p'] },
      ],
      constants: { w: noise([2, 2, 1, 1], 'w'), scales: Constant.of('f32', [4], Float32Array.of(1, 1, 2, 2)), shared: scalar(2) },
      outputs: ['p'],
    })
    expect(half).toEqual(['conv', 'resize', 'add'])
    expect(typesOf(graph, 'resize')).toEqual([['f16', undefined, 'f32'], ['f16']])
    expect(typesOf(graph, 'add')[0]).toEqual(['f16', 'f16'])
    expect(typesOf(graph, 'pow')[0]).toEqual(['f32', 'f32'])
  })

  it('has an output that other nodes read too under its name, in float', () => {
    const { graph, casts } = convert({ ...two, outputs: ['r', 'second.y'] })
    expect(casts).toBe(3)
    expect(graph.outputs.map(({ name, elementType }) => [name, elementType])).toEqual([
      ['r', 'f32'],
      ['second.y', 'f32'],
    ])
    expect(typesOf(graph, 'second')[0]).toEqual(['f16', 'f16'])
    const retyped = convert({ ...two, outputs: ['r', 'second.y'] }, { keepInputsAndOutputs: false })
    expect(retyped.casts).toBe(0)
    expect(retyped.graph.outputs.map(typeOf)).toEqual(['f16', 'f16'])
  })

  it('takes bf16 only where the opset of the file knows it', () => {
    const conv: GraphSketch = {
      inputs: { x: [1, 2, 4, 4] },
      nodes: [{ type: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['y'] }],
      constants: { w: noise([2, 2, 1, 1], 'w') },
      outputs: ['y'],
    }
    expect(convert(conv, { type: 'bf16' }).float[0]?.reason).toBe('Conv takes bf16 from opset 22 on')
    expect(convert({ ...conv, opset: 22 }, { type: 'bf16' }).half).toEqual(['conv'])
  })
})
