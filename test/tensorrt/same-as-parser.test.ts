import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import type { NetworkTensor } from '../../lib/engine/tensorrt/network/network-tensor.js'
import { TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import { encodeOnnx } from '../models/encode-onnx.js'
import { values } from './every-layer.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

type OnnxParts = Parameters<typeof encodeOnnx>[0]
type Inputs = readonly { readonly name: string; readonly shape: number[] }[]

interface SameCase {
  readonly inputs: Inputs
  readonly nodes: OnnxParts['nodes']
  readonly weights?: Readonly<Record<string, { readonly shape: number[]; readonly data: Float32Array }>>
  /** The same by hand: layers are named as nodes, tensors by `keep` as outputs of nodes; the last one is `y`. */
  readonly draw: (network: TensorRtNetwork, inputs: readonly NetworkTensor[], named: Named) => NetworkTensor
}

/** Options that name a layer as the parser does, and what names the tensor that it makes. */
interface Named {
  of(node: string): { name: string; metadata: string }
  keep(tensor: NetworkTensor, name: string): NetworkTensor
}

const kernel = { shape: [6, 2, 3, 2], data: values(72) }
const bias = { shape: [6], data: values(6, 2) }
const spread = { shape: [4, 3, 4, 4], data: values(4 * 3 * 16) }
const one: Inputs = [{ name: 'x', shape: [2, 4, 9, 8] }]
const two: Inputs = [
  { name: 'x', shape: [2, 4, 9, 8] },
  { name: 'z', shape: [2, 4, 9, 8] },
]

const cases: Record<string, SameCase> = {
  'convolution, activation, pooling': {
    inputs: one,
    weights: { kernel, bias },
    nodes: [
      {
        op: 'Conv',
        name: 'conv',
        inputs: ['x', 'kernel', 'bias'],
        outputs: ['c'],
        attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 2, 1], dilations: [1, 2], group: 2 },
      },
      { op: 'Relu', name: 'act', inputs: ['c'], outputs: ['a'] },
      { op: 'MaxPool', name: 'pool', inputs: ['a'], outputs: ['y'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    ],
    draw: (network, [x], { of, keep }) => {
      const c = network.convolution(x as NetworkTensor, {
        ...of('conv'),
        outputs: 6,
        kernelSize: [3, 2],
        kernel: kernel.data,
        bias: bias.data,
        stride: [2, 1],
        padding: { pre: [1, 0], post: [2, 1] },
        dilation: [1, 2],
        groups: 2,
      })
      const a = network.activation(keep(c, 'c'), 'relu', of('act'))
      return network.pooling(keep(a, 'a'), 'max', { ...of('pool'), windowSize: 2, stride: 2 })
    },
  },
  deconvolution: {
    inputs: one,
    weights: { spread },
    nodes: [
      {
        op: 'ConvTranspose',
        name: 'deconv',
        inputs: ['x', 'spread'],
        outputs: ['y'],
        attributes: { kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
      },
    ],
    draw: (network, [x], { of }) =>
      network.deconvolution(x as NetworkTensor, {
        ...of('deconv'),
        outputs: 3,
        kernelSize: 4,
        kernel: spread.data,
        stride: 2,
        padding: 1,
      }),
  },
  'element-wise, concatenation, transposition': {
    inputs: two,
    nodes: [
      { op: 'Add', name: 'sum', inputs: ['x', 'z'], outputs: ['s'] },
      { op: 'Concat', name: 'join', inputs: ['s', 'x'], outputs: ['j'], attributes: { axis: 1 } },
      { op: 'Transpose', name: 'turn', inputs: ['j'], outputs: ['y'], attributes: { perm: [0, 2, 3, 1] } },
    ],
    draw: (network, [x, z], { of, keep }) => {
      const s = network.elementWise([x as NetworkTensor, z as NetworkTensor], 'sum', of('sum'))
      const j = network.concatenation([keep(s, 's'), x as NetworkTensor], { ...of('join'), axis: 1 })
      return network.shuffle(keep(j, 'j'), { ...of('turn'), firstTranspose: [0, 2, 3, 1] })
    },
  },
  'product of matrices': {
    inputs: [
      { name: 'x', shape: [2, 3, 4] },
      { name: 'z', shape: [2, 4, 5] },
    ],
    nodes: [
      { op: 'MatMul', name: 'product', inputs: ['x', 'z'], outputs: ['p'] },
      { op: 'Exp', name: 'power', inputs: ['p'], outputs: ['y'] },
    ],
    draw: (network, [x, z], { of, keep }) => {
      const p = network.matrixMultiply([x as NetworkTensor, z as NetworkTensor], of('product'))
      return network.unary(keep(p, 'p'), 'exp', of('power'))
    },
  },
  'pooling of averages': {
    inputs: one,
    nodes: [
      {
        op: 'AveragePool',
        name: 'pool',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 },
      },
    ],
    draw: (network, [x], { of }) =>
      network.pooling(x as NetworkTensor, 'average', {
        ...of('pool'),
        windowSize: 3,
        stride: 2,
        padding: 1,
        averageCountExcludesPadding: false,
      }),
  },
}

const library = coreLibraries['TensorRT-RTX 1.7']
const build = (model: Uint8Array | TensorRtNetwork) =>
  buildEngine({ backend: 'tensorrt', library, model, builder: { computeCapabilities: ['8.9'] } })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const named: (network: TensorRtNetwork) => Named = (network) => ({
  of: (node) => ({ name: node, metadata: `[ONNX Layer: ${node}]` }),
  keep(tensor, name) {
    network.nameTensor(tensor, name)
    return tensor
  },
})

describeWithTensorRt('TensorRT-RTX 1.7', 'a network written by hand and the ONNX model of the same', () => {
  it.each(Object.entries(cases))(
    '%s: are the same layers, and the same plan byte for byte',
    async (_, { inputs, nodes, weights = {}, draw }) => {
      const network = new TensorRtNetwork()
      const tensors = inputs.map(({ name, shape }) => network.addInput(name, 'f32', shape))
      const output = draw(network, tensors, named(network))
      network.markOutput(output, 'y')
      const onnx = encodeOnnx({
        inputs: inputs.map(({ name, shape }) => ({ name, type: 'f32', shape })),
        outputs: [{ name: 'y', type: 'f32', shape: [...(output.shape as number[])] }],
        nodes,
        initializers: Object.entries(weights).map(([name, { shape, data }]) => ({
          name,
          type: 'f32',
          shape,
          data: new Uint8Array(data.buffer),
        })),
      })
      const [parsed, written] = [await build(onnx), await build(network)]
      expect(written.layers).toEqual(parsed.layers)
      expect(sha256(written.bytes)).toBe(sha256(parsed.bytes))
    },
  )
})
