import { describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { attribute } from '../../lib/graph/attributes.js'
import { Constant } from '../../lib/graph/constant.js'
import { foldGraph } from '../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../lib/graph/graph.js'
import { encodeGraph } from '../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../lib/graph/opset/raise-opset.js'
import { sortNodes } from '../../lib/graph/sort-nodes.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { floats, type GraphSketch, makeGraph, noise } from '../unit/graph/make-graph.js'

/** Outputs for noise at every input, as plain numbers. */
async function run(graph: Graph): Promise<number[][]> {
  const engine = await buildEngine({ model: encodeGraph(graph), precision: 'fp32' })
  const inputs = graph.inputs.map(({ name, shape }) => {
    const data = noise(shape as number[], name).values() as Float32Array
    return [name, Tensor.from(data, shape as number[])] as const
  })
  const results = await engine.infer(Object.fromEntries(inputs))
  await engine.close()
  return graph.outputs.map(({ name }) => [...(results[name] as Tensor).toFloat32()])
}

function expectEqual(received: number[][], expected: number[][], tolerance: number): void {
  expect(received.map(({ length }) => length)).toEqual(expected.map(({ length }) => length))
  for (const [index, values] of expected.entries()) {
    const largest = Math.max(...values.map(Math.abs))
    expect(largest, 'an output that says nothing').toBeGreaterThan(0)
    for (const [at, value] of values.entries()) {
      expect(Math.abs((received[index]?.[at] as number) - value)).toBeLessThanOrEqual(tolerance * largest)
    }
  }
}

const normalization = (channels: number, from: string, to: string, tag = to) => ({
  node: {
    type: 'BatchNormalization',
    name: `bn ${tag}`,
    inputs: [from, `${tag}g`, `${tag}b`, `${tag}m`, `${tag}v`],
    outputs: [to],
  },
  constants: {
    [`${tag}g`]: noise([channels], `${tag}g`),
    [`${tag}b`]: noise([channels], `${tag}b`),
    [`${tag}m`]: noise([channels], `${tag}m`),
    [`${tag}v`]: noise([channels], `${tag}v`, 0.5, 2),
  },
})
const [bn4, bn6, bnA, bnB] = [
  normalization(4, 'c', 'y'),
  normalization(6, 'c', 'd'),
  normalization(4, 'c', 'y'),
  normalization(4, 'e', 'z'),
]

interface FoldingCase extends GraphSketch {
  title: string
  /** Operators that are left. */
  left: string[]
}

const foldings: FoldingCase[] = [
  {
    title: 'a normalization into a Conv with groups',
    inputs: { x: [1, 4, 5, 5] },
    constants: { w: noise([4, 2, 3, 3]), ...bn4.constants },
    nodes: [{ type: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { group: 2 } }, bn4.node],
    outputs: ['y'],
    left: ['Conv'],
  },
  {
    title: 'normalizations into Convs that share weights and bias',
    inputs: { x: [1, 3, 5, 5], u: [1, 3, 5, 5] },
    constants: { w: noise([4, 3, 1, 1]), b: noise([4], 'b'), ...bnA.constants, ...bnB.constants },
    nodes: [
      { type: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['c'] },
      { type: 'Conv', inputs: ['u', 'w', 'b'], outputs: ['e'] },
      { type: 'Conv', inputs: ['u', 'w', 'b'], outputs: ['o'] },
      bnA.node,
      bnB.node,
    ],
    outputs: ['y', 'z', 'o'],
    left: ['Conv', 'Conv', 'Conv'],
  },
  {
    title: 'a normalization and a Mul into a ConvTranspose with groups',
    inputs: { x: [1, 4, 3, 3] },
    constants: { w: noise([4, 3, 2, 2]), b: noise([6], 'b'), s: noise([1, 6, 1, 1], 's'), ...bn6.constants },
    nodes: [
      { type: 'ConvTranspose', inputs: ['x', 'w', 'b'], outputs: ['c'], attributes: { group: 2, strides: [2, 2] } },
      bn6.node,
      { type: 'Mul', inputs: ['s', 'd'], outputs: ['y'] },
    ],
    outputs: ['y'],
    left: ['ConvTranspose'],
  },
  {
    title: 'a normalization into a Gemm with alpha, beta and transposed weights',
    inputs: { x: [3, 5] },
    constants: { w: noise([4, 5]), b: noise([1, 4], 'b'), ...bn4.constants },
    nodes: [
      {
        type: 'Gemm',
        inputs: ['x', 'w', 'b'],
        outputs: ['c'],
        attributes: { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
      },
      bn4.node,
    ],
    outputs: ['y'],
    left: ['Gemm'],
  },
  {
    title: 'a normalization into a MatMul, which has no bias',
    inputs: { x: [3, 5] },
    constants: { w: noise([5, 4]), ...bn4.constants },
    nodes: [{ type: 'MatMul', inputs: ['x', 'w'], outputs: ['c'] }, bn4.node],
    outputs: ['y'],
    left: ['MatMul', 'Add'],
  },
  {
    title: 'a chain of arithmetic into a Conv',
    inputs: { x: [1, 2, 4, 4] },
    constants: {
      w: noise([3, 2, 3, 3]),
      s: floats([], 2),
      a: noise([3, 1, 1], 'a'),
      k: floats([1], 3),
      d: noise([1, 3, 1, 1], 'd', 1, 2),
    },
    nodes: [
      { type: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
      { type: 'Mul', inputs: ['c', 's'], outputs: ['m'] },
      { type: 'Add', inputs: ['a', 'm'], outputs: ['p'] },
      { type: 'Sub', inputs: ['k', 'p'], outputs: ['q'] },
      { type: 'Sub', inputs: ['q', 'a'], outputs: ['r'] },
      { type: 'Div', inputs: ['r', 'd'], outputs: ['y'] },
    ],
    outputs: ['y'],
    left: ['Conv'],
  },
  {
    title: 'a scale behind a MatMul with an Add',
    inputs: { x: [2, 3, 5] },
    constants: { w: noise([5, 4]), b: noise([4], 'b'), s: floats([], 0.25), t: noise([4], 't') },
    nodes: [
      { type: 'MatMul', inputs: ['x', 'w'], outputs: ['c'] },
      { type: 'Add', inputs: ['b', 'c'], outputs: ['a'] },
      { type: 'Mul', inputs: ['a', 's'], outputs: ['m'] },
      { type: 'Add', inputs: ['m', 't'], outputs: ['y'] },
    ],
    outputs: ['y'],
    left: ['MatMul', 'Add'],
  },
  {
    title: 'a Pad into a Conv',
    inputs: { x: [1, 2, 4, 4] },
    constants: { w: noise([3, 2, 3, 3]), p: Constant.ints([0, 0, 1, 0, 0, 0, 2, 1]) },
    nodes: [
      { type: 'Pad', inputs: ['x', 'p'], outputs: ['c'] },
      { type: 'Conv', inputs: ['c', 'w'], outputs: ['y'], attributes: { pads: [1, 0, 0, 1] } },
    ],
    outputs: ['y'],
    left: ['Conv'],
  },
  {
    title: 'scales before Conv, ConvTranspose, Gemm and MatMul',
    inputs: { x: [1, 4, 5, 5], u: [1, 4, 3, 3], g: [2, 5], m: [2, 3, 5] },
    constants: {
      w: noise([4, 2, 3, 3]),
      v: noise([4, 2, 2, 2], 'v'),
      h: noise([3, 5], 'h'),
      n: noise([5, 3], 'n'),
      s: noise([1, 4, 1, 1], 's', 1, 3),
      t: noise([5], 't', 1, 3),
    },
    nodes: [
      { type: 'Mul', inputs: ['s', 'x'], outputs: ['sx'] },
      { type: 'Conv', inputs: ['sx', 'w'], outputs: ['y'], attributes: { group: 2, pads: [1, 1, 1, 1] } },
      { type: 'Div', inputs: ['u', 's'], outputs: ['su'] },
      { type: 'ConvTranspose', inputs: ['su', 'v'], outputs: ['z'], attributes: { group: 2 } },
      { type: 'Mul', inputs: ['g', 't'], outputs: ['sg'] },
      { type: 'Gemm', inputs: ['sg', 'h'], outputs: ['p'], attributes: { transB: 1 } },
      { type: 'Div', inputs: ['m', 't'], outputs: ['sm'] },
      { type: 'MatMul', inputs: ['sm', 'n'], outputs: ['q'] },
    ],
    outputs: ['y', 'z', 'p', 'q'],
    left: ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'],
  },
  {
    title: 'not the sixth of a hard swish, which engines recognise',
    inputs: { x: [1, 2, 4, 4] },
    constants: { w: noise([3, 2, 1, 1]), three: floats([], 3), zero: floats([], 0), six: floats([], 6) },
    nodes: [
      { type: 'Add', inputs: ['x', 'three'], outputs: ['a'] },
      { type: 'Clip', inputs: ['a', 'zero', 'six'], outputs: ['b'] },
      { type: 'Mul', inputs: ['x', 'b'], outputs: ['c'] },
      { type: 'Div', inputs: ['c', 'six'], outputs: ['d'] },
      { type: 'Conv', inputs: ['d', 'w'], outputs: ['y'] },
    ],
    outputs: ['y'],
    left: ['Add', 'Clip', 'Mul', 'Div', 'Conv'],
  },
  {
    title: 'nothing where others read the tensor between, or the constant is no value per channel',
    inputs: { x: [1, 2, 4, 4] },
    constants: {
      w: noise([3, 2, 1, 1]),
      s: noise([1, 3, 1, 1], 's'),
      big: noise([1, 3, 4, 4], 'big'),
      wide: noise([2, 1, 1, 1], 'wide'),
      k: floats([], 1),
    },
    nodes: [
      { type: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
      { type: 'Mul', inputs: ['c', 's'], outputs: ['y'] },
      { type: 'Conv', inputs: ['x', 'w'], outputs: ['d'] },
      { type: 'Add', inputs: ['d', 'big'], outputs: ['z'] },
      { type: 'Conv', inputs: ['x', 'w'], outputs: ['e'] },
      { type: 'Mul', inputs: ['e', 'wide'], outputs: ['p'] },
      { type: 'Conv', inputs: ['x', 'w'], outputs: ['f'] },
      { type: 'Div', inputs: ['k', 'f'], outputs: ['reciprocal'] },
      { type: 'Sigmoid', inputs: ['reciprocal'], outputs: ['q'] },
    ],
    outputs: ['c', 'y', 'z', 'p', 'q'],
    left: ['Conv', 'Mul', 'Conv', 'Add', 'Conv', 'Mul', 'Conv', 'Div', 'Sigmoid'],
  },
]

describe('folding', () => {
  it.each(foldings)('$title', async ({ left, ...sketch }) => {
    const graph = makeGraph(sketch)
    const { graph: folded } = foldGraph(graph)
    expect(sortNodes(folded).map((node) => node.type)).toEqual(left)
    expectEqual(await run(folded), await run(graph), 1e-5)
  })
})

interface RaisingCase extends GraphSketch {
  title: string
  opset: number
}

const unary = (
  opset: number,
  type: string,
  shape: number[],
  attributes: GraphSketch['nodes'][0]['attributes'] = {},
): RaisingCase => ({
  title: `${type} ${JSON.stringify(attributes)}`,
  opset,
  inputs: { x: shape },
  nodes: [{ type, name: type, inputs: ['x'], outputs: ['y'], attributes }],
  outputs: ['y'],
})

const raisings: RaisingCase[] = [
  // Of opset 10: for 11 and 12 the engine takes one axis alone, against the specification and onnxruntime.
  unary(10, 'Softmax', [2, 3, 2, 2], { axis: 1 }),
  unary(10, 'Softmax', [2, 3, 2, 2], { axis: 2 }),
  unary(7, 'Softmax', [2, 3]),
  unary(11, 'Softmax', [2, 3, 4], { axis: -1 }),
  unary(11, 'LogSoftmax', [2, 3, 4]),
  unary(10, 'Clip', [2, 8], { min: { float: -0.5 }, max: { float: 0.25 } }),
  unary(9, 'Clip', [2, 8], { max: { float: 0.25 } }),
  unary(10, 'Pad', [2, 3], { pads: [1, 0, 0, 2], value: { float: 0.75 } }),
  unary(7, 'Slice', [4, 5, 6], { starts: [1, -3], ends: [3, 100], axes: [0, 2] }),
  unary(9, 'Slice', [4, 5], { starts: [1, 0], ends: [-1, 2] }),
  unary(12, 'Squeeze', [1, 3, 1, 2], { axes: [0, 2] }),
  unary(12, 'Unsqueeze', [3, 2], { axes: [0, 3] }),
  unary(12, 'ReduceSum', [3, 2, 4], { axes: [1], keepdims: 0 }),
  unary(12, 'ReduceSum', [3, 2, 4]),
  {
    title: 'Dropout',
    opset: 7,
    inputs: { x: [3, 2] },
    nodes: [
      { type: 'Neg', inputs: ['x'], outputs: ['n'] },
      { type: 'Dropout', inputs: ['n'], outputs: ['y'], attributes: { ratio: { float: 0.4 } } },
    ],
    outputs: ['y'],
  },
  { ...unary(9, 'TopK', [3, 7], { k: 2 }), nodes: [{ type: 'TopK', inputs: ['x'], outputs: ['y', 'i'], attributes: { k: 2 } }] },
  {
    title: 'Split',
    opset: 11,
    inputs: { x: [2, 6] },
    nodes: [{ type: 'Split', inputs: ['x'], outputs: ['y', 'z'], attributes: { axis: 1, split: [2, 4] } }],
    outputs: ['y', 'z'],
  },
  unary(7, 'Upsample', [1, 2, 3, 3], { scales: attribute.floats('scales', [1, 1, 2, 3]) }),
  {
    title: 'Upsample, linear, scales as an input',
    opset: 9,
    inputs: { x: [1, 2, 3, 4] },
    constants: { s: floats([4], 1, 1, 2, 2) },
    nodes: [{ type: 'Upsample', inputs: ['x', 's'], outputs: ['y'], attributes: { mode: 'linear' } }],
    outputs: ['y'],
  },
  {
    title: 'Resize of opset 10',
    opset: 10,
    inputs: { x: [1, 1, 3, 3] },
    constants: { s: floats([4], 1, 1, 3, 3) },
    nodes: [{ type: 'Resize', inputs: ['x', 's'], outputs: ['y'] }],
    outputs: ['y'],
  },
  {
    title: 'BatchNormalization with spatial',
    opset: 8,
    inputs: { c: [1, 4, 2, 2] },
    constants: bn4.constants,
    nodes: [{ ...bn4.node, attributes: { spatial: 1 } }],
    outputs: ['y'],
  },
]

describe('raising the operator set', () => {
  it.each(raisings)('$opset: $title', async (sketch) => {
    const graph = makeGraph(sketch)
    const raised = raiseOpset(graph)
    expect(raised).toMatchObject({ from: sketch.opset, to: 13 })
    expectEqual(await run(raised.graph), await run(graph), 1e-6)
  })
})
