import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { attribute } from '../../lib/graph/attributes.js'
import { Graph } from '../../lib/graph/graph.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import { encodeGraph, messageFromGraph, onnxFromGraph } from '../../lib/graph/onnx-from-graph.js'
import { loadOnnxModel, saveOnnxModel } from '../../lib/model/onnx-file.js'
import type { QuantizeOptions } from '../../lib/quantization/quantize-options.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { encodeOnnx } from '../models/encode-onnx.js'
import { makeGraph, type NodeSketch, noise } from '../unit/graph/make-graph.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-quantize-models-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Shapes = Record<string, number[]>
const sampleOf = (shapes: Shapes, seed: number) =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      Tensor.from(noise(shape, `${name} ${seed}`).values() as Float32Array, shape),
    ]),
  )
const run = (model: string | Uint8Array, shapes: Shapes, more: Partial<QuantizeOptions> = {}) =>
  quantize({ model, calibration: { data: Array.from({ length: 8 }, (_, seed) => sampleOf(shapes, seed)) }, ...more })

/** Outputs of both models on a sample that was not calibrated with, as far as they are apart, over the largest. */
async function compare(float: string | Uint8Array, quantized: Uint8Array, shapes: Shapes, extra: Record<string, Tensor> = {}) {
  const inputs = { ...sampleOf(shapes, 99), ...extra }
  const outputs = []
  for (const model of [float, quantized]) {
    const all = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, [...shape]]))
    const engine = await buildEngine({ model, shapes: all })
    outputs.push(await engine.infer(inputs as Record<string, Tensor>))
    await engine.close()
  }
  const [before, after] = outputs as [Record<string, Tensor>, Record<string, Tensor>]
  expect(Object.keys(after)).toEqual(Object.keys(before))
  return Object.entries(before).map(([name, tensor]) => {
    const [wanted, found] = [tensor.toFloat32(), (after[name] as Tensor).toFloat32()]
    const most = Math.max(...wanted.map(Math.abs))
    return Math.max(...wanted.map((value, at) => Math.abs(value - (found[at] as number)))) / most
  })
}

const conv = (name: string, input: string, output: string, weights = `${name}.w`): NodeSketch => ({
  type: 'Conv',
  name,
  inputs: [input, weights],
  outputs: [output],
  attributes: { pads: [1, 1, 1, 1] },
})
const image = [1, 4, 8, 8]
const countOf = (graph: Graph, type: string) => [...graph.nodes].filter((node) => node.is(type)).length

describe('quantize takes', () => {
  it('a model with branches of its own, which stay float, and says so', async () => {
    const branch = (type: string) => {
      const inside = new Graph(new Map([['', 13]]))
      const outer = inside.addTensor('r')
      outer.isOuter = true
      const weights = inside.addConstant(`${type}.w`, noise([4, 4, 1, 1], type))
      const product = inside.addOperator({ type: 'Conv', name: 'inner', inputs: [outer, weights] }, `${type}.p`, {
        elementType: 'f32',
        shape: image,
      })
      inside.addOutput(inside.addOperator({ type, inputs: [product] }, `${type}.out`, { elementType: 'f32', shape: image }))
      return messageFromGraph(inside)
    }
    const graph = makeGraph({
      inputs: { x: image, flag: { type: 'bool', shape: [] } },
      constants: { 'a.w': noise([4, 4, 3, 3], 'a'), 'b.w': noise([4, 4, 3, 3], 'b') },
      nodes: [conv('a', 'x', 't'), { type: 'Relu', inputs: ['t'], outputs: ['r'] }],
      outputs: [],
    })
    const tensor = (name: string) => graph.tensors.get(name) ?? graph.addTensor(name, { elementType: 'f32', shape: image })
    const attributes = [attribute.graph('then_branch', branch('Relu')), attribute.graph('else_branch', branch('Sigmoid'))]
    const choice = graph.addNode({ type: 'If', name: 'choice', inputs: [tensor('flag')], outputs: [tensor('u')], attributes })
    graph.addCapture(choice, tensor('r'))
    graph.addNode({
      type: 'Conv',
      name: 'b',
      inputs: [tensor('u'), tensor('b.w')],
      outputs: [tensor('y')],
      attributes: [attribute.ints('pads', [1, 1, 1, 1])],
    })
    graph.addOutput(tensor('y'))
    const model = encodeGraph(graph)
    const flag = Tensor.from(Uint8Array.of(1), [], 'bool') as Tensor
    const data = Array.from({ length: 4 }, (_, seed) => ({ ...sampleOf({ x: image }, seed), flag }))
    const result = await quantize({ model, calibration: { data } })
    expect(result.float).toEqual([
      { node: 'choice', operator: 'If', reason: 'its subgraphs stay float' },
      { node: 'choice/inner', operator: 'Conv', reason: 'inside If, whose subgraphs stay float' },
      { node: 'choice/inner', operator: 'Conv', reason: 'inside If, whose subgraphs stay float' },
    ])
    expect(result.operators).toContainEqual({ operator: 'Conv', quantized: 2, float: 2 })
    const [difference] = await compare(model, result.model, { x: image }, { flag })
    expect(difference).toBeLessThan(0.1)
  })

  it('weights in another file', async () => {
    const graph = makeGraph({
      inputs: { x: image },
      constants: { 'a.w': noise([16, 4, 3, 3], 'a') },
      nodes: [conv('a', 'x', 'y')],
      outputs: ['y'],
    })
    const path = join(folder, 'external.onnx')
    await saveOnnxModel(path, onnxFromGraph(graph), { externalData: 'always' })
    const outside = await run(path, { x: image })
    const inside = await run(encodeGraph(graph), { x: image })
    expect(Buffer.from(outside.model).equals(inside.model)).toBe(true)
  })

  it('initializers that an old file lists among the inputs, with what the file says of itself', async () => {
    const raw = (shape: number[], seed: string) => {
      const values = noise(shape, seed).values() as Float32Array
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    }
    const model = encodeOnnx({
      opset: 9,
      inputs: [
        { name: 'x', type: 'f32', shape: ['n', 4, 8, 8] },
        { name: 'w', type: 'f32', shape: [4, 4, 3, 3] },
      ],
      outputs: [{ name: 'y', type: 'f32', shape: ['n', 4, 6, 6] }],
      nodes: [{ op: 'Conv', inputs: ['x', 'w'], outputs: ['y'] }],
      initializers: [{ name: 'w', type: 'f32', shape: [4, 4, 3, 3], data: raw([4, 4, 3, 3], 'old') }],
      metadata: { author: 'tests' },
    })
    const { model: quantized, calibration } = await run(model, { x: image })
    expect(calibration.shapes).toEqual({ x: image })
    const { metadata, producerName, graph } = await loadOnnxModel(quantized)
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
    // The file is as open as it was.
    expect((await readGraph(quantized)).inputs[0]?.shape).toEqual(['n', 4, 8, 8])
    const entries = Object.fromEntries(metadata.map(({ key, value }) => [key, Buffer.from(value ?? []).toString('utf8')]))
    expect(entries).toMatchObject({
      author: 'tests',
      'enginery.target': 'openvino-cpu',
      'enginery.preset': 'mixed',
      'enginery.samples': '8',
      'enginery.shapes': '{"x":[1,4,8,8]}',
      'enginery.source': 'enginery-tests',
    })
    expect(JSON.parse(entries['enginery.estimator'] as string)).toMatchObject({ statistic: 'minmax' })
    expect(producerName).toBe('enginery')
    expect((await compare(model, quantized, { x: image }))[0]).toBeLessThan(0.05)
  })

  it('several inputs and outputs', async () => {
    const model = encodeGraph(
      makeGraph({
        inputs: { x: image, z: [1, 4, 4, 4] },
        constants: { 'a.w': noise([4, 4, 3, 3], 'a'), 'b.w': noise([4, 4, 3, 3], 'b') },
        nodes: [conv('a', 'x', 'y'), conv('b', 'z', 't'), { type: 'Relu', inputs: ['t'], outputs: ['u'] }],
        outputs: ['y', 't', 'u'],
      }),
    )
    const shapes = { x: image, z: [1, 4, 4, 4] }
    const result = await run(model, shapes)
    expect(result.operators).toEqual([{ operator: 'Conv', quantized: 2, float: 0 }])
    for (const difference of await compare(model, result.model, shapes)) expect(difference).toBeLessThan(0.05)
  })

  it('weights that several layers share, stored once', async () => {
    const model = encodeGraph(
      makeGraph({
        inputs: { x: image },
        constants: { w: noise([4, 4, 3, 3], 'shared') },
        nodes: [conv('a', 'x', 't', 'w'), { type: 'Relu', inputs: ['t'], outputs: ['r'] }, conv('b', 'r', 'y', 'w')],
        outputs: ['y'],
      }),
    )
    const result = await run(model, { x: image })
    const graph = await readGraph(result.model)
    const integers = [...graph.tensors.values()].filter(
      ({ constant }) => constant?.elementType === 'i8' && constant.shape.length === 4,
    )
    expect(integers).toHaveLength(1)
    expect((await compare(model, result.model, { x: image }))[0]).toBeLessThan(0.05)
  })

  it('a batch that the model fixes, and single samples for it', async () => {
    const model = encodeGraph(
      makeGraph({
        inputs: { x: [4, 4, 8, 8] },
        constants: { 'a.w': noise([4, 4, 3, 3], 'a') },
        nodes: [conv('a', 'x', 'y')],
        outputs: ['y'],
      }),
    )
    const result = await run(model, { x: image })
    expect(result.calibration).toMatchObject({ samples: 8, shapes: { x: [4, 4, 8, 8] } })
    const whole = await run(model, { x: [4, 4, 8, 8] }, { measure: true })
    expect(whole.speed).toMatchObject({ int8: { layers: 1, of: 1 } })
    expect((await compare(model, result.model, { x: [4, 4, 8, 8] }))[0]).toBeLessThan(0.05)
  })
})

describe('options decide', () => {
  const model = encodeGraph(
    makeGraph({
      inputs: { x: image },
      constants: { 'a.w': noise([8, 4, 3, 3], 'a'), 'b.w': noise([4, 8, 3, 3], 'b') },
      nodes: [conv('a', 'x', 't'), { type: 'Relu', inputs: ['t'], outputs: ['r'] }, conv('b', 'r', 'y')],
      outputs: ['y'],
    }),
  )
  const weightsOf = async (more: Partial<QuantizeOptions>) => {
    const graph = await readGraph((await run(model, { x: image }, more)).model)
    expect(countOf(graph, 'QuantizeLinear')).toBe(2)
    return [...graph.nodes].flatMap((node) => (node.is('Conv') ? [node.inputs[1]?.producer as NonNullable<GraphNodeOf>] : []))
  }
  type GraphNodeOf = Graph['nodes'] extends ReadonlySet<infer T> ? T : never
  /** Largest sum of two neighbouring input channels. */
  const pairs = (node: GraphNodeOf) => {
    const constant = node.inputs[0]?.constant
    if (!constant) throw new Error(`${node.name} quantizes no constant`)
    const values = constant.values() as Int8Array
    const [, channels] = constant.shape as [number, number]
    let most = 0
    for (let at = 0; at + 9 < values.length; at++) {
      if (Math.floor(at / 9) % channels === channels - 1) continue
      most = Math.max(most, Math.abs((values[at] as number) + (values[at + 9] as number)))
    }
    return most
  }

  it('how many scales weights have', async () => {
    const shapes = (nodes: GraphNodeOf[]) => nodes.map((node) => node.inputs[1]?.shape)
    expect(shapes(await weightsOf({}))).toEqual([[8], [4]])
    expect(shapes(await weightsOf({ weights: { perChannel: false } }))).toEqual([[], []])
  })

  it('whether sums of neighbouring weights may overflow', async () => {
    for (const node of await weightsOf({})) expect(pairs(node)).toBeLessThanOrEqual(128)
    for (const node of await weightsOf({ weights: { overflowSafe: false } })) expect(pairs(node)).toBeGreaterThan(128)
    for (const node of await weightsOf({ target: 'openvino-cpu-vnni' })) expect(pairs(node)).toBeGreaterThan(128)
    for (const node of await weightsOf({ target: 'openvino-cpu-vnni', weights: { overflowSafe: true } })) {
      expect(pairs(node)).toBeLessThanOrEqual(128)
    }
  })

  it('whether channels are balanced first', async () => {
    const [plain] = await weightsOf({})
    const [aligned] = await weightsOf({ channelAlignment: true })
    expect(aligned?.inputs[1]?.constant?.values()).not.toEqual(plain?.inputs[1]?.constant?.values())
  })

  it('whether the model is run to see if INT8 pays', async () => {
    expect((await run(model, { x: image })).speed).toBe(null)
    const stages = new Set<string>()
    const { speed, warnings } = await run(model, { x: image }, { measure: true, onProgress: ({ stage }) => stages.add(stage) })
    expect(stages).toContain('measure')
    if (speed === null) throw new Error('nothing was measured')
    expect(speed.float).toBeGreaterThan(0)
    expect(speed.quantized).toBeGreaterThan(0)
    expect(speed.int8.of).toBe(2)
    expect(warnings.some(({ code }) => code === 'INT8_SLOWER')).toBe(speed.ratio < 1)
  })

  it('counts products of two activations that are read through what only moves elements', async () => {
    const graph = makeGraph({
      inputs: { x: [1, 6, 8] },
      constants: { w: noise([8, 8], 'w'), v: noise([8, 8], 'v') },
      nodes: [
        { type: 'MatMul', name: 'q', inputs: ['x', 'w'], outputs: ['q'] },
        { type: 'MatMul', name: 'k', inputs: ['x', 'v'], outputs: ['k'] },
        { type: 'Transpose', name: 't', inputs: ['k'], outputs: ['t'], attributes: { perm: [0, 2, 1] } },
        { type: 'MatMul', name: 'scores', inputs: ['q', 't'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    const { operators, float } = await run(encodeGraph(graph), { x: [1, 6, 8] }, { check: false })
    expect(operators).toEqual([{ operator: 'MatMul', quantized: 3, float: 0 }])
    expect(float).toEqual([])
  })
})
