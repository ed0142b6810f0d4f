import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openvino } from '../../lib/index.js'
import { dataFolder } from '../data-folder.js'
import { encodeOnnx, type Initializer } from '../models/encode-onnx.js'
import { findOnnxWeights } from './find-onnx-weights.js'
import { findTfliteWeights } from './find-tflite-weights.js'
import type { ByteRange } from './mutate-bytes.js'

export type SeedFormat = 'onnx' | 'ir' | 'tflite'

/** A sound model that damaged ones are made of. */
export interface SeedModel {
  readonly name: string
  readonly format: SeedFormat
  readonly bytes: Buffer
  /** The .bin of an IR. */
  readonly weights: Buffer | null
  /** Where in `bytes` the weights are. */
  readonly weightRanges: readonly ByteRange[]
  /** Whether more than the batch is open, so that no engine of fixed shapes can be built without being told them. */
  readonly dynamic: boolean
}

const openShapes = 'ch_ppocr_mobile_v2.0_cls_infer.onnx'

/**
 * Trained models, and two small ones of many operators, in the three formats.
 *
 * @param folder to write the IRs to
 */
export async function loadSeedModels(folder: string): Promise<SeedModel[]> {
  const trained = ['digits_cnn_bn.onnx', 'tiny_dense_digits_96.onnx', openShapes]
  const onnx = [
    ...trained.map((name) => onnxSeed(name, readFileSync(join(dataFolder, 'models', name)), name === openShapes)),
    onnxSeed('layers', Buffer.from(layersModel())),
    onnxSeed('shapes', Buffer.from(shapesModel())),
  ]
  const tflite = ['vww_96_float.tflite', 'mobilenet_v1_0.25_128_quant.tflite'].map((name): SeedModel => {
    const bytes = readFileSync(join(dataFolder, 'models', name))
    return { name, format: 'tflite', bytes, weights: null, weightRanges: findTfliteWeights(bytes), dynamic: false }
  })
  const ir: SeedModel[] = []
  for (const { name, bytes } of onnx) {
    if (name !== openShapes) ir.push(await irSeed(basename(name, '.onnx'), bytes, folder))
  }
  return [...onnx, ...ir, ...tflite]
}

function onnxSeed(name: string, bytes: Buffer, dynamic = false): SeedModel {
  return { name, format: 'onnx', bytes, weights: null, weightRanges: findOnnxWeights(bytes), dynamic }
}

async function irSeed(name: string, onnx: Buffer, folder: string): Promise<SeedModel> {
  const model = await openvino.readModel(onnx)
  const path = join(folder, `${name}.xml`)
  await model.serialize(path)
  model.close()
  const weights = await readFile(path.replace(/xml$/, 'bin'))
  return { name: `${name} (IR)`, format: 'ir', bytes: await readFile(path), weights, weightRanges: [], dynamic: false }
}

const floats = (name: string, shape: number[]): Initializer => {
  const count = shape.reduce((product, length) => product * length, 1)
  const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1))
  return { name, type: 'f32', shape, data: new Uint8Array(data.buffer) }
}

const integers = (name: string, values: number[]): Initializer => ({
  name,
  type: 'i64',
  shape: [values.length],
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
})

const picture = { name: 'x', type: 'f32' as const, shape: [1, 4, 8, 8] }

function layersModel(): Uint8Array {
  return encodeOnnx({
    opset: 18,
    inputs: [picture],
    outputs: [{ name: 'y', type: 'f32', shape: [1, 6] }],
    nodes: [
      { op: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1], strides: [2, 2], group: 2 } },
      { op: 'Relu', inputs: ['c'], outputs: ['r'] },
      { op: 'MaxPool', inputs: ['r'], outputs: ['m'], attributes: { kernel_shape: [2, 2], strides: [1, 1] } },
      { op: 'AveragePool', inputs: ['m'], outputs: ['a'], attributes: { kernel_shape: [2, 2] } },
      { op: 'ConvTranspose', inputs: ['a', 'v'], outputs: ['t'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: 'InstanceNormalization', inputs: ['t', 'scale', 'shift'], outputs: ['n'] },
      { op: 'GlobalAveragePool', inputs: ['n'], outputs: ['g'] },
      { op: 'Flatten', inputs: ['g'], outputs: ['f'], attributes: { axis: 1 } },
      { op: 'Gemm', inputs: ['f', 'd'], outputs: ['e'], attributes: { transB: 1 } },
      { op: 'Softmax', inputs: ['e'], outputs: ['y'], attributes: { axis: -1 } },
    ],
    initializers: [
      ...[floats('w', [4, 2, 3, 3]), floats('b', [4]), floats('v', [4, 3, 2, 2])],
      ...[floats('scale', [3]), floats('shift', [3]), floats('d', [6, 3])],
    ],
  })
}

function shapesModel(): Uint8Array {
  return encodeOnnx({
    opset: 18,
    inputs: [picture],
    outputs: [{ name: 'y', type: 'f32', shape: [4, 2, 3] }],
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['s'] },
      { op: 'Slice', inputs: ['s', 'zero', 'two'], outputs: ['head'] },
      { op: 'Concat', inputs: ['head', 'rest'], outputs: ['to'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['x', 'to'], outputs: ['r'] },
      { op: 'Transpose', inputs: ['r'], outputs: ['t'], attributes: { perm: [2, 0, 1] } },
      { op: 'Slice', inputs: ['t', 'one', 'many', 'zero', 'step'], outputs: ['u'] },
      { op: 'Pad', inputs: ['u', 'pads'], outputs: ['p'], attributes: { mode: 'reflect' } },
      { op: 'Gather', inputs: ['p', 'chosen'], outputs: ['g'], attributes: { axis: 0 } },
      { op: 'Expand', inputs: ['g', 'wide'], outputs: ['e'] },
      { op: 'Tile', inputs: ['e', 'times'], outputs: ['l'] },
      { op: 'ReduceMean', inputs: ['l', 'last'], outputs: ['m'], attributes: { keepdims: 1 } },
      { op: 'Sub', inputs: ['l', 'm'], outputs: ['d'] },
      { op: 'TopK', inputs: ['d', 'k'], outputs: ['y', 'at'], attributes: { axis: -1 } },
    ],
    initializers: [
      ...[integers('zero', [0]), integers('one', [1]), integers('two', [2]), integers('rest', [-1]), integers('many', [50])],
      ...[integers('step', [3]), integers('pads', [0, 0, 1, 0, 0, 1]), integers('chosen', [0, 5]), integers('wide', [2, 1, 6])],
      ...[integers('times', [2, 2, 1]), integers('last', [-1]), integers('k', [3])],
    ],
  })
}
