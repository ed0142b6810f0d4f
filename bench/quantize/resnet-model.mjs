// Writes an ONNX model in the shape of ResNet-50, with weights drawn from a fixed sequence: what counts is the work that
// it makes. Opset 13; BatchNormalization is folded into the convolutions, as exporters leave it, or kept.
//   node quantize/resnet-model.mjs OUT.onnx [--batch-norm]
import { open } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { bytes, number, valueInfo } from '../onnx-models.mjs'

const STAGES = [
  { blocks: 3, width: 64, stride: 1 },
  { blocks: 4, width: 128, stride: 2 },
  { blocks: 6, width: 256, stride: 2 },
  { blocks: 3, width: 512, stride: 2 },
]

/** Normal numbers from a fixed sequence (Numerical Recipes' LCG, Box-Muller). */
function createNormal() {
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  return (length, deviation, mean = 0) =>
    Float32Array.from({ length }, () => mean + deviation * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()))
}

const attribute = {
  int: (name, value) => bytes(5, bytes(1, name), number(3, value), number(20, 2)),
  ints: (name, values) => bytes(5, bytes(1, name), ...values.map((value) => number(8, value)), number(20, 7)),
}

class Writer {
  nodes = []
  initializers = []
  #normal = createNormal()

  add(type, inputs, name, ...attributes) {
    this.nodes.push(
      bytes(1, ...inputs.map((input) => bytes(1, input)), bytes(2, name), bytes(3, name), bytes(4, type), ...attributes),
    )
    return name
  }

  constant(name, shape, deviation, mean) {
    const drawn = this.#normal(
      shape.reduce((product, length) => product * length, 1),
      deviation,
      mean,
    )
    // A variance or a scale is positive.
    const values = mean ? drawn.map(Math.abs) : drawn
    const raw = Buffer.from(values.buffer)
    this.initializers.push(bytes(5, ...shape.map((length) => number(1, length)), number(2, 1), bytes(8, name), bytes(9, raw)))
    return name
  }

  convolution(input, name, { from, to, kernel = 1, stride = 1, gain = 1 }, batchNorm) {
    const weight = this.constant(`${name}.weight`, [to, from, kernel, kernel], gain * Math.sqrt(2 / (from * kernel * kernel)))
    const pad = (kernel - 1) / 2
    const attributes = [
      attribute.ints('kernel_shape', [kernel, kernel]),
      attribute.ints('pads', [pad, pad, pad, pad]),
      attribute.ints('strides', [stride, stride]),
    ]
    if (!batchNorm) return this.add('Conv', [input, weight, this.constant(`${name}.bias`, [to], 0.05)], name, ...attributes)
    const convolved = this.add('Conv', [input, weight], `${name}.convolved`, ...attributes)
    const scale = this.constant(`${name}.scale`, [to], 0.05, 1)
    const parameters = [scale, this.constant(`${name}.shift`, [to], 0.05), this.constant(`${name}.mean`, [to], 0.05)]
    return this.add('BatchNormalization', [convolved, ...parameters, this.constant(`${name}.variance`, [to], 0.05, 1)], name)
  }

  block(input, name, { from, width, stride }, batchNorm) {
    const relu = (tensor) => this.add('Relu', [tensor], `${tensor}.relu`)
    const a = relu(this.convolution(input, `${name}.a`, { from, to: width }, batchNorm))
    const b = relu(this.convolution(a, `${name}.b`, { from: width, to: width, kernel: 3, stride }, batchNorm))
    // A small last gain keeps the sums of sixteen blocks within bounds, as training does.
    const c = this.convolution(b, `${name}.c`, { from: width, to: 4 * width, gain: 0.25 }, batchNorm)
    const isFirst = from !== 4 * width
    const shortcut = isFirst ? this.convolution(input, `${name}.d`, { from, to: 4 * width, stride, gain: 0.7 }, batchNorm) : input
    return relu(this.add('Add', [c, shortcut], `${name}.sum`))
  }
}

/** @returns {Buffer[]} the parts of the file; input `input` [1,3,224,224], output `logits` [1,1000] */
export function encodeResnet50({ batchNorm = false } = {}) {
  const writer = new Writer()
  const stem = writer.convolution('input', 'stem', { from: 3, to: 64, kernel: 7, stride: 2 }, batchNorm)
  const pooling = [
    attribute.ints('kernel_shape', [3, 3]),
    attribute.ints('pads', [1, 1, 1, 1]),
    attribute.ints('strides', [2, 2]),
  ]
  let tensor = writer.add('MaxPool', [writer.add('Relu', [stem], 'stem.relu')], 'stem.pool', ...pooling)
  let from = 64
  for (const [stage, { blocks, width, stride }] of STAGES.entries()) {
    for (let index = 0; index < blocks; index++) {
      const block = { from, width, stride: index === 0 ? stride : 1 }
      tensor = writer.block(tensor, `stage${stage + 1}.${index}`, block, batchNorm)
      from = 4 * width
    }
  }
  const flat = writer.add('Flatten', [writer.add('GlobalAveragePool', [tensor], 'pool')], 'flat', attribute.int('axis', 1))
  const weight = writer.constant('head.weight', [1000, from], Math.sqrt(1 / from))
  writer.add('Gemm', [flat, weight, writer.constant('head.bias', [1000], 0.05)], 'logits', attribute.int('transB', 1))
  const ends = [valueInfo(11, 'input', [1, 3, 224, 224]), valueInfo(12, 'logits', [1, 1000])]
  const graph = bytes(7, ...writer.nodes, bytes(2, 'resnet50-shaped'), ...writer.initializers, ...ends)
  return [number(1, 8), graph, bytes(8, number(2, 13))]
}

if (process.argv[1]?.endsWith('resnet-model.mjs')) {
  const { values, positionals } = parseArgs({
    options: { 'batch-norm': { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const file = await open(positionals[0], 'w')
  for (const part of encodeResnet50({ batchNorm: values['batch-norm'] })) await file.write(part)
  await file.close()
}
