import { encodeOnnx } from '../models/encode-onnx.js'
import { openvino } from './run-native-model.js'

const bytesOf = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)

// y = relu(x * w + b), with a value in between to look at.
const weights = [2, -1, 0.5]
const offsets = [1, 1, -4]
export const affine = encodeOnnx({
  name: 'affine',
  inputs: [{ name: 'x', type: 'f32', shape: ['n', 3] }],
  outputs: [{ name: 'y', type: 'f32', shape: ['n', 3] }],
  nodes: [
    { op: 'Mul', inputs: ['x', 'w'], outputs: ['product'], name: 'multiply' },
    { op: 'Add', inputs: ['product', 'b'], outputs: ['sum'], name: 'add' },
    { op: 'Relu', inputs: ['sum'], outputs: ['y'], name: 'rectify' },
  ],
  initializers: [
    { name: 'w', type: 'f32', shape: [3], data: bytesOf(...weights) },
    { name: 'b', type: 'f32', shape: [3], data: bytesOf(...offsets) },
  ],
  metadata: { author: 'tests' },
})
export const readAffine = () => openvino.readModelSync({ bytes: affine, format: 'onnx' })
export const affineOf = (x: ArrayLike<number>) =>
  Float32Array.from(x, (value, i) => Math.max(0, value * (weights[i % 3] as number) + (offsets[i % 3] as number)))
