import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { attribute } from '../../lib/graph/attributes.js'
import { Constant } from '../../lib/graph/constant.js'
import type { Graph } from '../../lib/graph/graph.js'
import { graphFromSubgraph, readGraph } from '../../lib/graph/graph-from-onnx.js'
import type { GraphNode } from '../../lib/graph/graph-node.js'
import { encodeGraph, messageFromGraph } from '../../lib/graph/onnx-from-graph.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { type GraphSketch, listOperators, makeGraph, noise } from '../unit/graph/make-graph.js'

const pads = { pads: [1, 1, 1, 1] }
const image = [1, 4, 8, 8]

/** A graph for the inside of a node; `outer` are names of the graph around it. */
function makeBody(sketch: GraphSketch, outer: readonly string[]): Graph {
  const body = makeGraph(sketch)
  for (const name of outer) {
    const tensor = body.tensors.get(name)
    if (tensor) tensor.isOuter = true
  }
  return body
}

function addOutput(graph: Graph, name: string, shape: number[]): void {
  const tensor = graph.tensors.get(name)
  if (!tensor) throw new Error(`no tensor ${name}`)
  tensor.elementType = 'f32'
  tensor.shape = shape
  graph.addOutput(tensor)
}

/** Conv, a Loop of three turns over a Conv with the same weights that adds what the first Conv wrote, and a Conv. */
function makeLoop(): Graph {
  const graph = makeGraph({
    inputs: { x: image },
    constants: {
      'a.w': noise([4, 4, 3, 3], 'a', -0.3, 0.3),
      'b.w': noise([4, 4, 3, 3], 'b'),
      turns: Constant.of('i64', [], BigInt64Array.of(3n)),
      go: Constant.of('bool', [], Uint8Array.of(1)),
    },
    nodes: [
      { type: 'Conv', name: 'a', inputs: ['x', 'a.w'], outputs: ['r'], attributes: pads },
      { type: 'Loop', name: 'turns of it', inputs: ['turns', 'go', 'r'], outputs: ['u'] },
      { type: 'Conv', name: 'b', inputs: ['u', 'b.w'], outputs: ['y'], attributes: pads },
    ],
    outputs: [],
  })
  addOutput(graph, 'y', image)
  const body = makeBody(
    {
      inputs: { turn: { type: 'i64', shape: [] }, go_in: { type: 'bool', shape: [] }, state: image },
      nodes: [
        { type: 'Identity', inputs: ['go_in'], outputs: ['go_out'] },
        { type: 'Conv', name: 'inner', inputs: ['state', 'a.w'], outputs: ['p'], attributes: pads },
        { type: 'Add', inputs: ['p', 'r'], outputs: ['s'] },
        { type: 'Tanh', inputs: ['s'], outputs: ['state_out'] },
      ],
      outputs: [],
    },
    ['a.w', 'r'],
  )
  const going = body.tensors.get('go_out')
  if (!going) throw new Error('no condition')
  Object.assign(going, { elementType: 'bool', shape: [] })
  body.addOutput(going)
  addOutput(body, 'state_out', image)
  attach(graph, 'Loop', body, ['a.w', 'r'])
  return graph
}

/** MatMul, a Scan along its rows whose state passes a MatMul with the same weights, and a MatMul. OpenVINO refuses a Scan
 * that reads anything but constants from around it. */
function makeScan(): Graph {
  const graph = makeGraph({
    inputs: { x: [6, 8] },
    constants: {
      w: noise([8, 8], 'w', -0.4, 0.4),
      v: noise([8, 8], 'v'),
      start: noise([1, 8], 'start'),
      bias: noise([8], 'bias'),
    },
    nodes: [
      { type: 'MatMul', name: 'before', inputs: ['x', 'w'], outputs: ['r'] },
      { type: 'Add', inputs: ['r', 'bias'], outputs: ['m'] },
      { type: 'Scan', name: 'along rows', inputs: ['start', 'm'], outputs: ['last', 'rows'], attributes: { num_scan_inputs: 1 } },
      { type: 'MatMul', name: 'behind', inputs: ['rows', 'v'], outputs: ['y'] },
    ],
    outputs: [],
  })
  addOutput(graph, 'y', [6, 8])
  const body = makeBody(
    {
      inputs: { state: [1, 8], row: [8] },
      constants: { axes: Constant.ints([0]) },
      nodes: [
        { type: 'MatMul', name: 'inner', inputs: ['state', 'w'], outputs: ['p'] },
        { type: 'Add', inputs: ['p', 'row'], outputs: ['q'] },
        { type: 'Tanh', inputs: ['q'], outputs: ['state_out'] },
        { type: 'Squeeze', inputs: ['state_out', 'axes'], outputs: ['row_out'] },
      ],
      outputs: [],
    },
    ['w'],
  )
  addOutput(body, 'state_out', [1, 8])
  addOutput(body, 'row_out', [8])
  attach(graph, 'Scan', body, ['w'])
  return graph
}

function attach(graph: Graph, type: string, body: Graph, captured: readonly string[]): void {
  const node = nodeOf(graph, type)
  node.attributes.set('body', attribute.graph('body', messageFromGraph(body)))
  for (const name of captured) {
    const tensor = graph.tensors.get(name)
    if (tensor) graph.addCapture(node, tensor)
  }
}

const nodeOf = (graph: Graph, type: string) => [...graph.nodes].find((node) => node.is(type)) as GraphNode

const sampleOf = (shape: number[], seed: number) => ({
  x: Tensor.from(noise(shape, `x ${seed}`).values() as Float32Array, shape),
})

async function infer(model: Uint8Array, shape: number[]): Promise<Float32Array> {
  const engine = await buildEngine({ model, shapes: { x: shape } })
  const { y } = await engine.infer(sampleOf(shape, 99))
  await engine.close()
  return (y as Tensor).toFloat32()
}

describe('graphs inside a node stay float, and what is around them is quantized', () => {
  it.each<[string, Graph, number[], string, string]>([
    ['Loop', makeLoop(), image, 'turns of it', 'Conv'],
    ['Scan', makeScan(), [6, 8], 'along rows', 'MatMul'],
  ])('%s', async (type, graph, shape, name, operator) => {
    const model = encodeGraph(graph)
    const data = Array.from({ length: 8 }, (_, seed) => sampleOf(shape, seed))
    const result = await quantize({ model, calibration: { data } })
    expect(result.float).toEqual([
      { node: name, operator: type, reason: 'its subgraphs stay float' },
      { node: `${name}/inner`, operator, reason: `inside ${type}, whose subgraphs stay float` },
    ])
    expect(result.operators).toContainEqual({ operator, quantized: 2, float: 1 })

    const quantized = await readGraph(result.model)
    const bodyOf = (from: Graph) => {
      const body = nodeOf(from, type).attributes.get('body')?.graph
      if (!body) throw new Error('no body')
      return graphFromSubgraph(body, from.opsets)
    }
    expect(listOperators(bodyOf(quantized))).toEqual(listOperators(bodyOf(graph)))
    // The body reads the very floats that the layer before it has as integers now.
    const shared = type === 'Loop' ? 'a.w' : 'w'
    const before = graph.tensors.get(shared)?.constant?.values()
    expect(quantized.tensors.get(shared)?.constant?.values()).toEqual(before)
    for (const node of quantized.nodes) {
      if (node.is(operator)) expect(node.inputs[1]?.producer?.type).toBe('DequantizeLinear')
    }

    const [wanted, found] = [await infer(model, shape), await infer(result.model, shape)]
    const most = Math.max(...wanted.map(Math.abs))
    const difference = Math.max(...wanted.map((value, at) => Math.abs(value - (found[at] as number))))
    expect(most).toBeGreaterThan(0.1)
    expect(difference / most).toBeLessThan(0.05)
    // As far apart as rounding has it: equal ones would mean that nothing was quantized.
    expect(difference).toBeGreaterThan(0)
  })
})
