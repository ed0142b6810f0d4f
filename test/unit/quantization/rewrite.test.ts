import { describe, expect, it } from 'vitest'
import { Constant } from '../../../lib/graph/constant.js'
import type { Graph } from '../../../lib/graph/graph.js'
import { graphFromOnnx } from '../../../lib/graph/graph-from-onnx.js'
import type { GraphNode } from '../../../lib/graph/graph-node.js'
import { onnxFromGraph } from '../../../lib/graph/onnx-from-graph.js'
import { sortNodes } from '../../../lib/graph/sort-nodes.js'
import { insertQuantizers } from '../../../lib/quantization/rewrite/insert-quantizers.js'
import { makeGraph } from '../graph/make-graph.js'

const parameters = { type: 'u8', scale: 0.5, zeroPoint: 3 } as const
const signed = { type: 'i8', scale: 0.25, zeroPoint: 0 } as const

/** x -> Relu -> r; r is read by two nodes and is an output. */
function fork(): Graph {
  return makeGraph({
    inputs: { x: [1, 4] },
    nodes: [
      { type: 'Relu', inputs: ['x'], outputs: ['r'] },
      { type: 'Add', inputs: ['r', 'r'], outputs: ['a'] },
      { type: 'Mul', inputs: ['a', 'r'], outputs: ['y'] },
    ],
    outputs: ['y', 'r'],
  })
}

function nodeOf(graph: Graph, type: string): GraphNode {
  return [...graph.nodes].find((node) => node.is(type)) as GraphNode
}

describe('inserting quantizers', () => {
  it('gives the named uses a pair, shared where parameters are the same, and leaves the output alone', () => {
    const graph = fork()
    const [add, mul] = [nodeOf(graph, 'Add'), nodeOf(graph, 'Mul')]
    insertQuantizers(graph, [
      { tensor: 'r', uses: [{ node: add, index: 0 }], parameters },
      { tensor: 'r', uses: [{ node: mul, index: 1 }], parameters: { ...parameters } },
      { tensor: 'a', uses: [{ node: mul, index: 0 }], parameters: signed },
    ])
    expect(sortNodes(graph).map((node) => node.label)).toEqual([
      'Relu -> r',
      'QuantizeLinear -> q0',
      'DequantizeLinear -> d0',
      'Add -> a',
      'QuantizeLinear -> q1',
      'DequantizeLinear -> d1',
      'Mul -> y',
    ])
    expect(add.inputs.map((input) => input?.name)).toEqual(['d0', 'r'])
    expect(mul.inputs.map((input) => input?.name)).toEqual(['d1', 'd0'])
    expect(graph.outputs.map((output) => output.name)).toEqual(['y', 'r'])
    expect(graph.tensors.get('s0')?.constant?.values()).toEqual(Float32Array.of(0.5))
    expect(graph.tensors.get('z0')?.constant?.values()).toEqual(Uint8Array.of(3))
    expect(graph.tensors.get('z1')?.constant?.values()).toEqual(Int8Array.of(0))
    expect(graph.tensors.get('s0')?.shape).toEqual([])
  })

  it('writes a pair for each set of parameters, under names that are free', () => {
    const graph = fork()
    graph.addConstant('s0', Constant.ints([1]))
    const [add, mul] = [nodeOf(graph, 'Add'), nodeOf(graph, 'Mul')]
    insertQuantizers(graph, [
      { tensor: 'r', uses: [{ node: add, index: 1 }], parameters },
      { tensor: 'r', uses: [{ node: mul, index: 1 }], parameters: signed },
      { tensor: 'x', uses: [], parameters },
    ])
    expect(add.inputs[1]?.name).toBe('d0')
    expect(mul.inputs[1]?.name).toBe('d1')
    expect(add.inputs[1]?.producer?.inputs[1]?.name).toBe('s0_1')
    expect([...graph.nodes].filter((node) => node.is('QuantizeLinear'))).toHaveLength(2)
    const again = graphFromOnnx(onnxFromGraph(graph))
    expect(sortNodes(again).map((node) => node.label)).toEqual(sortNodes(graph).map((node) => node.label))
  })

  it.each([
    ['a tensor that is not there', { tensor: 'q', parameters }],
    ['a use that does not read it', { tensor: 'x', parameters }],
    ['a scale of zero', { tensor: 'r', parameters: { ...parameters, scale: 0 } }],
    ['a denormal scale', { tensor: 'r', parameters: { ...parameters, scale: 1e-40 } }],
    ['a scale that is no number', { tensor: 'r', parameters: { ...parameters, scale: Number.NaN } }],
    ['a zero point outside the type', { tensor: 'r', parameters: { ...signed, zeroPoint: 128 } }],
  ])('refuses %s', (_, quantizer) => {
    const graph = fork()
    const uses = [{ node: nodeOf(graph, 'Add'), index: 0 }]
    expect(() => insertQuantizers(graph, [{ ...quantizer, uses }])).toThrow(expect.objectContaining({ code: 'BUG' }))
  })
})
