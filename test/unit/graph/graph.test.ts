import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attribute } from '../../../lib/graph/attributes.js'
import { cloneGraph } from '../../../lib/graph/clone-graph.js'
import { findPattern } from '../../../lib/graph/find-pattern.js'
import { findQuantization } from '../../../lib/graph/find-quantization.js'
import { foldGraph } from '../../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../../lib/graph/graph.js'
import { graphFromOnnx, readGraph } from '../../../lib/graph/graph-from-onnx.js'
import type { GraphNode } from '../../../lib/graph/graph-node.js'
import type { GraphTensor } from '../../../lib/graph/graph-tensor.js'
import { encodeGraph, messageFromGraph, onnxFromGraph } from '../../../lib/graph/onnx-from-graph.js'
import { removeDeadNodes } from '../../../lib/graph/remove-dead-nodes.js'
import { sortNodes } from '../../../lib/graph/sort-nodes.js'
import { saveOnnxModel } from '../../../lib/model/onnx-file.js'
import { encodeOnnx } from '../../models/encode-onnx.js'
import { floats, listOperators, makeGraph, noise } from './make-graph.js'

const tensorOf = (graph: Graph, name: string) => graph.tensors.get(name) as GraphTensor
const labels = (nodes: Iterable<GraphNode>) => [...nodes].map((node) => node.label)

/** r = relu(x); y = r + r */
function residual(): Graph {
  return makeGraph({
    inputs: { x: [1, 3] },
    nodes: [
      { type: 'Relu', name: 'relu', inputs: ['x'], outputs: ['r'] },
      { type: 'Add', name: 'add', inputs: ['r', 'r'], outputs: ['y'] },
    ],
    outputs: ['y'],
  })
}

/** if (c) t + r else r, where r = relu(x) is read from inside the branches. */
function branching(): Graph {
  const branch = (type: string, output: string) =>
    attribute.graph('', {
      nodes: [{ inputs: ['r'], outputs: [output], type, name: `${type} inside`, attributes: [] }],
      name: 'branch',
      initializers: [],
      inputs: [],
      outputs: [{ name: output }],
      values: [],
      sparseInitializers: [],
    })
  const model = onnxFromGraph(
    makeGraph({
      inputs: { x: [2], c: { type: 'bool', shape: [] } },
      nodes: [
        { type: 'Relu', name: 'relu', inputs: ['x'], outputs: ['r'] },
        {
          type: 'If',
          name: 'if',
          inputs: ['c'],
          outputs: ['y'],
          attributes: { then_branch: branch('Neg', 'a'), else_branch: branch('QuantizeLinear', 'b') },
        },
      ],
      outputs: ['y'],
    }),
  )
  return graphFromOnnx(model)
}

describe('Graph', () => {
  it('knows who writes and who reads', () => {
    const graph = residual()
    const r = tensorOf(graph, 'r')
    expect(r.producer?.label).toBe('relu')
    expect(r.uses.map(({ node, index }) => [node.label, index])).toEqual([
      ['add', 0],
      ['add', 1],
    ])
    expect(r.soleConsumer).toBeNull()
    expect(tensorOf(graph, 'x').soleConsumer?.label).toBe('relu')
    expect(tensorOf(graph, 'y').soleConsumer).toBeNull()
  })

  it('puts a node on a tensor, or on some edges of it', () => {
    const graph = residual()
    const r = tensorOf(graph, 'r')
    graph.insertAfter(r, { type: 'Abs' }, [r.uses[1] as never])
    const all = graph.insertAfter(r, { type: 'Neg', moreInputs: [] })
    const add = [...graph.nodes].find((node) => node.type === 'Add') as GraphNode
    expect(add.inputs.map((input) => input?.producer?.type)).toEqual(['Neg', 'Abs'])
    expect(all.shape).toEqual(r.shape)
    expect(sortNodes(graph).map((node) => node.type)).toEqual(['Relu', 'Neg', 'Abs', 'Add'])
  })

  it('replaces a node, keeping names that the outside knows', () => {
    const graph = residual()
    const [, add] = [...graph.nodes]
    const [first] = (add as GraphNode).inputs
    graph.replaceNode(add as GraphNode, { type: 'Neg', inputs: [first as GraphTensor] })
    expect(graph.outputs[0]?.producer?.type).toBe('Neg')
    expect(tensorOf(graph, 'r').soleConsumer?.type).toBe('Neg')
    expect(graph.outputs[0]?.name).toBe('y')
  })

  it('refuses edits that would break it', () => {
    const graph = residual()
    const [x, r, y] = ['x', 'r', 'y'].map((name) => tensorOf(graph, name)) as [GraphTensor, GraphTensor, GraphTensor]
    const bug = expect.objectContaining({ code: 'BUG' })
    expect(() => graph.setOutput([...graph.nodes][0] as GraphNode, 1, y)).toThrow(bug)
    expect(() => graph.removeTensor(r)).toThrow(bug)
    expect(() => graph.renameTensor(y, 'z')).toThrow(bug)
    expect(() => graph.renameTensor(r, 'x')).toThrow(bug)
    expect(() => graph.addInput(r)).toThrow(bug)
    expect(() => graph.setConstant(x, floats([1], 1))).toThrow(bug)
    graph.renameTensor(r, 'hidden')
    expect([...graph.tensors.keys()].sort()).toEqual(['hidden', 'x', 'y'])
  })

  it('gives new tensors names of their own', () => {
    const graph = residual()
    expect(['r', 'r', '', 'new'].map((hint) => graph.addTensor(hint).name)).toEqual(['r_1', 'r_2', '_1', 'new'])
  })

  it('is copied whole', () => {
    const graph = branching()
    const copy = cloneGraph(graph)
    expect(encodeGraph(copy)).toEqual(encodeGraph(graph))
    copy.insertAfter(tensorOf(copy, 'x'), { type: 'Abs' })
    expect(graph.nodes.size).toBe(2)
    expect(copy.nodes.size).toBe(3)
  })

  it('leaves out what nobody needs', () => {
    const graph = residual()
    graph.addNode({ type: 'Abs', name: 'dead', inputs: [tensorOf(graph, 'r')], outputs: [graph.addTensor('unread')] })
    graph.addConstant('weights', floats([1], 1))
    expect(labels(removeDeadNodes(graph))).toEqual(['dead'])
    expect([...graph.tensors.keys()]).toEqual(['x', 'r', 'y'])
  })

  it('keeps tensors that subgraphs read, and their names', () => {
    const graph = branching()
    const r = tensorOf(graph, 'r')
    expect(r.isCaptured).toBe(true)
    expect(r.soleConsumer).toBeNull()
    expect(removeDeadNodes(graph)).toEqual([])
    expect(() => graph.renameTensor(r, 's')).toThrow(expect.objectContaining({ code: 'BUG' }))
    expect(graph.addTensor('a').name).toBe('a_1')
    expect(sortNodes(graph).map((node) => node.type)).toEqual(['Relu', 'If'])
  })
})

describe('sortNodes', () => {
  it('keeps the order where it is right, and mends it where not', async () => {
    const nodes = [
      { op: 'Abs', inputs: ['b'], outputs: ['c'] },
      { op: 'Neg', inputs: ['x'], outputs: ['a'] },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
    ]
    const graph = await readGraph(
      encodeOnnx({ inputs: [{ name: 'x', type: 'f32', shape: [1] }], outputs: [{ name: 'c', type: 'f32', shape: [1] }], nodes }),
    )
    expect(sortNodes(graph).map((node) => node.type)).toEqual(['Neg', 'Relu', 'Abs'])
  })

  it('takes a chain of 100,000 nodes, and refuses a circle', () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => ({ type: 'Neg', inputs: [`t${i}`], outputs: [`t${i + 1}`] }))
    expect(sortNodes(makeGraph({ inputs: { t0: [1] }, nodes: nodes.reverse(), outputs: ['t100000'] })).length).toBe(100_000)
    const circle = makeGraph({
      inputs: { x: [1] },
      nodes: [
        { type: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
        { type: 'Neg', inputs: ['a'], outputs: ['b'] },
      ],
      outputs: ['b'],
    })
    expect(() => sortNodes(circle)).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT' }))
  })
})

describe('graphFromOnnx and onnxFromGraph', () => {
  const value = (name: string) => ({ name, type: 'f32' as const, shape: [1, 'n'] })
  const relu = { op: 'Relu', inputs: ['x'], outputs: ['y'] }

  it('write a model that was not edited as the bytes it came as', async () => {
    const bytes = encodeOnnx({ inputs: [value('x')], outputs: [value('y')], nodes: [relu], metadata: { a: 'b' } })
    expect(encodeGraph(await readGraph(bytes))).toEqual(bytes)
  })

  it('treat initializers among the inputs as constants', async () => {
    const initializers = [{ name: 'w', type: 'f32' as const, shape: [1], data: new Uint8Array(4) }]
    const nodes = [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }]
    const graph = await readGraph(encodeOnnx({ inputs: [value('x'), value('w')], outputs: [value('y')], nodes, initializers }))
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(tensorOf(graph, 'w').constant?.values()).toEqual(Float32Array.of(0))
    expect(onnxFromGraph(graph).graph.inputs.length).toBe(1)
  })

  it('take nodes without names, and several with one', async () => {
    const nodes = [relu, { op: 'Neg', inputs: ['y'], outputs: ['z'] }]
    const graph = await readGraph(encodeOnnx({ inputs: [value('x')], outputs: [value('z')], nodes }))
    expect(labels(graph.nodes)).toEqual(['Relu -> y', 'Neg -> z'])
    const namesakes = nodes.map((node) => ({ ...node, name: 'same' }))
    const bytes = encodeOnnx({ inputs: [value('x')], outputs: [value('z')], nodes: namesakes })
    expect(labels((await readGraph(bytes)).nodes)).toEqual(['same', 'same'])
    expect(encodeGraph(await readGraph(bytes))).toEqual(bytes)
  })

  it.each([
    ['a tensor that nothing writes', [{ ...relu, inputs: ['z'] }], 'which nothing writes'],
    ['two nodes that write one tensor', [relu, relu], 'defined twice'],
  ])('refuse %s', async (_, nodes, reason) => {
    const bytes = encodeOnnx({ inputs: [value('x')], outputs: [value('y')], nodes })
    await expect(readGraph(bytes)).rejects.toMatchObject({ code: 'MODEL_CORRUPT', message: expect.stringContaining(reason) })
  })

  it('read weights from other files, and fold them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'enginery-graph-'))
    const path = join(folder, 'outside.onnx')
    const nodes = [
      { type: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
      { type: 'Mul', inputs: ['c', 's'], outputs: ['y'] },
    ]
    const constants = { w: noise([16, 16, 1, 1]), s: floats([], 2) }
    const graph = makeGraph({ inputs: { x: [1, 16, 2, 2] }, constants, nodes, outputs: ['y'] })
    await saveOnnxModel(path, onnxFromGraph(graph), { externalData: 'always' })
    const outside = await readGraph(path)
    expect(outside.tensors.get('w')?.constant?.values()).toEqual(constants.w.values())
    expect(encodeGraph(foldGraph(outside).graph)).toEqual(encodeGraph(foldGraph(graph).graph))
    await rm(folder, { recursive: true })
  })

  it('write subgraphs and what was edited around them', () => {
    const graph = branching()
    graph.insertAfter(tensorOf(graph, 'x'), { type: 'Abs' })
    const again = messageFromGraph(graphFromOnnx(onnxFromGraph(graph)))
    expect(again.nodes.map(({ type }) => type)).toEqual(['Abs', 'Relu', 'If'])
    expect(again.nodes[2]).toEqual(messageFromGraph(branching()).nodes[1])
  })
})

describe('findPattern', () => {
  const silu = (inputs: string[]) =>
    makeGraph({
      inputs: { x: [4] },
      nodes: [
        { type: 'Sigmoid', name: 'sigmoid', inputs: ['x'], outputs: ['s'] },
        { type: 'Mul', name: 'mul', inputs, outputs: ['y'] },
      ],
      outputs: ['y'],
    })
  const pattern = {
    types: ['Mul'],
    isCommutative: true,
    inputs: [{ tensor: 'x' }, { types: ['Sigmoid'], as: 'sigmoid', inputs: [{ tensor: 'x' }] }],
  }

  it.each([[['x', 's']], [['s', 'x']]])('finds x * sigmoid(x) written as %s', (inputs) => {
    const [match, another] = findPattern(silu(inputs), pattern)
    expect(another).toBeUndefined()
    expect(match?.nodes.get('sigmoid')?.label).toBe('sigmoid')
    expect(match?.tensors.get('x')?.name).toBe('x')
    expect(labels(match?.all ?? [])).toEqual(['mul', 'sigmoid'])
  })

  it('finds nothing where a tensor differs, or others read what is inside', () => {
    expect(findPattern(silu(['s', 's']), pattern)).toEqual([])
    const graph = silu(['x', 's'])
    graph.addNode({ type: 'Neg', inputs: [tensorOf(graph, 's')], outputs: [graph.addTensor('n')] })
    expect(findPattern(graph, pattern)).toEqual([])
  })

  it('tries both orders of operands at every depth', () => {
    const graph = makeGraph({
      inputs: { x: [4], z: [4] },
      nodes: [
        { type: 'Add', inputs: ['z', 'x'], outputs: ['a'] },
        { type: 'Mul', inputs: ['a', 'x'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    const inner = { types: ['Add'], isCommutative: true, inputs: [{ tensor: 'x' }, { tensor: 'other' }] }
    const [match] = findPattern(graph, { types: ['Mul'], inputs: [inner, { tensor: 'x' }] })
    expect(match?.tensors.get('other')?.name).toBe('z')
  })
})

describe('findQuantization', () => {
  it('names what is quantized, in subgraphs too', () => {
    expect(findQuantization(residual())).toBeNull()
    expect(findQuantization(branching())).toEqual({ operators: { QuantizeLinear: 1 }, nodes: ['QuantizeLinear inside'] })
    const foreign = makeGraph({
      inputs: { x: [1] },
      nodes: [
        { type: 'QLinearAdd', domain: 'com.microsoft', inputs: ['x'], outputs: ['a'] },
        { type: 'DynamicQuantizeLinear', name: 'q', inputs: ['a'], outputs: ['y'] },
        { type: 'Gelu', domain: 'com.microsoft', inputs: ['x'], outputs: ['b'] },
      ],
      outputs: ['y'],
    })
    expect(findQuantization(foreign)).toEqual({
      operators: { 'com.microsoft.QLinearAdd': 1, DynamicQuantizeLinear: 1 },
      nodes: ['QLinearAdd -> a', 'q'],
    })
    expect(listOperators(foreign)).toContain('com.microsoft.Gelu')
  })
})
