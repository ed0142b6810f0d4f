import { layerNames } from '../../lib/engine/tensorrt/network/layer-names.js'
import type { NetworkTensor } from '../../lib/engine/tensorrt/network/network-tensor.js'
import { TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import { Tensor } from '../../lib/tensor/tensor.js'

/** Numbers that differ, the same in every run. */
export const values = (count: number, seed = 1) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.7 + seed) / 3)

type Draw = (network: TensorRtNetwork) => NetworkTensor | readonly NetworkTensor[]

const picture = (network: TensorRtNetwork, shape = [2, 4, 9, 8]) => network.addInput('x', 'f32', shape)

/** Networks of a layer each: what enginery says of the shapes and types that they make is held against TensorRT. */
export const layerCases: Readonly<Record<string, Draw>> = {
  'convolution with groups, strides, dilation and uneven padding': (n) =>
    n.convolution(picture(n), {
      outputs: 6,
      kernelSize: [3, 2],
      kernel: values(6 * 2 * 6),
      bias: values(6),
      stride: [2, 1],
      dilation: [1, 2],
      padding: { pre: [1, 0], post: [2, 1] },
      groups: 2,
    }),
  'convolution of three lengths': (n) =>
    n.convolution(n.addInput('x', 'f32', [1, 2, 5, 6, 7]), { outputs: 3, kernelSize: 3, kernel: values(3 * 2 * 27), padding: 1 }),
  'convolution with an open batch': (n) =>
    n.convolution(picture(n, [-1, 4, 9, 8]), { outputs: 2, kernelSize: 1, kernel: values(8) }),
  ...Object.fromEntries(
    layerNames.padding.map((paddingMode) => [
      `convolution, ${paddingMode}`,
      (n: TensorRtNetwork) =>
        n.convolution(picture(n), { outputs: 2, kernelSize: 3, kernel: values(72), stride: 2, padding: 1, paddingMode }),
    ]),
  ),
  deconvolution: (n) =>
    n.deconvolution(picture(n), { outputs: 6, kernelSize: 4, kernel: values(4 * 3 * 16), stride: 2, padding: 1, groups: 2 }),
  ...Object.fromEntries(
    layerNames.pooling.flatMap((type) =>
      layerNames.padding.map((paddingMode) => [
        `pooling ${type}, ${paddingMode}`,
        (n: TensorRtNetwork) => n.pooling(picture(n), type, { windowSize: 3, stride: 2, padding: [1, 0], paddingMode }),
      ]),
    ),
  ),
  'average pooling that counts padding': (n) =>
    n.pooling(picture(n), 'average', { windowSize: 3, padding: 1, averageCountExcludesPadding: false }),
  padding: (n) => n.padding(picture(n), { pre: [1, -1], post: [2, 0] }),
  lrn: (n) => n.lrn(picture(n), { window: 5, alpha: 1e-4, beta: 0.75, k: 2 }),
  ...Object.fromEntries(
    layerNames.activation.map((type) => [
      `activation ${type}`,
      (n: TensorRtNetwork) =>
        n.activation(picture(n), type, /elu|relu|clip|scaled|hard/.test(type) ? { alpha: 0.1, beta: 0.5 } : {}),
    ]),
  ),
  ...Object.fromEntries(
    layerNames.elementWise.map((operation) => [
      `element-wise ${operation}`,
      (n: TensorRtNetwork) => {
        const [one, other] = [n.addInput('one', 'f32', [2, 1, 4]), n.addInput('other', 'f32', [2, 3, 1])]
        if (!/^(and|or|xor)$/.test(operation)) return n.elementWise([one, other], operation)
        const judged = [one, other].map((tensor) => n.elementWise([tensor, tensor], 'less')) as [NetworkTensor, NetworkTensor]
        return n.elementWise(judged, operation)
      },
    ]),
  ),
  ...Object.fromEntries(
    layerNames.unary.map((operation) => [
      `unary ${operation}`,
      (n: TensorRtNetwork) => {
        const x = picture(n)
        return n.unary(operation === 'not' ? n.elementWise([x, x], 'less') : x, operation)
      },
    ]),
  ),
  'scale, one for all': (n) => n.scale(picture(n), { mode: 'uniform', shift: [1], scale: [2], power: [1] }),
  'scale, one for each channel': (n) => n.scale(picture(n), { mode: 'channel', scale: values(4), shift: values(4) }),
  'scale, one for each element': (n) => n.scale(picture(n), { mode: 'elementwise', scale: values(4 * 9 * 8) }),
  'scale of f16': (n) => {
    const x = n.cast(picture(n), { type: 'f16' })
    return n.scale(x, { mode: 'channel', scale: Tensor.from(new Uint16Array(4).fill(0x3c00), [4], 'f16') })
  },
  'nothing behind something': (n) => n.concatenation([picture(n), n.constant([], { shape: [2, 0, 9, 8] })], { axis: 1 }),
  'matrix product with a broadcast batch': (n) =>
    n.matrixMultiply([n.addInput('one', 'f32', [1, 3, 4]), n.addInput('other', 'f32', [5, 6, 4])], {
      operations: ['none', 'transpose'],
    }),
  'matrix and vector': (n) =>
    n.matrixMultiply([n.addInput('one', 'f32', [2, 3, 4]), n.addInput('other', 'f32', [2, 4])], {
      operations: ['none', 'vector'],
    }),
  'shuffle with both transposes': (n) =>
    n.shuffle(picture(n), { firstTranspose: [0, 2, 3, 1], reshape: [0, -1, 2, 2], secondTranspose: [3, 2, 1, 0] }),
  'shuffle to what a tensor says': (n) => n.shuffle(picture(n), { reshape: n.addInput('shape', 'i32', [2]) }),
  concatenation: (n) =>
    n.concatenation([picture(n), n.addInput('other', 'f32', [2, 1, 9, 8]), n.addInput('last', 'f32', [2, 2, 9, 8])], { axis: 1 }),
  'slice with strides': (n) => n.slice(picture(n), { start: [0, 3, 1, 0], size: [2, 2, 4, 8], stride: [1, -2, 2, 1] }),
  'slice beyond the end': (n) => n.slice(picture(n), { start: [0, 0, 0, 4], size: [2, 4, 9, 8], mode: 'reflect' }),
  'slice to what a tensor says': (n) =>
    n.slice(n.addInput('x', 'f32', [9]), { start: [0], size: n.addInput('size', 'i32', [1]) }),
  ...Object.fromEntries(
    layerNames.reduce.map((operation) => [
      `reduce ${operation}`,
      (n: TensorRtNetwork) => n.reduce(picture(n), operation, { axes: [-1, 1], keepDimensions: operation === 'max' }),
    ]),
  ),
  softmax: (n) => n.softmax(picture(n), { axis: -1 }),
  'top k': (n) => {
    const { values: found, indices } = n.topK(picture(n), 'max', { k: 3, axis: 2 })
    return [found, indices]
  },
  'top k with indices of i64': (n) => n.topK(picture(n), 'min', { k: 2, axis: 1, indicesType: 'i64' }).indices,
  gather: (n) => n.gather([picture(n), n.addInput('at', 'i32', [3, 2])], { axis: 1 }),
  'gather with a batch': (n) => n.gather([picture(n), n.addInput('at', 'i32', [2, 3])], { axis: 2, elementWiseDims: 1 }),
  'gather elements': (n) => n.gather([picture(n), n.addInput('at', 'i32', [2, 4, 9, 3])], { mode: 'element', axis: 3 }),
  'gather places': (n) => n.gather([picture(n), n.addInput('at', 'i32', [7, 2])], { mode: 'nd' }),
  'resize by scales': (n) => n.resize(picture(n), { scales: [1, 1, 2, 1.5], coordinates: 'asymmetric', rounding: 'floor' }),
  'resize to a shape': (n) => n.resize(picture(n), { shape: [2, 4, 20, 3], mode: 'linear', coordinates: 'half-pixel' }),
  'resize, cubic': (n) => n.resize(picture(n), { shape: [2, 4, 18, 16], mode: 'cubic', cubicCoefficient: -0.75 }),
  'quantize and dequantize': (n) => n.dequantize(n.quantize(picture(n), { scale: 0.02 }), { scale: 0.02 }),
  'quantized weights of a convolution': (n) => {
    const x = n.dequantize(n.quantize(picture(n), { scale: 0.02 }), { scale: 0.02 })
    const weights = n.constant(
      Int8Array.from({ length: 3 * 4 * 9 }, (_, i) => (i * 7) % 100),
      { shape: [3, 4, 3, 3] },
    )
    const kernel = n.dequantize(weights, { scale: [0.01, 0.02, 0.03], axis: 0 })
    return n.convolution(x, { outputs: 3, kernelSize: 3, kernel, bias: values(3) })
  },
  constant: (n) => n.elementWise([picture(n), n.constant(values(4), { shape: [1, 4, 1, 1] })], 'prod'),
  cast: (n) => n.cast(n.activation(n.cast(picture(n), { type: 'f16' }), 'relu'), { type: 'f32' }),
  'cast to whole numbers': (n) => n.cast(picture(n), { type: 'i32' }),
  identity: (n) => n.identity(picture(n)),
  shape: (n) => n.shape(picture(n, [-1, 4, 9, 8])),
  select: (n) => {
    const x = picture(n)
    return n.select([n.elementWise([x, x], 'equal'), x, n.constant([0], { shape: [1, 1, 1, 1] })])
  },
  'relu with slopes': (n) => n.parametricRelu(picture(n), n.constant(values(4), { shape: [1, 4, 1, 1] })),
  'layer normalization': (n) =>
    n.normalization(
      [
        n.addInput('x', 'f32', [2, 5, 8]),
        n.constant(values(8), { shape: [1, 1, 8] }),
        n.constant(values(8, 2), { shape: [1, 1, 8] }),
      ],
      { axes: [2], epsilon: 1e-6 },
    ),
  einsum: (n) => n.einsum([n.addInput('q', 'f32', [2, 3, 5, 4]), n.addInput('k', 'f32', [2, 3, 6, 4])], 'bhid,bhjd->bhij'),
}

/** The network of a case, with what it makes as outputs. */
export function drawCase(draw: Draw): { network: TensorRtNetwork; outputs: readonly NetworkTensor[] } {
  const network = new TensorRtNetwork()
  const drawn = draw(network)
  const outputs = Array.isArray(drawn) ? drawn : [drawn as NetworkTensor]
  for (const [index, output] of outputs.entries()) network.markOutput(output, `out${index}`)
  return { network, outputs }
}
