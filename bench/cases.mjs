// What is run: models and their inputs. Relu models are made here; the others come from the test data.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeProductChain, encodeReluModel } from './onnx-models.mjs'

export const benchFolder = fileURLToPath(new URL('.', import.meta.url)).replace(/[\\/]$/, '')
export const cacheFolder = path.join(benchFolder, '.cache')
export const dataFolder = process.env.ENGINERY_TEST_DATA
  ? path.resolve(process.env.ENGINERY_TEST_DATA)
  : path.resolve(benchFolder, '../../shared/data')

/** `seconds` is how long one trial measures; small models need many calls, not much time. */
export const cases = [
  { name: 'tiny', title: 'Relu 1x16', relu: [1, 16], seconds: 1.5 },
  { name: 'frame', title: 'Relu 1x3x640x640', relu: [1, 3, 640, 640], seconds: 2 },
  {
    name: 'squeezenet',
    title: 'squeezenet 1x3x224x224',
    model: 'models/squeezenet_fp32.onnx',
    golden: 'squeezenet_fp32.in.f32',
    input: { name: 'data_0', shape: [1, 3, 224, 224] },
    output: { name: 'softmaxout_1', shape: [1, 1000, 1, 1] },
    seconds: 3,
  },
  {
    name: 'efficientnet',
    title: 'efficientnet_lite0 1x3x224x224',
    model: 'models/efficientnet_lite0_224.onnx',
    golden: 'efficientnet_lite0_224.in.f32',
    input: { name: 'input', shape: [1, 3, 224, 224] },
    output: { name: 'logits', shape: [1, 1000] },
    seconds: 3,
  },
  {
    name: 'yolox',
    title: 'yolox_nano 1x3x416x416',
    model: 'models/yolox_nano_416.onnx',
    golden: 'yolox_nano_416.in.f32',
    input: { name: 'images', shape: [1, 3, 416, 416] },
    output: { name: 'output', shape: [1, 3549, 85] },
    seconds: 3,
  },
]

// A fixed sequence (Numerical Recipes' LCG), so that every run and every program sees the same numbers.
function sequence(length) {
  const values = new Float32Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    values[i] = state / 2 ** 31 - 1
  }
  return values
}

const asBytes = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const elements = (shape) => shape.reduce((product, length) => product * length, 1)

/**
 * Puts a case's files in place and returns what a contender needs to know of it; a string says why it cannot be run.
 */
export async function prepareCase(description) {
  await mkdir(cacheFolder, { recursive: true })
  const { name, title, seconds } = description
  const input = path.join(cacheFolder, `${name}.in.f32`)
  const reference = path.join(cacheFolder, `${name}.out.f32`)
  if (description.relu) {
    const shape = description.relu
    const model = path.join(cacheFolder, `${name}.onnx`)
    const values = sequence(elements(shape))
    await writeFile(model, encodeReluModel(shape))
    await writeFile(input, asBytes(values))
    await writeFile(reference, asBytes(values.map((value) => Math.max(0, value))))
    const [from, to] = [
      { name: 'input', shape },
      { name: 'output', shape },
    ]
    return { name, title, seconds, model, input: { ...from, file: input }, output: { ...to, file: reference } }
  }
  const model = path.join(dataFolder, description.model)
  if (!existsSync(model)) return `${model} is missing (set ENGINERY_TEST_DATA)`
  const golden = path.join(dataFolder, 'golden', description.golden)
  await copyFile(golden, input)
  await writeFile(reference, await readFile(golden.replace('.in.f32', '.out0.f32')))
  return {
    name,
    title,
    seconds,
    model,
    input: { ...description.input, file: input },
    output: { ...description.output, file: reference },
  }
}

const PRODUCT_SIZE = 512

/** A model that multiplies 512 x 512 matrices `layers` times: long, with one megabyte going in and one coming out. */
export async function prepareProductChain(layers) {
  await mkdir(cacheFolder, { recursive: true })
  const n = PRODUCT_SIZE
  const model = path.join(cacheFolder, `product-chain-${layers}.onnx`)
  // Uniform with variance 1/n: values neither grow nor fade along the chain.
  const weights = sequence(n * n).map((value) => value * Math.sqrt(3 / n))
  await writeFile(model, encodeProductChain(n, weights, layers))
  return { model, input: { name: 'input', shape: [n, n] }, output: { name: 'output', shape: [n, n] } }
}
