import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import type { TensorRtBuildOptions } from '../../lib/api/tensorrt/tensorrt-options.js'
import { layerNames } from '../../lib/engine/tensorrt/network/layer-names.js'
import { TensorRtNetwork } from '../../lib/engine/tensorrt/network/tensorrt-network.js'
import { openTensorRt } from '../../lib/engine/tensorrt/open-library.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { failureOf } from './build-small-plan.js'
import { drawCase, layerCases, values } from './every-layer.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'
import { replayWithRtx } from './replay-networks.js'

const library = coreLibraries['TensorRT-RTX 1.7']
const build = (model: TensorRtNetwork, options: Partial<TensorRtBuildOptions> = {}) =>
  buildEngine({ backend: 'tensorrt', library, model, builder: { computeCapabilities: ['8.9'] }, ...options })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
/** A convolution, its activation and a product: `first` is one of its weights. */
function writeNetwork({ first = 0.5, batch = 1 }: { first?: number; batch?: number } = {}): TensorRtNetwork {
  const network = new TensorRtNetwork({ name: 'small' })
  const x = network.addInput('images', 'f32', [batch, 3, 16, 16])
  const kernel = values(8 * 27)
  kernel[0] = first
  const convolved = network.convolution(x, {
    name: 'conv',
    outputs: 8,
    kernelSize: 3,
    kernel,
    bias: values(8),
    stride: 2,
    padding: 1,
  })
  const active = network.activation(convolved, 'relu', { name: 'act' })
  const flat = network.shuffle(network.reduce(active, 'avg', { axes: [2, 3] }), { reshape: [0, 8] })
  const product = network.matrixMultiply([flat, network.constant(values(80), { shape: [8, 10] })], { name: 'fc' })
  network.markOutput(network.softmax(product, { axis: 1 }), 'prob')
  return network
}

describeWithTensorRt('TensorRT-RTX 1.7', 'networks that are written layer by layer', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-network-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('names of what layers do are those of the addon', async () => {
    const { names } = await openTensorRt(library)
    expect(names.network).toEqual(layerNames)
  })

  it.each(Object.entries(layerCases))('%s: shapes and types are those that TensorRT finds', async (_, draw) => {
    const { network, outputs } = drawCase(draw)
    const made = await replayWithRtx(network)
    const found = made.outputs.map(({ name, type, shape }) => ({ name, type, shape }))
    expect(found).toEqual(outputs.map(({ name, type, shape }) => ({ name, type, shape })))
    const kinds = made.layers.map(({ type }) => type)
    expect(kinds).toEqual(network.layers.map(({ type }) => type.replace('element-wise', 'elementwise')))
  })

  it('become plans, with the names that were given, the same bytes twice', async () => {
    const [plan, again] = [await build(writeNetwork()), await build(writeNetwork())]
    expect(plan.inputs).toEqual([{ name: 'images', names: ['images'], type: 'f32', shape: [1, 3, 16, 16] }])
    expect(plan.outputs).toEqual([{ name: 'prob', names: ['prob'], type: 'f32', shape: [1, 10] }])
    expect(plan.layers?.map(({ name, type }) => `${type} ${name}`)).toEqual([
      'convolution conv',
      'activation act',
      'reduce (Unnamed Layer* 2) [Reduce]',
      'shuffle (Unnamed Layer* 3) [Shuffle]',
      'constant (Unnamed Layer* 4) [Constant]',
      'matrix-multiply fc',
      'softmax (Unnamed Layer* 6) [Softmax]',
    ])
    expect(sha256(again.bytes)).toBe(sha256(plan.bytes))
    expect(sha256((await build(writeNetwork({ first: 0.25 }))).bytes)).not.toBe(sha256(plan.bytes))
    const path = join(folder, 'small.plan')
    const manifest = await plan.save(path)
    expect(manifest.model).toMatchObject({ name: 'small', format: 'tensorrt-network', bytes: (8 * 27 + 8 + 80) * 4 })
    expect(sha256(await readFile(path))).toBe(manifest.blob.sha256)
  })

  it('hold the weights as they were when the build began', async () => {
    const network = new TensorRtNetwork()
    const kernel = values(9)
    const x = network.addInput('x', 'f32', [1, 1, 8, 8])
    network.markOutput(network.convolution(x, { outputs: 1, kernelSize: 3, kernel }), 'y')
    const usual = sha256((await build(network)).bytes)
    const building = build(network, { onProgress: ({ stage }) => stage === 'compile' && setImmediate(() => kernel.fill(0)) })
    expect(sha256((await building).bytes)).toBe(usual)
    expect(kernel[0]).toBe(0)
    expect(sha256((await build(network)).bytes)).not.toBe(usual)
  })

  it('are found in the cache by layers and weights', async () => {
    const cache = join(folder, 'cache')
    const plans = [
      await build(writeNetwork(), { cache }),
      await build(writeNetwork(), { cache }),
      await build(writeNetwork({ first: 1 }), { cache }),
    ]
    expect(plans.map(({ fromCache }) => fromCache)).toEqual([false, true, false])
  })

  it('may leave the batch open, for profiles or for one length', async () => {
    const images = { min: [1, 3, 16, 16], opt: [4, 3, 16, 16], max: [8, 3, 16, 16] }
    const ranged = await build(writeNetwork({ batch: -1 }), { profiles: [{ images }] })
    expect(ranged.outputs[0]?.shape).toEqual(['dynamic', 10])
    const fixed = await build(writeNetwork({ batch: -1 }), { shapes: { images: [2, 3, 16, 16] } })
    expect(fixed.outputs[0]?.shape).toEqual([2, 10])
    expect((await failureOf(build(writeNetwork({ batch: -1 }), { shapes: { image: [2] } }))).code).toBe('INPUT_UNKNOWN')
  })

  it('compute in half precision where tensors are cast, and on integers between quantizers', async () => {
    const network = new TensorRtNetwork()
    const half = (count: number) => Tensor.from(new Uint16Array(count).fill(0x3800), [count], 'f16')
    const x = network.cast(network.addInput('x', 'f32', [1, 4, 8, 8]), { type: 'f16' })
    const y = network.convolution(x, { name: 'half', outputs: 4, kernelSize: 3, kernel: half(144), bias: half(4), padding: 1 })
    const quantized = network.quantize(network.cast(y, { type: 'f32' }), { scale: 0.05, name: 'q' })
    const weights = network.constant(new Int8Array(144).fill(7), { shape: [4, 4, 3, 3] })
    const kernel = network.dequantize(weights, {
      scale: values(4)
        .map(Math.abs)
        .map((one) => one + 0.01),
      axis: 0,
    })
    const last = network.convolution(network.dequantize(quantized, { scale: 0.05 }), { outputs: 4, kernelSize: 3, kernel })
    network.markOutput(last, 'y')
    const plan = await build(network, { precision: 'int8' })
    const typeOf = (name: string) => plan.layers?.find((layer) => layer.name === name)?.outputs[0]?.type
    expect([typeOf('half'), typeOf('q')]).toEqual(['f16', 'i8'])
    expect(plan.layers?.map(({ name }) => name)).toContain('q.scale')
  })

  it('that TensorRT refuses are refused with the layer and its words', async () => {
    const network = new TensorRtNetwork()
    const x = network.addInput('x', 'i32', [1, 4, 8, 8])
    network.markOutput(network.unary(x, 'erf', { name: 'of whole numbers' }), 'y')
    const error = await failureOf(build(network))
    expect(error.code).toBe('TENSORRT_NETWORK_REFUSED')
    expect(error.message).toMatch(/refuses the network: unary 'of whole numbers' \(layer 0\): /)
    expect(error.message).not.toMatch(/cudaError/)
    expect(error.engineLog.length).toBeGreaterThan(0)
  })

  it('are refused what TensorRT-RTX does not have, and options of ONNX models', async () => {
    const withPlugin = new TensorRtNetwork()
    withPlugin.markOutput(withPlugin.plugin([withPlugin.addInput('x', 'f32', [1])], { plugin: 'P' })[0] as never, 'y')
    const typed = new TensorRtNetwork()
    typed.markOutput(typed.identity(typed.addInput('x', 'f32', [1]), { precision: 'f16' }), 'y')
    const samples = { data: [{ images: Tensor.from(values(768), [1, 3, 16, 16]) }], samples: 1 }
    const cases: [() => Promise<unknown>, string, RegExp][] = [
      [() => build(withPlugin), 'TENSORRT_OPTION_UNSUPPORTED', /no plugins/],
      [() => build(typed), 'TENSORRT_OPTION_UNSUPPORTED', /precision of layers/],
      [() => build(writeNetwork(), { precision: 'fp16' }), 'TENSORRT_OPTION_UNSUPPORTED', /fp16 for networks that are written/],
      [
        () => build(writeNetwork(), { precision: 'int8', calibration: samples }),
        'TENSORRT_OPTION_UNSUPPORTED',
        /int8 for networks/,
      ],
      [() => build(writeNetwork(), { parserFlags: ['native-instancenorm'] }), 'OPTION_INVALID', /parserFlags/],
      [() => build(new TensorRtNetwork()), 'NETWORK_INCOMPLETE', /no inputs/],
    ]
    for (const [start, code, message] of cases) {
      expect(await failureOf(start())).toMatchObject({ code, message: expect.stringMatching(message) })
    }
  })
})

describeWithTensorRt('lean TensorRT 11.4', 'names of what layers of networks do', () => {
  it('are those of the addon', async () => {
    const { names } = await openTensorRt(coreLibraries['lean TensorRT 11.4'])
    expect(names.network).toEqual(layerNames)
  })
})
