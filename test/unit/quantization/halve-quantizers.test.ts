import { describe, expect, it } from 'vitest'
import type { Statistics } from '../../../lib/calibration/statistic-points.js'
import { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import type { GraphTensor } from '../../../lib/graph/graph-tensor.js'
import { inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { bypassQuantizers } from '../../../lib/quantization/half-precision/bypass-quantizers.js'
import { convertToHalf, type HalfOptions } from '../../../lib/quantization/half-precision/convert-to-half.js'
import { type GraphSketch, makeGraph, type NodeSketch } from '../graph/make-graph.js'

const scalar = (value: number) => Constant.of('f32', [], Float32Array.of(value))
const nodeOf = (graph: Graph, name: string) => [...graph.nodes].find((node) => node.name === name)
const typesOf = (graph: Graph, name: string) => {
  const node = nodeOf(graph, name)
  const inferred = inferShapes(graph)
  const typeOf = (tensor: GraphTensor | null) => tensor && (tensor.constant?.elementType ?? inferred.get(tensor)?.elementType)
  return [node?.inputs.map(typeOf), node?.outputs.map(typeOf)]
}
const reaching = (name: string, most: number): Statistics =>
  new Map([[name, { range: { minima: Float32Array.of(-most), maxima: Float32Array.of(most) } }]])

/** A product of an activation and weights that are both read through quantizers. */
const layer = (name: string, input: string): NodeSketch[] => [
  { type: 'QuantizeLinear', name: `${name}.q`, inputs: [input, `${name}.s`, 'zero'], outputs: [`${name}.i`] },
  { type: 'DequantizeLinear', name: `${name}.dq`, inputs: [`${name}.i`, `${name}.s`, 'zero'], outputs: [`${name}.x`] },
  {
    type: 'DequantizeLinear',
    name: `${name}.wdq`,
    inputs: [`${name}.w`, `${name}.ws`],
    outputs: [`${name}.wx`],
    attributes: { axis: 1 },
  },
  { type: 'MatMul', name, inputs: [`${name}.x`, `${name}.wx`], outputs: [`${name}.y`] },
]
const constants = (name: string, scales = [0.01, 0.02]) => ({
  [`${name}.s`]: scalar(0.05),
  [`${name}.w`]: Constant.of('i8', [2, 2], Int8Array.of(1, -2, 3, 127)),
  [`${name}.ws`]: Constant.of('f32', [2], Float32Array.from(scales)),
})
const zero = Constant.of('i8', [], Int8Array.of(0))

const two = (scales?: number[]): GraphSketch => ({
  inputs: { x: [2, 2] },
  nodes: [...layer('first', 'x'), { type: 'Relu', name: 'relu', inputs: ['first.y'], outputs: ['r'] }, ...layer('second', 'r')],
  constants: { zero, ...constants('first'), ...constants('second', scales) },
  outputs: ['second.y'],
})

function convert(sketch: GraphSketch, options: Partial<HalfOptions> = {}) {
  const graph = makeGraph(sketch)
  const result = convertToHalf(graph, inferShapes(graph), { type: 'f16', ...options })
  return { graph, ...result }
}

describe('a graph with quantizers in half precision', () => {
  it('has scales in it, and nothing between a quantizer and the layer that computes on its integers', () => {
    const { graph, half, float, casts } = convert(two())
    expect(half).toEqual(['first', 'relu', 'second'])
    expect(float).toEqual([])
    expect(typesOf(graph, 'second.q')).toEqual([['f16', 'f16', 'i8'], ['i8']])
    expect(typesOf(graph, 'second.dq')).toEqual([['i8', 'f16', 'i8'], ['f16']])
    expect(typesOf(graph, 'second.wdq')).toEqual([['i8', 'f16'], ['f16']])
    expect(nodeOf(graph, 'second')?.inputs.map((input) => input?.producer?.name)).toEqual(['second.dq', 'second.wdq'])
    expect(casts).toBe(1)
  })

  it('needs no cast before the first quantizer: it reads the input as it is', () => {
    const { graph } = convert(two())
    expect(typesOf(graph, 'first.q')).toEqual([['f32', 'f32', 'i8'], ['i8']])
    expect(typesOf(graph, 'first.dq')).toEqual([['i8', 'f16', 'i8'], ['f16']])
    const halfInput = convert(two(), { keepInputsAndOutputs: false })
    expect(typesOf(halfInput.graph, 'first.q')).toEqual([['f16', 'f16', 'i8'], ['i8']])
    expect(halfInput.casts).toBe(0)
  })

  it('leaves scales float32 that the type does not hold well: a cast stands behind their quantizer', () => {
    const { graph, half } = convert(two([0.01, 1e-7]))
    expect(half).toEqual(['first', 'relu', 'second'])
    expect(typesOf(graph, 'second.wdq')).toEqual([['i8', 'f32'], ['f32']])
    expect(nodeOf(graph, 'second')?.inputs[1]?.producer?.type).toBe('Cast')
    expect(typesOf(graph, 'second')).toEqual([['f16', 'f16'], ['f16']])
    // A little below the smallest normal number, rounding still loses less than 8 bits do.
    expect(typesOf(convert(two([0.01, 5e-5])).graph, 'second.wdq')).toEqual([['i8', 'f16'], ['f16']])
  })

  it('quantizers have the type of the floats beside them', () => {
    const { graph, half } = convert(two(), { ranges: reaching('first.y', 5e4) })
    expect(half).toEqual(['second'])
    expect(typesOf(graph, 'first.dq')[1]).toEqual(['f32'])
    expect(typesOf(graph, 'relu')).toEqual([['f32'], ['f32']])
    expect(typesOf(graph, 'second.q')[0]).toEqual(['f32', 'f32', 'i8'])
    expect(typesOf(graph, 'second.dq')[1]).toEqual(['f16'])
  })

  it('what stands between two quantizers alone is in it where a product is beyond', () => {
    const sum: NodeSketch[] = [
      { type: 'QuantizeLinear', name: 'sum.q', inputs: ['second.y', 'first.s', 'zero'], outputs: ['sum.i'] },
      { type: 'DequantizeLinear', name: 'sum.dq', inputs: ['sum.i', 'first.s', 'zero'], outputs: ['sum.x'] },
      { type: 'Add', name: 'sum', inputs: ['sum.x', 'sum.x'], outputs: ['sum.y'] },
    ]
    const sketch = two()
    const { graph } = convert({ ...sketch, nodes: [...sketch.nodes, ...sum], outputs: ['sum.y'] })
    expect(typesOf(graph, 'sum')).toEqual([['f16', 'f16'], ['f16']])
  })
})

describe('a graph whose quantizers are bypassed', () => {
  it('computes on floats under the same names, on the weights that the integers mean', () => {
    const graph = makeGraph(two())
    const float = bypassQuantizers(graph)
    expect([...float.nodes].map(({ type }) => type)).toEqual(['MatMul', 'Relu', 'MatMul'])
    expect([...float.nodes].flatMap(({ outputs }) => outputs.map((output) => output?.name))).toEqual(['first.y', 'r', 'second.y'])
    const weights = [...(nodeOf(float, 'second')?.inputs[1]?.constant?.numbers() ?? [])]
    expect(weights.map((value) => Number(value.toFixed(4)))).toEqual([0.01, -0.04, 0.03, 2.54])
    expect([...graph.nodes]).toHaveLength(9)
  })
})
