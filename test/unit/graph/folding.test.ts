import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Constant } from '../../../lib/graph/constant.js'
import { countFoldedNodes, foldGraph } from '../../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../../lib/graph/graph.js'
import { graphFromOnnx, readGraph } from '../../../lib/graph/graph-from-onnx.js'
import { encodeGraph, onnxFromGraph } from '../../../lib/graph/onnx-from-graph.js'
import { raiseOpset } from '../../../lib/graph/opset/raise-opset.js'
import type { LoadedModel } from '../../../lib/model/onnx-file.js'
import type { GraphMessage } from '../../../lib/model/onnx-messages.js'
import { dataFolder, describeWithData } from '../../data-folder.js'
import { SeededRandom } from '../../fuzz/seeded-random.js'
import { floats, makeGraph, type NodeSketch } from './make-graph.js'

const i64 = (shape: number[], ...values: number[]) => Constant.of('i64', shape, BigInt64Array.from(values, BigInt))

/** What a node makes of constants; the last of its names is read by a node that cannot be folded. */
function evaluate(node: Omit<NodeSketch, 'inputs' | 'outputs'>, ...constants: Constant[]) {
  const names = constants.map((_, index) => `c${index}`)
  const graph = makeGraph({
    opset: 17,
    inputs: { x: [1] },
    constants: Object.fromEntries(constants.map((constant, index) => [names[index], constant])),
    nodes: [
      { ...node, inputs: names, outputs: ['r'] },
      { type: 'Mystery', inputs: ['x', 'r'], outputs: ['y'] },
    ],
    outputs: ['y'],
  })
  const result = foldGraph(graph).graph.tensors.get('r')?.constant
  return result
    ? { type: result.elementType, shape: result.shape, values: [...(result.values() as Float32Array)].map(Number) }
    : null
}

const matrix = floats([2, 3], 1, 2, 3, 4, 5, 6)

describe('folding of constants', () => {
  it.each<[string, ReturnType<typeof evaluate>, unknown]>([
    ['Transpose', evaluate({ type: 'Transpose' }, matrix), { type: 'f32', shape: [3, 2], values: [1, 4, 2, 5, 3, 6] }],
    [
      'Gather',
      evaluate({ type: 'Gather', attributes: { axis: 1 } }, matrix, i64([2], -1, 0)),
      { type: 'f32', shape: [2, 2], values: [3, 1, 6, 4] },
    ],
    ['Gather out of range', evaluate({ type: 'Gather' }, matrix, i64([1], 7)), null],
    [
      'Slice',
      evaluate({ type: 'Slice' }, matrix, i64([1], -1), i64([1], -9), i64([1], 1), i64([1], -2)),
      { type: 'f32', shape: [2, 2], values: [3, 1, 6, 4] },
    ],
    [
      'Concat',
      evaluate({ type: 'Concat', attributes: { axis: -1 } }, matrix, floats([2, 1], 8, 9)),
      { type: 'f32', shape: [2, 4], values: [1, 2, 3, 8, 4, 5, 6, 9] },
    ],
    [
      'Expand',
      evaluate({ type: 'Expand' }, floats([2, 1], 1, 2), i64([2], 1, 3)),
      { type: 'f32', shape: [2, 3], values: [1, 1, 1, 2, 2, 2] },
    ],
    ['Tile', evaluate({ type: 'Tile' }, floats([2], 1, 2), i64([1], 2)), { type: 'f32', shape: [4], values: [1, 2, 1, 2] }],
    ['Range', evaluate({ type: 'Range' }, i64([], 5), i64([], 0), i64([], -2)), { type: 'i64', shape: [3], values: [5, 3, 1] }],
    ['ConstantOfShape', evaluate({ type: 'ConstantOfShape' }, i64([2], 1, 2)), { type: 'f32', shape: [1, 2], values: [0, 0] }],
    ['Div of integers', evaluate({ type: 'Div' }, i64([2], -7, 7), i64([], 2)), { type: 'i64', shape: [2], values: [-3, 3] }],
    [
      'Add in float32',
      evaluate({ type: 'Add' }, floats([1], 1), floats([1], 2 ** -24)),
      { type: 'f32', shape: [1], values: [1] },
    ],
    [
      'Where',
      evaluate({ type: 'Where' }, Constant.of('bool', [2], Uint8Array.of(1, 0)), floats([], 1), floats([], 2)),
      { type: 'f32', shape: [2], values: [1, 2] },
    ],
    ['Equal', evaluate({ type: 'Equal' }, i64([2], 1, -1), i64([], -1)), { type: 'bool', shape: [2], values: [0, 1] }],
    [
      'Cast towards zero',
      evaluate({ type: 'Cast', attributes: { to: 7 } }, floats([2], -1.5, 1.5)),
      { type: 'i64', shape: [2], values: [-1, 1] },
    ],
    ['Cast of what does not fit', evaluate({ type: 'Cast', attributes: { to: 3 } }, floats([1], 300)), null],
    [
      'ReduceProd',
      evaluate({ type: 'ReduceProd', attributes: { axes: [1], keepdims: 0 } }, matrix),
      { type: 'f32', shape: [2], values: [6, 120] },
    ],
    ['Sqrt', evaluate({ type: 'Sqrt' }, floats([2], 4, 2)), { type: 'f32', shape: [2], values: [2, Math.fround(Math.SQRT2)] }],
    [
      'Unsqueeze',
      evaluate({ type: 'Unsqueeze' }, floats([2], 1, 2), i64([1], 1)),
      { type: 'f32', shape: [2, 1], values: [1, 2] },
    ],
    ['integers that a float64 cannot tell apart', evaluate({ type: 'Add' }, Constant.ints([2 ** 60]), i64([1], 1)), null],
  ])('%s', (_, received, expected) => expect(received).toEqual(expected))

  it('leaves alone what would be large', () => {
    expect(evaluate({ type: 'ConstantOfShape' }, i64([2], 1024, 1024))).toBeNull()
    expect(evaluate({ type: 'Expand' }, floats([], 1), i64([3], 2 ** 20, 2 ** 20, 2 ** 20))).toBeNull()
    expect(evaluate({ type: 'Range' }, i64([], 0), i64([], 2 ** 52), i64([], 1))).toBeNull()
    expect(evaluate({ type: 'Tile' }, floats([0]), Constant.ints([2 ** 40]))).toBeNull()
  })

  it('leaves an output of the model to a node', () => {
    const graph = makeGraph({
      inputs: {},
      constants: { a: floats([1], 1) },
      nodes: [{ type: 'Neg', inputs: ['a'], outputs: ['y'] }],
      outputs: ['y'],
    })
    expect(foldGraph(graph).graph.nodes.size).toBe(1)
  })
})

describe('weights that several layers share', () => {
  const matrices = (graph: Graph) =>
    [...graph.tensors.values()].filter(({ constant }) => constant !== null && constant.shape.length === 2)
  const square = floats([2, 2], 1, 2, 3, 4)
  const layers = (type: string, first: string, second: string): NodeSketch[] => [
    { type, inputs: ['x', first], outputs: ['a'] },
    { type, inputs: ['a', second], outputs: ['y'] },
  ]
  const fold = (nodes: NodeSketch[]) =>
    foldGraph(makeGraph({ opset: 17, inputs: { x: [2, 2] }, constants: { w: square }, nodes, outputs: ['y'] })).graph

  it.each<[string, Omit<NodeSketch, 'inputs' | 'outputs'>]>([
    ['through an Identity for each', { type: 'Identity' }],
    ['transposed for each', { type: 'Transpose', attributes: { perm: [1, 0] } }],
    ['in several steps for each', { type: 'Neg' }],
  ])('%s, are one constant', (_, between) => {
    const chain = (to: string): NodeSketch[] => [
      { ...between, inputs: ['w'], outputs: [`${to}0`] },
      { ...between, inputs: [`${to}0`], outputs: [to] },
    ]
    const folded = fold([...chain('one'), ...chain('two'), ...layers('MatMul', 'one', 'two')])
    expect([...folded.nodes].map(({ type }) => type)).toEqual(['MatMul', 'MatMul'])
    expect(matrices(folded)).toHaveLength(1)
  })

  it('are not one constant where they are turned in different ways', () => {
    const turn = (to: string, perm: number[]): NodeSketch => ({
      type: 'Transpose',
      inputs: ['w'],
      outputs: [to],
      attributes: { perm },
    })
    const folded = fold([turn('one', [1, 0]), turn('two', [0, 1]), ...layers('MatMul', 'one', 'two')])
    expect(matrices(folded)).toHaveLength(2)
  })

  it('are one constant as factors of a Gemm and an Einsum too', () => {
    const gemms = layers('Gemm', 'w', 'w').map((node) => ({ ...node, attributes: { alpha: { float: 2 } } }))
    expect(matrices(fold(gemms))).toHaveLength(1)
    const sums = layers('Einsum', 'w', 'w').map((node) => ({ ...node, attributes: { equation: 'bi,oi->bo' } }))
    const folded = fold(sums)
    expect([...folded.nodes].map(({ type }) => type)).toEqual(['MatMul', 'MatMul'])
    expect(matrices(folded)).toHaveLength(1)
  })
})

describe('removal of identities', () => {
  const chain = (...nodes: [type: string, from: string, to: string][]) =>
    makeGraph({
      inputs: { x: [1] },
      nodes: nodes.map(([type, from, to]) => ({ type, name: to, inputs: [from], outputs: [to] })),
      outputs: ['y'],
    })

  it.each([
    ['in the middle', chain(['Identity', 'x', 'a'], ['Relu', 'a', 'y']), ['Relu']],
    ['at the end', chain(['Relu', 'x', 'a'], ['Dropout', 'a', 'y']), ['Relu']],
    ['alone, where names of input and output must stay', chain(['Identity', 'x', 'y']), ['Identity']],
    ['in a row', chain(['Relu', 'x', 'a'], ['Identity', 'a', 'b'], ['Identity', 'b', 'y']), ['Relu']],
  ])('%s', (_, graph, left) => {
    const { graph: folded } = foldGraph(graph)
    expect([...folded.nodes].map((node) => node.type)).toEqual(left)
    expect(folded.outputs.map(({ name }) => name)).toEqual(['y'])
    expect(folded.inputs.map(({ name }) => name)).toEqual(['x'])
  })

  it('keeps a Dropout whose mask is read', () => {
    const graph = makeGraph({
      inputs: { x: [1] },
      nodes: [{ type: 'Dropout', inputs: ['x'], outputs: ['y', 'mask'] }],
      outputs: ['y', 'mask'],
    })
    expect(foldGraph(graph).steps).toEqual([])
  })
})

/** The same network under other names, with its nodes and initializers in any order. */
function disguise(model: LoadedModel): LoadedModel {
  const { graph } = model
  const kept = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name ?? ''))
  const names = new Map<string, string>()
  const rename = (name: string) => {
    if (name === '' || kept.has(name)) return name
    if (!names.has(name)) names.set(name, `tensor${(names.size * 7919) % 100_003}`)
    return names.get(name) as string
  }
  const random = new SeededRandom('disguise')
  const shuffle = <T>(list: readonly T[]): T[] =>
    list
      .map((item) => [random.bits(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  const disguised: GraphMessage = {
    ...graph,
    nodes: shuffle(graph.nodes).map((node, index) => ({
      ...node,
      name: `node${(index * 104_729) % 1_000_003}`,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    initializers: shuffle(graph.initializers).map((tensor) => ({ ...tensor, name: rename(tensor.name ?? '') })),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.some((tensor) => tensor.name === name)),
    values: [],
  }
  return { ...model, graph: disguised }
}

describeWithData('folding under other names', () => {
  it.each([
    'models/digits_cnn_bn.onnx',
    'models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    'models/ch_PP-OCRv4_rec_infer.onnx',
    'models/tiny_detr_digits_96.onnx',
    'rtdetr/rtdetr_tiny.onnx',
  ])('%s is folded the same', async (file) => {
    const graph = await readGraph(join(dataFolder, file))
    const fold = (source: typeof graph) => {
      const { graph: folded, steps } = foldGraph(raiseOpset(source).graph)
      const nodes = onnxFromGraph(folded)
        .graph.nodes.map(({ type }) => type)
        .sort()
      const weights = [...folded.tensors.values()].flatMap(({ constant }) =>
        constant ? [Buffer.from(constant.rawBytes() ?? []).toString('base64')] : [],
      )
      return { counts: countFoldedNodes(steps), nodes, weights: weights.sort() }
    }
    const source = graph.source as LoadedModel
    expect(fold(graphFromOnnx(disguise(source)))).toEqual(fold(graph))
  })

  it('gives the same bytes twice', async () => {
    const path = join(dataFolder, 'models/ch_ppocr_mobile_v2.0_cls_infer.onnx')
    const once = async () => encodeGraph(foldGraph(raiseOpset(await readGraph(path)).graph).graph)
    expect(Buffer.compare(await once(), await once())).toBe(0)
  })
})
