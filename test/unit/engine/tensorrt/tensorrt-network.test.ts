import { describe, expect, it } from 'vitest'
import { digestDefinition } from '../../../../lib/engine/tensorrt/network/network-definition.js'
import type { NetworkTensor } from '../../../../lib/engine/tensorrt/network/network-tensor.js'
import { refuseForLine } from '../../../../lib/engine/tensorrt/network/refuse-for-line.js'
import { definitionOf, requireComplete, TensorRtNetwork } from '../../../../lib/engine/tensorrt/network/tensorrt-network.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'

type Call = (network: TensorRtNetwork, x: NetworkTensor) => unknown

const failure = (call: () => unknown) => {
  try {
    call()
  } catch (error) {
    return error as { code: string; message: string }
  }
  return expect.fail('it was taken')
}

describe('a network that is written layer by layer', () => {
  it.each<[string, Call, RegExp]>([
    [
      'a kernel of other weights',
      (n, x) => n.convolution(x, { name: 'conv1', outputs: 8, kernelSize: 3, kernel: new Float32Array(100) }),
      /convolution 'conv1' \(layer 0\): expected a kernel of 8 x 4 x 3 x 3 = 288 elements, received 100 of f32/,
    ],
    [
      'a bias of other weights',
      (n, x) => n.convolution(x, { outputs: 2, kernelSize: 1, kernel: new Float32Array(8), bias: [1, 2, 3] }),
      /a bias of 2 elements, one for each channel that it makes, received 3 of f32/,
    ],
    [
      'kernel and bias of different types',
      (n, x) =>
        n.convolution(x, {
          outputs: 2,
          kernelSize: 1,
          kernel: new Float32Array(8),
          bias: Tensor.from(new Uint16Array(2), [2], 'f16'),
        }),
      /a bias of f32 as the kernel, received f16/,
    ],
    [
      'groups that do not divide',
      (n, x) => n.convolution(x, { outputs: 6, kernelSize: 1, kernel: new Float32Array(8), groups: 3 }),
      /channels that 3 groups divide, received 4/,
    ],
    [
      'a kernel of a transposed convolution',
      (n, x) => n.deconvolution(x, { outputs: 6, kernelSize: 2, kernel: new Float32Array(1) }),
      /deconvolution \(layer 0\): expected a kernel of 4 x 6 x 2 x 2 = 96 elements/,
    ],
    [
      'a window that does not fit',
      (n, x) => n.pooling(x, 'max', { windowSize: 9 }),
      /a window that fits the input, received one that leaves \[0, 0\]/,
    ],
    [
      'strides of another rank',
      (n, x) => n.pooling(x, 'max', { windowSize: 2, stride: [1, 2, 3] }),
      /stride of 2 numbers, received \[1, 2, 3\]/,
    ],
    [
      'a picture of two dimensions',
      (n) => n.pooling(n.addInput('m', 'f32', [2, 3]), 'max', { windowSize: 2 }),
      /two or three lengths, received a tensor of 2 dimensions, m \[2, 3\]/,
    ],
    ['an activation of no such name', (n, x) => n.activation(x, 'swish' as never), /expected one of relu, .*received "swish"/],
    [
      'an option that is none',
      (n, x) => n.pooling(x, 'max', { windowSize: 2, pading: 1 } as never),
      /pading: there is no such option/,
    ],
    [
      'weights that are none',
      (n, x) => n.convolution(x, { outputs: 1, kernelSize: 1, kernel: 'w' as never }),
      /kernel: expected weights.*received "w"/,
    ],
    [
      'weights of a type that TensorRT lacks',
      (n, x) => n.scale(x, { mode: 'uniform', scale: new Float64Array(1) as never }),
      /scale: expected weights.*Float64Array/,
    ],
    [
      'a tensor of another network',
      (n) => n.activation(new TensorRtNetwork().addInput('x', 'f32', [1]), 'relu'),
      /a tensor of this network as input, received one of another network/,
    ],
    [
      'nothing as a tensor',
      (n) => n.activation(undefined as never, 'relu'),
      /a tensor of a network as input, received undefined/,
    ],
    [
      'lengths that do not go together',
      (n, x) => n.elementWise([x, n.addInput('y', 'f32', [1, 4, 8, 7])], 'sum'),
      /equal or 1 in dimension 3, received \[1, 4, 8, 8\] and \[1, 4, 8, 7\]/,
    ],
    [
      'ranks that differ',
      (n, x) => n.elementWise([x, n.addInput('y', 'f32', [4])], 'sum'),
      /as many dimensions \(reshape one of them\)/,
    ],
    [
      'types that differ',
      (n, x) => n.elementWise([x, n.addInput('y', 'f16', [1, 4, 8, 8])], 'sum'),
      /inputs of one type, received f32 and f16 \(cast one of them\)/,
    ],
    ['floats that are to be judged', (n, x) => n.elementWise([x, x], 'and'), /inputs of bool for and, received f32/],
    [
      'scales of another number',
      (n, x) => n.scale(x, { mode: 'channel', scale: [1, 2] }),
      /a scale of 4 elements \(mode channel\), received 2 of f32/,
    ],
    [
      'a reshape of other elements',
      (n, x) => n.shuffle(x, { reshape: [3, -1] }),
      /a reshape of \[1, 4, 8, 8\] with its 256 elements, received \[3, -1\]/,
    ],
    ['two lengths that are left', (n, x) => n.shuffle(x, { reshape: [-1, -1] }), /one -1 in reshape/],
    [
      'an order that is none',
      (n, x) => n.shuffle(x, { firstTranspose: [0, 1, 1, 3] }),
      /firstTranspose that names each of 4 dimensions once/,
    ],
    [
      'inputs that do not fit behind each other',
      (n, x) => n.concatenation([x, n.addInput('y', 'f32', [1, 4, 8, 9])], { axis: 1 }),
      /equal but for dimension 1, as \[1, 4, 8, 8\], received \[1, 4, 8, 9\] as input 1/,
    ],
    ['an axis that is not there', (n, x) => n.softmax(x, { axis: 4 }), /axis of a tensor of 4 dimensions, received 4/],
    [
      'places outside',
      (n, x) => n.slice(x, { start: [0, 0, 0, 4], size: [1, 4, 8, 5] }),
      /places from 0 to 7 in dimension 3, received 4 to 8/,
    ],
    [
      'more than there is',
      (n, x) => n.topK(x, 'max', { k: 9, axis: 3 }),
      /k of at most 8, the length of dimension 3, received 9/,
    ],
    [
      'matrices that do not fit',
      (n) => n.matrixMultiply([n.addInput('a', 'f32', [2, 3]), n.addInput('b', 'f32', [2, 3])]),
      /as many columns of the one as rows of the other/,
    ],
    ['indices that are floats', (n, x) => n.gather([x, x]), /indices of i32 or i64, received f32/],
    ['a size that nobody says', (n, x) => n.resize(x, {}), /either shape or scales, received neither/],
    [
      'scales of another number of dimensions',
      (n, x) => n.resize(x, { scales: [2, 2] }),
      /4 numbers, one for each dimension, received 2/,
    ],
    [
      'scales of another number for quantizers',
      (n, x) => n.quantize(x, { scale: [1, 2], axis: 1 }),
      /4 scales, one for each element of dimension 1, received 2 of f32/,
    ],
    [
      'scales that are none',
      (n, x) => n.dequantize(x, { scale: [0.5, Number.NaN, 1, 1], axis: 1 }),
      /scales that are positive numbers, received NaN/,
    ],
    [
      'scales and shifts of different types',
      (n, x) => n.scale(x, { mode: 'uniform', scale: [1], shift: Tensor.from(new Uint16Array(1), [1], 'f16') }),
      /shift, scale and power of one type, received f16 and f32/,
    ],
    ['scales without an axis', (n, x) => n.quantize(x, { scale: [1, 2, 3, 4] }), /one scale, or an axis that the scales are of/],
    [
      'a constant of another shape',
      (n) => n.constant([1, 2, 3], { shape: [2, 2] }),
      /4 elements for the shape \[2, 2\], received 3 of f32/,
    ],
    ['an equation of other letters', (n, x) => n.einsum([x], 'abc->a'), /3 dimensions for abc/],
    [
      'fields that are no array',
      (n, x) => n.plugin([x], { plugin: 'P', fields: { f: new Uint16Array(1) } }),
      /field f as a string or one of/,
    ],
    ['an input without a shape', (n) => n.addInput('y', 'f32', [1.5]), /input "y": expected a shape/],
    ['an input of no type', (n) => n.addInput('y', 'float' as never, [1]), /expected a type among f32, f16.*received "float"/],
    ['an input twice', (n) => n.addInput('x', 'f32', [1]), /a name of its own, received that of another tensor/],
    ['a name twice', (n, x) => n.nameTensor(n.identity(x), 'x'), /a name of its own, received x, which is that of tensor 0/],
    ['an output twice', (n, x) => [n.markOutput(x), n.markOutput(x)], /each tensor once/],
    ['a range upside down', (n, x) => n.setDynamicRange(x, [1, -1]), /min < max, received \[1, -1\]/],
  ])('does not take %s', (_, call, message) => {
    const network = new TensorRtNetwork()
    const x = network.addInput('x', 'f32', [1, 4, 8, 8])
    const error = failure(() => call(network, x))
    expect(error).toMatchObject({ code: 'NETWORK_LAYER_INVALID', message: expect.stringMatching(message) })
    // What was refused is not half in it.
    expect(network.layers.filter(({ type }) => type !== 'identity')).toEqual([])
  })

  it('takes lengths that are open as what they will be', () => {
    const network = new TensorRtNetwork()
    const x = network.addInput('x', 'f32', [-1, 4, -1, 8])
    const shapes = [
      network.convolution(x, { outputs: 2, kernelSize: 3, kernel: new Float32Array(72), stride: 2, padding: 1 }),
      network.elementWise([x, network.addInput('y', 'f32', [1, 4, 6, 8])], 'sum'),
      network.shuffle(x, { reshape: [0, 4, -1] }),
      network.concatenation([x, x], { axis: 2 }),
      network.resize(x, { scales: [1, 1, 2, 2] }),
      network.reduce(x, 'avg', { axes: [2, 3] }),
    ].map(({ shape }) => shape)
    expect(shapes).toEqual([
      [-1, 2, -1, 4],
      [-1, 4, 6, 8],
      [-1, 4, -1],
      [-1, 4, -1, 8],
      [-1, 4, -1, 16],
      [-1, 4],
    ])
  })

  it('knows of plugins only how many tensors they make', () => {
    const network = new TensorRtNetwork()
    const made = network.plugin([network.addInput('x', 'f32', [1, 2])], {
      plugin: 'BatchedNMS_TRT',
      fields: { topK: Int32Array.of(4096), scale: Float32Array.of(0.5, 1), mode: 'fast' },
      outputs: 2,
    })
    expect(made.map(({ shape, type }) => [shape, type])).toEqual([
      [null, null],
      [null, null],
    ])
    const [, layer] = definitionOf(network).native.layers
    expect(layer).toMatchObject({ choices: { plugin: 'BatchedNMS_TRT', version: '1' } })
    expect(layer?.fields?.map(({ name, type, length, data }) => [name, type, length, data.byteLength])).toEqual([
      ['topK', 'i32', 1, 4],
      ['scale', 'f32', 2, 8],
      ['mode', 'char', 4, 5],
    ])
    network.activation(made[0] as NetworkTensor, 'relu')
    expect(failure(() => network.softmax(made[0] as NetworkTensor, { axis: 1 }))).toMatchObject({
      code: 'NETWORK_LAYER_INVALID',
      message: expect.stringMatching(/a tensor whose shape is known/),
    })
  })

  it('needs inputs and outputs', () => {
    const network = new TensorRtNetwork({ name: 'nothing' })
    expect(failure(() => requireComplete(network))).toMatchObject({
      code: 'NETWORK_INCOMPLETE',
      message: /nothing has no inputs/,
    })
    network.addInput('x', 'f32', [1])
    expect(failure(() => requireComplete(network))).toMatchObject({ message: expect.stringMatching(/no outputs/) })
  })

  it('is data: what is written afterwards is not in it, and weights that layers share are there once', () => {
    const network = new TensorRtNetwork()
    const x = network.addInput('x', 'f32', [1, 4, 8, 8])
    const kernel = new Float32Array(16)
    const y = network.convolution(x, { name: 'one', outputs: 4, kernelSize: 1, kernel })
    const definition = definitionOf(network)
    network.convolution(y, { outputs: 4, kernelSize: 1, kernel })
    expect(definition.native).toMatchObject({
      layers: [
        { kind: 'input', outputs: [{ name: 'x' }], choices: { type: 'f32' }, lists: { shape: [1, 4, 8, 8] } },
        { kind: 'convolution', name: 'one', inputs: [0], outputs: [{}], numbers: { outputs: 4 }, weights: { kernel: 0 } },
      ],
      weights: [{ type: 'f32', count: 16 }],
    })
    const later = definitionOf(network).native
    expect([later.layers.length, later.weights.length]).toEqual([3, 1])
    expect(structuredClone(definition.native)).toEqual(definition.native)
  })

  it('has a digest over layers, names and weights', async () => {
    const write = (change: { weight?: number; name?: string; alpha?: number; extra?: boolean } = {}) => {
      const network = new TensorRtNetwork()
      const x = network.addInput('x', 'f32', [1, 1, 600, 600])
      const kernel = new Float32Array(360_000).fill(1)
      kernel[299_999] = change.weight ?? 1
      const y = network.convolution(x, { outputs: 1, kernelSize: 600, kernel })
      network.markOutput(network.activation(y, 'leaky-relu', { alpha: change.alpha ?? 0.1 }), change.name ?? 'y')
      if (change.extra) network.identity(y)
      return digestDefinition(definitionOf(network))
    }
    const usual = await write()
    expect(usual).toMatchObject({ bytes: 1_440_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(await write()).toEqual(usual)
    for (const change of [{ weight: 2 }, { name: 'z' }, { alpha: 0.2 }, { extra: true }]) {
      expect((await write(change)).sha256, JSON.stringify(change)).not.toBe(usual.sha256)
    }
  })

  it.each<[string, Call, RegExp, RegExp]>([
    [
      'precision',
      (n, x) => n.activation(x, 'relu', { name: 'act', precision: 'f16' }),
      /precision of layers \(layer act\)/,
      /cast/,
    ],
    ['output types', (n, x) => n.activation(x, 'relu', { outputType: 'f16' }), /output types of layers/, /cast/],
    ['dynamic ranges', (n, x) => n.setDynamicRange(x, [-1, 1]), /dynamic ranges of tensors \(x\)/, /quantize/],
    ['plugins', (n, x) => n.plugin([x], { plugin: 'P' }), /plugins \(P\)/, /TensorRT 10 or 11/],
  ])('%s are refused where TensorRT-RTX has none, with what to do', (_, call, message, cure) => {
    const network = new TensorRtNetwork()
    call(network, network.addInput('x', 'f32', [1, 4]))
    const definition = definitionOf(network)
    const error = failure(() => refuseForLine(definition, { line: 'rtx', title: 'TensorRT-RTX 1.7' }, true))
    expect(error).toMatchObject({
      code: 'TENSORRT_OPTION_UNSUPPORTED',
      message: expect.stringMatching(message),
      cure: expect.stringMatching(cure),
    })
    expect(() => refuseForLine(definition, { line: 'v10', title: 'TensorRT 10.15' }, false)).not.toThrow()
  })
})
