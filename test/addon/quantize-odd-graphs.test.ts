import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { Constant } from '../../lib/graph/constant.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../lib/graph/graph.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import type { TargetName } from '../../lib/quantization/targets/target.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, type NodeSketch, noise } from '../unit/graph/make-graph.js'

type Outputs = Record<string, Float32Array>
type Shapes = Record<string, number[]>

const sampleOf = (shapes: Shapes, seed: number): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      Tensor.from(noise(shape, `${name} ${seed}`).values() as Float32Array, shape),
    ]),
  )

/** Of a sample that was calibrated with, so that ranges cut nothing off. */
async function infer(model: Uint8Array, shapes: Shapes): Promise<Outputs> {
  const engine = await buildEngine({ model, shapes, precision: 'fp32' })
  const found = await engine.infer(sampleOf(shapes, 3))
  await engine.close()
  return Object.fromEntries(Object.entries(found).map(([name, tensor]) => [name, (tensor as Tensor).toFloat32()]))
}

/** Largest difference over the largest element, of the output that is worst. */
function distance(wanted: Outputs, found: Outputs): number {
  expect(Object.keys(found)).toEqual(Object.keys(wanted))
  const shares = Object.entries(wanted).map(([name, values]) => {
    const others = found[name] as Float32Array
    expect(others.length).toBe(values.length)
    const most = Math.max(...values.map(Math.abs))
    return Math.max(...values.map((value, at) => Math.abs(value - (others[at] as number)))) / most
  })
  return Math.max(...shares)
}

const relu = (from: string, to: string): NodeSketch => ({ type: 'Relu', inputs: [from], outputs: [to] })
const conv = (from: string, weights: string, to: string, attributes: NodeSketch['attributes'] = {}): NodeSketch => ({
  type: 'Conv',
  inputs: [from, weights],
  outputs: [to],
  attributes,
})
const product = (left: string, right: string, to: string): NodeSketch => ({
  type: 'MatMul',
  inputs: [left, right],
  outputs: [to],
})
const gemm = (inputs: string[], to: string, attributes: NonNullable<NodeSketch['attributes']>): NodeSketch => ({
  type: 'Gemm',
  inputs,
  outputs: [to],
  attributes,
})
const sums = (equation: string, inputs: string[], to: string): NodeSketch => ({
  type: 'Einsum',
  inputs,
  outputs: [to],
  attributes: { equation },
})

interface Case {
  name: string
  shapes: Shapes
  constants: Record<string, Constant>
  nodes: NodeSketch[]
  outputs: string[]
  /** Layers that stay float, where not the same ones for all targets; default: none. */
  float?: number | Partial<Record<TargetName, number>>
}

const factors = { alpha: { float: 0.7 }, beta: { float: 1.3 } }
const gemms = [0, 1].flatMap((transA) =>
  [0, 1].map(
    (transB): Case => ({
      name: `Gemm, transA ${transA}, transB ${transB}, factors`,
      shapes: { x: transA ? [16, 4] : [4, 16] },
      constants: {
        w: noise(transB ? [10, 16] : [16, 10]),
        c: noise(transA ? [4, 10] : [10], 'c'),
        w2: noise([6, 10], 'w2'),
        c2: Constant.of('f32', [], Float32Array.of(0.3)),
      },
      nodes: [
        gemm(['x', 'w', 'c'], 'g', { transA, transB, ...factors }),
        relu('g', 'r'),
        gemm(['r', 'w2', 'c2'], 'y', { transB: 1, alpha: { float: 0.5 } }),
      ],
      outputs: ['y'],
    }),
  ),
)

const cases: readonly Case[] = [
  ...gemms,
  {
    name: 'weights that two layers read with factors of their own',
    shapes: { x: [3, 8] },
    constants: { w: noise([8, 8]) },
    nodes: [gemm(['x', 'w'], 'a', { alpha: { float: 2 } }), relu('a', 'r'), gemm(['r', 'w'], 'y', { transB: 1 })],
    outputs: ['a', 'y'],
  },
  {
    name: 'a batch of weights behind Relu',
    shapes: { x: [1, 4, 16, 12] },
    constants: { w: noise([4, 12, 10]) },
    nodes: [relu('x', 'r'), product('r', 'w', 'y')],
    outputs: ['y'],
  },
  {
    name: 'weights on the left, and a product behind',
    shapes: { x: [2, 16, 12] },
    constants: { l: noise([8, 16]), w: noise([12, 10], 'w') },
    nodes: [relu('x', 'r'), product('l', 'r', 'a'), relu('a', 'b'), product('b', 'w', 'y')],
    outputs: ['y'],
    float: 1,
  },
  {
    name: 'Einsum with heads',
    shapes: { x: [1, 9, 16] },
    constants: { q: noise([16, 4, 8]), k: noise([4, 16, 8], 'k'), o: noise([4, 8, 16], 'o') },
    nodes: [
      sums('btd,dhk->bthk', ['x', 'q'], 'a'),
      sums('b t d, h d k -> b t h k', ['x', 'k'], 'b'),
      { type: 'Mul', inputs: ['a', 'b'], outputs: ['c'] },
      sums('bthk,hkd->btd', ['c', 'o'], 'y'),
    ],
    outputs: ['y'],
  },
  {
    name: 'Einsum with weights first',
    shapes: { x: [3, 16] },
    constants: { w: noise([8, 16]) },
    nodes: [sums('oi,bi->bo', ['w', 'x'], 'y')],
    outputs: ['y'],
  },
  {
    name: 'ConvTranspose in groups, with a BatchNormalization',
    shapes: { x: [1, 8, 6, 6] },
    constants: {
      w: noise([8, 3, 3, 3]),
      s: noise([6], 's', 0.5, 1.5),
      o: noise([6], 'o'),
      m: noise([6], 'm'),
      v: noise([6], 'v', 0.5, 2),
    },
    nodes: [
      {
        type: 'ConvTranspose',
        inputs: ['x', 'w'],
        outputs: ['a'],
        attributes: { group: 2, strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
      },
      { type: 'BatchNormalization', inputs: ['a', 's', 'o', 'm', 'v'], outputs: ['y'] },
    ],
    outputs: ['y'],
    float: { onnxruntime: 1 },
  },
  {
    name: 'one dimension, weights twice, a residual sum',
    shapes: { x: [1, 8, 50] },
    constants: { w: noise([8, 8, 5]), one: noise([8, 8, 1], 'one') },
    nodes: [
      conv('x', 'w', 'a', { auto_pad: 'SAME_UPPER', strides: [2] }),
      { type: 'LeakyRelu', inputs: ['a'], outputs: ['r'], attributes: { alpha: { float: 0.1 } } },
      conv('r', 'one', 'b'),
      { type: 'Add', inputs: ['b', 'r'], outputs: ['c'] },
      conv('c', 'one', 'y'),
    ],
    outputs: ['y'],
  },
  {
    name: 'three dimensions',
    shapes: { x: [1, 3, 8, 8, 8] },
    constants: { w: noise([8, 3, 3, 3, 3]), u: noise([8, 5, 2, 2, 2], 'u') },
    nodes: [
      conv('x', 'w', 'a', { pads: [1, 1, 1, 1, 1, 1] }),
      { type: 'MaxPool', inputs: ['a'], outputs: ['p'], attributes: { kernel_shape: [2, 2, 2], strides: [2, 2, 2] } },
      { type: 'ConvTranspose', inputs: ['p', 'u'], outputs: ['y'], attributes: { strides: [2, 2, 2] } },
    ],
    outputs: ['y'],
    float: { onnxruntime: 1 },
  },
  {
    name: 'an output that layers read too, twice',
    shapes: { x: [1, 8, 8, 8] },
    constants: { w: noise([8, 8, 3, 3]) },
    nodes: [
      conv('x', 'w', 'a', { pads: [1, 1, 1, 1] }),
      relu('a', 'y'),
      { type: 'Identity', inputs: ['y'], outputs: ['same'] },
      conv('y', 'w', 'z'),
      { type: 'MaxPool', inputs: ['y'], outputs: ['p'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      conv('p', 'w', 'half'),
      { type: 'Identity', inputs: ['x'], outputs: ['input'] },
    ],
    outputs: ['y', 'same', 'z', 'half', 'input'],
  },
  {
    name: 'a Concat with nothing',
    shapes: { x: [1, 8, 6, 6] },
    constants: { w: noise([8, 8, 1, 1]), nothing: noise([1, 0, 6, 6]) },
    nodes: [
      conv('x', 'w', 'a'),
      { type: 'Concat', inputs: ['a', 'nothing'], outputs: ['b'], attributes: { axis: 1 } },
      conv('b', 'w', 'y'),
    ],
    outputs: ['y'],
    float: { any: 1 },
  },
]

const targets: readonly TargetName[] = ['openvino-cpu', 'openvino-cpu-vnni', 'onnxruntime', 'any']

describe('graphs of odd structure', () => {
  it.each(cases)(
    '$name',
    async ({ shapes, constants, nodes, outputs, float = 0 }) => {
      const graph: Graph = makeGraph({ opset: 17, inputs: shapes, constants, nodes, outputs })
      const model = encodeGraph(graph)
      const wanted = await infer(model, shapes)
      expect(distance(wanted, await infer(encodeGraph(foldGraph(graph).graph), shapes))).toBeLessThan(1e-4)

      const data = Array.from({ length: 8 }, (_, seed) => sampleOf(shapes, seed))
      const layers = nodes.filter(({ type }) => ['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Einsum'].includes(type)).length
      for (const target of targets) {
        const left = typeof float === 'number' ? float : (float[target] ?? 0)
        const result = await quantize({ model, calibration: { data }, target, activations: { range: 'minmax' } })
        const [quantized, others] = [result.operators.map((row) => row.quantized), result.operators.map((row) => row.float)]
        const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0)
        expect([sum(quantized), sum(others)], target).toEqual([layers - left, left])
        const apart = distance(wanted, await infer(result.model, shapes))
        expect(apart, target).toBeLessThan(0.06)
        // Of equal outputs nothing would be quantized.
        expect(apart, target).toBeGreaterThan(0)
      }
    },
    60_000,
  )

  it('a Gemm that says that it has no bias', async () => {
    const make = (inputs: string[]) =>
      encodeGraph(
        makeGraph({
          opset: 17,
          inputs: { x: [4, 16] },
          constants: { w: noise([16, 10]) },
          nodes: [gemm(inputs, 'g', { beta: { float: 2 } }), relu('g', 'y')],
          outputs: ['y'],
        }),
      )
    const data = Array.from({ length: 8 }, (_, seed) => sampleOf({ x: [4, 16] }, seed))
    const listed = await quantize({ model: make(['x', 'w', '']), calibration: { data } })
    expect(listed.operators).toEqual([{ operator: 'Gemm', quantized: 1, float: 0 }])
    const wanted = await infer(make(['x', 'w']), { x: [4, 16] })
    expect(distance(wanted, await infer(listed.model, { x: [4, 16] }))).toBeLessThan(0.05)
  })
})
