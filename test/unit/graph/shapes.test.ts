import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attribute } from '../../../lib/graph/attributes.js'
import { Constant } from '../../../lib/graph/constant.js'
import { foldGraph } from '../../../lib/graph/folding/fold-graph.js'
import { readGraph } from '../../../lib/graph/graph-from-onnx.js'
import type { Shape } from '../../../lib/graph/graph-tensor.js'
import { annotateShapes, inferShapes } from '../../../lib/graph/shapes/infer-shapes.js'
import { dataFolder, describeWithData, hasData } from '../../data-folder.js'
import { floats, makeGraph, type NodeSketch, noise } from './make-graph.js'

const ints = Constant.ints
const weights = (...shape: number[]) => noise(shape)

type Case = [title: string, node: Omit<NodeSketch, 'inputs' | 'outputs'>, inputs: (Shape | Constant)[], ...outputs: Shape[]]

const cases: Case[] = [
  [
    'Conv',
    { type: 'Conv', attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
    [['n', 3, 224, 224], weights(8, 3, 3, 3)],
    ['n', 8, 112, 112],
  ],
  [
    'Conv, symbols that stay',
    { type: 'Conv', attributes: { pads: [1, 1, 1, 1] } },
    [['n', 3, 'h', 'w'], weights(8, 3, 3, 3)],
    ['n', 8, 'h', 'w'],
  ],
  ['Conv, dilated', { type: 'Conv', attributes: { dilations: [2] } }, [[1, 3, 10], weights(8, 3, 3)], [1, 8, 6]],
  [
    'Conv, SAME',
    { type: 'Conv', attributes: { strides: [2, 2], auto_pad: 'SAME_UPPER' } },
    [[1, 3, 5, 6], weights(8, 3, 3, 3)],
    [1, 8, 3, 3],
  ],
  [
    'ConvTranspose',
    { type: 'ConvTranspose', attributes: { strides: [2, 2], group: 2 } },
    [[1, 4, 3, 3], weights(4, 3, 2, 2)],
    [1, 6, 6, 6],
  ],
  [
    'MaxPool, rounded up',
    { type: 'MaxPool', attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
    [[1, 2, 6, 6]],
    [1, 2, 3, 3],
  ],
  ['GlobalAveragePool', { type: 'GlobalAveragePool' }, [['n', 8, 'h', 'w']], ['n', 8, 1, 1]],
  [
    'MatMul',
    { type: 'MatMul' },
    [
      ['n', 4, 5, 6],
      [6, 7],
    ],
    ['n', 4, 5, 7],
  ],
  ['MatMul of vectors', { type: 'MatMul' }, [[6], [6]], []],
  ['Gemm', { type: 'Gemm', attributes: { transB: 1 } }, [['n', 4], weights(9, 4)], ['n', 9]],
  [
    'Add',
    { type: 'Add' },
    [
      ['n', 1, 5],
      [4, 'w'],
    ],
    ['n', 4, 5],
  ],
  ['Where', { type: 'Where' }, [[1], [2, 1], ['k']], [2, 'k']],
  ['Reshape', { type: 'Reshape' }, [['n', 4, 6], ints([0, -1])], ['n', 24]],
  ['Reshape, a symbol that cancels', { type: 'Reshape' }, [['n', 4, 6], ints([-1, 24])], ['n', 24]],
  ['Reshape, unknown', { type: 'Reshape' }, [[null, 4], ints([-1, 2])], [null, 2]],
  ['Flatten', { type: 'Flatten' }, [['n', 4, 1, 6]], ['n', 24]],
  ['Transpose', { type: 'Transpose', attributes: { perm: [0, 2, 1] } }, [['n', 4, 6]], ['n', 6, 4]],
  ['Squeeze', { type: 'Squeeze' }, [['n', 1, 6], ints([-2])], ['n', 6]],
  ['Unsqueeze', { type: 'Unsqueeze' }, [['n', 6], ints([0, -1])], [1, 'n', 6, 1]],
  [
    'Concat',
    { type: 'Concat', attributes: { axis: 1 } },
    [
      ['n', 2, null],
      ['n', 3, 5],
    ],
    ['n', 5, 5],
  ],
  ['Split', { type: 'Split', attributes: { axis: -1 } }, [['n', 6], ints([2, 4])], ['n', 2], ['n', 4]],
  ['Slice', { type: 'Slice' }, [['n', 10], ints([1]), ints([2 ** 63]), ints([1]), ints([2])], ['n', 5]],
  ['Slice, backwards', { type: 'Slice' }, [[10], ints([-1]), ints([-(2 ** 63)]), ints([0]), ints([-3])], [4]],
  ['Gather', { type: 'Gather', attributes: { axis: 1 } }, [['n', 10, 3], Constant.of('i64', [], BigInt64Array.of(1n))], ['n', 3]],
  ['Pad', { type: 'Pad' }, [['n', 10], ints([0, 1, 0, 2])], ['n', 13]],
  ['Expand', { type: 'Expand' }, [['n', 1], ints([1, 7])], ['n', 7]],
  ['Tile', { type: 'Tile' }, [['n', 2], ints([1, 3])], ['n', 6]],
  ['Resize, scales', { type: 'Resize' }, [['n', 3, 10, 10], floats([0]), floats([4], 1, 1, 2, 1.5)], ['n', 3, 20, 15]],
  ['Resize, sizes', { type: 'Resize' }, [['n', 3, 10, 10], floats([0]), floats([0]), ints([1, 3, 7, 8])], [1, 3, 7, 8]],
  ['ReduceMean', { type: 'ReduceMean', attributes: { axes: [-1], keepdims: 0 } }, [['n', 3, 10]], ['n', 3]],
  ['ReduceSum', { type: 'ReduceSum' }, [['n', 3, 10], ints([1])], ['n', 1, 10]],
  ['ArgMax', { type: 'ArgMax', attributes: { axis: 1, keepdims: 0 } }, [['n', 3]], ['n']],
  ['TopK', { type: 'TopK', attributes: { axis: 1 } }, [['n', 30], ints([5])], ['n', 5], ['n', 5]],
  [
    'GridSample',
    { type: 'GridSample' },
    [
      ['n', 3, 8, 8],
      ['n', 5, 6, 2],
    ],
    ['n', 3, 5, 6],
  ],
  ['DepthToSpace', { type: 'DepthToSpace', attributes: { blocksize: 2 } }, [['n', 12, 4, 4]], ['n', 3, 8, 8]],
  ['ConstantOfShape', { type: 'ConstantOfShape' }, [ints([2, 3])], [2, 3]],
]

function inferOne([, node, inputs, ...outputs]: Case) {
  const names = inputs.map((_, index) => `i${index}`)
  const written = outputs.map((_, index) => `o${index}`)
  const graph = makeGraph({
    opset: 17,
    inputs: Object.fromEntries(inputs.flatMap((input, i) => (input instanceof Constant ? [] : [[names[i], input]]))),
    constants: Object.fromEntries(inputs.flatMap((input, i) => (input instanceof Constant ? [[names[i], input]] : []))),
    nodes: [{ ...node, inputs: names, outputs: written }],
    outputs: [],
  })
  const found = inferShapes(graph)
  return written.map((name) => found.get(graph.tensors.get(name) as never)?.shape)
}

describe('inferShapes', () => {
  it.each(cases)('%s', (...sketch) => {
    const [, , , ...outputs] = sketch
    expect(inferOne(sketch)).toEqual(outputs)
  })

  it('says unknown for operators that it does not know, and believes the file there', () => {
    const graph = makeGraph({
      inputs: { x: [1] },
      nodes: [
        { type: 'Mystery', inputs: ['x'], outputs: ['a'] },
        { type: 'Mystery', domain: 'com.microsoft', inputs: ['x'], outputs: ['b'] },
      ],
      outputs: ['a'],
    })
    const [a, b] = ['a', 'b'].map((name) => graph.tensors.get(name) as never) as [never, never]
    expect(inferShapes(graph).get(b)).toEqual({ elementType: null, shape: null, value: null })
    Object.assign(a, { elementType: 'f32', shape: [7] })
    expect(inferShapes(graph).get(a)).toMatchObject({ elementType: 'f32', shape: [7] })
    expect(inferShapes(graph, { inputs: { x: [2] } }).get(a)).toMatchObject({ elementType: 'f32', shape: null })
  })

  it('follows lengths through arithmetic, and folds those that are known', () => {
    const graph = makeGraph({
      opset: 17,
      inputs: { x: ['n', 3, 8, 8] },
      constants: { channel: ints([1]), batch: ints([0]), rest: ints([-1]), two: ints([2]) },
      nodes: [
        { type: 'Shape', inputs: ['x'], outputs: ['shape'] },
        { type: 'Gather', inputs: ['shape', 'channel'], outputs: ['c'] },
        { type: 'Gather', inputs: ['shape', 'batch'], outputs: ['n'] },
        { type: 'Mul', inputs: ['c', 'two'], outputs: ['c2'] },
        { type: 'Concat', inputs: ['n', 'c2', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
        { type: 'Reshape', inputs: ['x', 'target'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    annotateShapes(graph)
    expect(graph.outputs[0]?.shape).toEqual(['n', 6, 32])
    const { graph: folded } = foldGraph(graph)
    expect([...folded.nodes].map((node) => node.type)).toEqual(['Shape', 'Gather', 'Concat', 'Reshape'])
    expect(folded.tensors.get('c2')?.constant?.numbers()).toEqual([6])
  })

  it('takes attributes without sense', () => {
    for (const sense of [[2 ** 40, -5], [], [0, 0, 0, 0, 0]]) {
      for (const [title, node, inputs, ...outputs] of cases) {
        const attributes = { ...node.attributes, pads: sense, strides: sense, perm: sense, axes: sense, axis: 99, blocksize: 0 }
        const shapes = inferOne([
          title,
          { ...node, attributes: { ...attributes, to: attribute.int('to', 3) } },
          inputs,
          ...outputs,
        ])
        for (const shape of shapes) {
          for (const length of shape ?? [])
            expect(length === null || typeof length === 'string' || Number.isSafeInteger(length)).toBe(true)
        }
      }
    }
  })
})

const trained = hasData ? readdirSync(join(dataFolder, 'models')).filter((name) => name.endsWith('.onnx')) : []

/** What the models are run with; a fixed input needs none. */
const lengths: Readonly<Record<string, number[]>> = {
  'ch_PP-OCRv4_det_infer.onnx': [1, 3, 736, 736],
  'ch_PP-OCRv4_rec_infer.onnx': [1, 3, 48, 320],
  'ch_ppocr_mobile_v2.0_cls_infer.onnx': [1, 3, 48, 192],
}

describeWithData('shapes of trained models', () => {
  it.each([...trained.map((name) => join('models', name)), join('rtdetr', 'rtdetr_tiny.onnx')])(
    '%s: every one is known',
    async (name) => {
      const graph = await readGraph(join(dataFolder, name))
      const inputs = Object.fromEntries(
        graph.inputs.map(({ name: input, shape }) => [
          input,
          lengths[name.replace(/^.*[\\/]/, '')] ?? (shape as Shape).map((length) => (typeof length === 'number' ? length : 1)),
        ]),
      )
      const found = inferShapes(graph, { inputs })
      const unknown = [...found].filter(
        ([, { elementType, shape }]) => elementType === null || !shape?.every((length) => typeof length === 'number'),
      )
      expect(unknown.map(([{ name: tensor }]) => tensor)).toEqual([])
      expect(found.size).toBeGreaterThan(30)
    },
  )
})
