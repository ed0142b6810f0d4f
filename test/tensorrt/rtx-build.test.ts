import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BuilderEvent, TensorRtBuildOptions } from '../../lib/api/tensorrt/tensorrt-options.js'
import { detectModelFormat } from '../../lib/model/model-format.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { convolutionModel, encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { buildSmallPlan, failureOf } from './build-small-plan.js'
import { describeWithTensorRt } from './libraries.js'

const model = convolutionModel({ layers: 3, channels: 8, size: 16 })
/** Two steps of two convolutions beside each other whose results are put together, as in SqueezeNet. */
function forkedModel(): Uint8Array {
  const initializers = []
  const nodes = []
  for (const [step, channels] of [16, 128].entries()) {
    const from = step === 0 ? 'x' : 'y0'
    for (const size of [1, 3]) {
      const name = `${step}${size}`
      const data = Float32Array.from({ length: 64 * channels * size * size }, (_, at) => Math.sin(at * 0.7 + step) / channels)
      initializers.push({
        name: `w${name}`,
        type: 'f32' as const,
        shape: [64, channels, size, size],
        data: new Uint8Array(data.buffer),
      })
      const pads = Array.from({ length: 4 }, () => (size - 1) / 2)
      nodes.push({ op: 'Conv', inputs: [from, `w${name}`], outputs: [`c${name}`], attributes: { pads } })
      nodes.push({ op: 'Relu', inputs: [`c${name}`], outputs: [`r${name}`] })
    }
    nodes.push({ op: 'Concat', inputs: [`r${step}1`, `r${step}3`], outputs: [`y${step}`], attributes: { axis: 1 } })
  }
  return encodeOnnx({
    inputs: [{ name: 'x', type: 'f32', shape: [1, 16, 28, 28] }],
    outputs: [{ name: 'y1', type: 'f32', shape: [1, 128, 28, 28] }],
    initializers,
    nodes,
  })
}

const openBatch = unaryModel('Relu', ['batch', 4])

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
describeWithTensorRt('TensorRT-RTX 1.7', 'builds plans without a GPU', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-rtx-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(['8.0', '8.9', '12.0'])('for compute capability %s, the same bytes twice', async (capability) => {
    const builder = { computeCapabilities: [capability] }
    const [first, second] = [await buildSmallPlan({ builder }), await buildSmallPlan({ builder })]
    expect(sha256(second.bytes)).toBe(sha256(first.bytes))
    expect(first.inputs).toEqual([{ name: 'x', names: ['x'], type: 'f32', shape: [1, 8, 16, 16] }])
    expect(first.layers?.filter(({ type }) => type === 'convolution')).toHaveLength(3)
  })

  it('plans for several compute capabilities hold more than for one', async () => {
    const one = await buildSmallPlan()
    const three = await buildSmallPlan({ builder: { computeCapabilities: ['8.0', '8.9', '12.0'] } })
    expect(three.bytes.byteLength).toBeGreaterThan(one.bytes.byteLength)
  })

  it('saves a plan and a manifest that says what it is for', async () => {
    const path = join(folder, 'model.plan')
    const plan = await buildSmallPlan()
    const manifest = await plan.save(path)
    expect(sha256(await readFile(path))).toBe(manifest.blob.sha256)
    expect(JSON.parse(await readFile(`${path}.json`, 'utf8'))).toEqual(manifest)
    expect(manifest).toMatchObject({
      backend: 'tensorrt',
      versions: { 'tensorrt-rtx': expect.stringMatching(/^1\.7\./) },
      devices: [{ name: 'GPU', properties: { computeCapability: '8.9' } }],
      options: { product: 'tensorrt-rtx', precision: 'fp32', builder: { computeCapabilities: ['8.9'] } },
    })
    expect((await detectModelFormat(path)).format).toBe('tensorrt-plan')
  })

  it('takes an equal plan from the cache, and builds for other options anew', async () => {
    const cache = join(folder, 'cache')
    const built = await buildSmallPlan({ cache })
    const again = await buildSmallPlan({ cache })
    const other = await buildSmallPlan({ cache, builder: { computeCapabilities: ['8.0'] } })
    expect([built, again, other].map(({ fromCache }) => fromCache)).toEqual([false, true, false])
    expect(sha256(again.bytes)).toBe(sha256(built.bytes))
    expect(again.inputs).toEqual(built.inputs)
  })

  it('fixes an open batch dimension and says so, or keeps it open for a profile', async () => {
    const fixed = await buildSmallPlan({ model: openBatch })
    expect(fixed.inputs[0]?.shape).toEqual([1, 4])
    expect(fixed.notes.join()).toMatch(/batch dimension of input x became 1/)
    const shaped = await buildSmallPlan({ model: openBatch, shapes: { x: [3, 4] } })
    expect(shaped.inputs[0]?.shape).toEqual([3, 4])
    const range = { min: [1, 4], opt: [4, 4], max: [8, 4] }
    const open = await buildSmallPlan({ model: openBatch, profiles: [{ x: range }, { x: { ...range, max: [64, 4] } }] })
    expect(open.inputs[0]?.shape).toEqual(['dynamic', 4])
    expect(sha256(open.bytes)).not.toBe(sha256(fixed.bytes))
  })

  it('open dimensions that an exporter calls "?" need not be equal; those of a name are', async () => {
    const profiles = [{ x: { min: [1, 8], opt: [2, 16], max: [4, 64] } }]
    const plan = await buildSmallPlan({ model: unaryModel('Relu', ['?', '?']), profiles })
    expect(plan.inputs[0]?.shape).toEqual(['dynamic', 'dynamic'])
    const equal = await failureOf(buildSmallPlan({ model: unaryModel('Relu', ['n', 'n']), profiles }))
    expect(equal).toMatchObject({ code: 'TENSORRT_BUILD_FAILED', message: expect.stringMatching(/contradictory/) })
  })

  // Tactic sources and preview features are taken and read back; they change none of the plans that were tried.
  it.each([
    ['a flag', { weightStreaming: true }],
    ['a flag of precision', { tf32: true }],
    ['a choice', { profilingVerbosity: 'none' }],
    ['a memory pool', { memoryPools: { tacticSharedMemory: 1024 } }],
    ['compute capabilities', { computeCapabilities: ['12.0'] }],
  ] satisfies [string, TensorRtBuildOptions['builder']][])('settings change the plan: %s', async (_, builder) => {
    const [usual, other] = [await buildSmallPlan(), await buildSmallPlan({ builder })]
    expect(sha256(other.bytes)).not.toBe(sha256(usual.bytes))
    // TensorRT kept what it was told.
    expect(other.notes).toEqual(usual.notes)
  })

  it('settings change the plan: a number, where branches can run beside each other', async () => {
    const branches = forkedModel()
    const [usual, alone] = [
      await buildSmallPlan({ model: branches }),
      await buildSmallPlan({ model: branches, builder: { maxAuxStreams: 0 } }),
    ]
    expect(sha256(alone.bytes)).not.toBe(sha256(usual.bytes))
  })

  it('a memory pool that is too small ends the build in the words of TensorRT', async () => {
    const error = await failureOf(buildSmallPlan({ builder: { memoryPools: { workspace: 1 } } }))
    expect(error).toMatchObject({ code: 'TENSORRT_BUILD_FAILED', message: expect.stringMatching(/tactic|workspace/i) })
  })

  it('says what failed where a setting needs the GPU', async () => {
    const error = await failureOf(buildSmallPlan({ builder: { refit: true } }))
    expect(error.code).toBe('TENSORRT_BUILD_FAILED')
    expect(error.details.errors.length).toBeGreaterThan(0)
    expect(error.engineLog.length).toBeGreaterThan(0)
  })

  it('int8 quantizes the model first: its network has quantizers', async () => {
    const samples = [0, 1].map((seed) => ({ x: Tensor.from(wave(8 * 16 * 16, seed), [1, 8, 16, 16]) }))
    const options = { precision: 'int8', calibration: { data: samples, samples: 2 } } as const
    const [plan, again] = [await buildSmallPlan(options), await buildSmallPlan(options)]
    expect(plan.layers?.filter(({ type }) => type === 'quantize').length).toBeGreaterThan(0)
    expect(plan.layers?.filter(({ type }) => type === 'dequantize').length).toBeGreaterThan(0)
    expect(sha256(again.bytes)).toBe(sha256(plan.bytes))
    const manifest = await plan.save(join(folder, 'int8.plan'))
    expect(manifest.preparation).toMatchObject({ precision: 'int8', options: { target: 'tensorrt' } })
  })

  it('int8 has fp16 beside it, unless that is forbidden', async () => {
    const samples = [0, 1].map((seed) => ({ x: Tensor.from(wave(8 * 16 * 16, seed), [1, 8, 16, 16]) }))
    const options = { precision: 'int8', calibration: { data: samples, samples: 2 } } as const
    const typesOf = ({ layers }: Awaited<ReturnType<typeof buildSmallPlan>>, kind: string) =>
      new Set(layers?.filter(({ type }) => type === kind).flatMap(({ outputs }) => outputs.map(({ type }) => type)))
    const half = await buildSmallPlan(options)
    expect(typesOf(half, 'convolution')).toEqual(new Set(['f16']))
    expect(typesOf(half, 'quantize')).toEqual(new Set(['i8']))
    expect(typesOf(half, 'dequantize')).toEqual(new Set(['f16']))
    expect([...half.inputs, ...half.outputs].map(({ type }) => type)).toEqual(['f32', 'f32'])
    expect(half.notes.join()).toMatch(/beside INT8, \d+ nodes have floats in f16, 0 in f32/)
    const alone = await buildSmallPlan({ ...options, halfPrecision: false })
    expect(typesOf(alone, 'convolution')).toEqual(new Set(['f32']))
    expect(alone.notes).toEqual([])
    const ignored = await buildSmallPlan({ ...options, halfPrecision: { ignored: { types: ['Conv'] } } })
    expect(typesOf(ignored, 'convolution')).toEqual(new Set(['f32']))
    const ports = await buildSmallPlan({ ...options, halfPrecision: { keepInputsAndOutputs: false } })
    expect([...ports.inputs, ...ports.outputs].map(({ type }) => type)).toEqual(['f16', 'f16'])
    const manifest = await half.save(join(folder, 'int8-half.plan'))
    expect(manifest.preparation).toMatchObject({ options: { halfPrecision: { type: 'f16' } } })
  })

  it('int8 leaves float what samples bring near the end of f16, also where they come once', async () => {
    const loud = Tensor.from(
      wave(8 * 16 * 16, 0).map((value) => value * 60_000),
      [1, 8, 16, 16],
    )
    const data = (function* () {
      yield { x: loud }
    })()
    const plan = await buildSmallPlan({
      precision: 'int8',
      calibration: { data, samples: 1 },
      quantization: { onInaccurate: 'keep' },
    })
    const types = plan.layers
      ?.filter(({ type }) => type === 'convolution')
      .flatMap(({ outputs }) => outputs.map(({ type }) => type))
    expect(types?.[0]).toBe('f32')
    expect(plan.layers?.some(({ type }) => type === 'dequantize')).toBe(true)
  })

  it('a plan in int8 has a cache entry for each way of having floats', async () => {
    const cache = join(folder, 'int8')
    const data = [{ x: Tensor.from(wave(8 * 16 * 16, 0), [1, 8, 16, 16]) }]
    const options = { precision: 'int8', calibration: { data, samples: 1, id: 'wave' }, cache } as const
    const half = await buildSmallPlan(options)
    const alone = await buildSmallPlan({ ...options, halfPrecision: false })
    const again = await buildSmallPlan(options)
    expect([half, alone, again].map(({ fromCache }) => fromCache)).toEqual([false, false, true])
    expect(sha256(again.bytes)).toBe(sha256(half.bytes))
  })

  it('fp16 rewrites the model first: its convolutions are half, inputs and outputs only where they are asked to be', async () => {
    const plan = await buildSmallPlan({ precision: 'fp16' })
    const typesOf = ({ layers }: typeof plan) =>
      layers?.filter(({ type }) => type === 'convolution').flatMap(({ outputs }) => outputs.map(({ type }) => type))
    expect(typesOf(plan)).toEqual(['f16', 'f16', 'f16'])
    expect([...plan.inputs, ...plan.outputs].map(({ type }) => type)).toEqual(['f32', 'f32'])
    expect(plan.notes.join()).toMatch(/\d+ nodes compute in f16, 0 stay in f32, 2 casts/)
    const manifest = await plan.save(join(folder, 'fp16.plan'))
    expect(manifest.options).toMatchObject({ precision: 'fp16' })
    expect(manifest.preparation).toMatchObject({ precision: 'fp16', options: { type: 'f16' } })

    const halfPorts = await buildSmallPlan({ precision: 'fp16', halfPrecision: { keepInputsAndOutputs: false } })
    expect([...halfPorts.inputs, ...halfPorts.outputs].map(({ type }) => type)).toEqual(['f16', 'f16'])
    const ignored = await buildSmallPlan({ precision: 'fp16', halfPrecision: { ignored: { types: ['Conv'] } } })
    expect(typesOf(ignored)).toEqual(['f32', 'f32', 'f32'])
    expect(ignored.notes.join()).toMatch(/nothing computes in f16/)
  })

  it('fp16 leaves float what samples bring near the end of the type', async () => {
    const loud = [
      {
        x: Tensor.from(
          wave(8 * 16 * 16, 0).map((value) => value * 60_000),
          [1, 8, 16, 16],
        ),
      },
    ]
    const plan = await buildSmallPlan({ precision: 'fp16', calibration: { data: loud, samples: 1 } })
    const first = plan.layers?.find(({ type }) => type === 'convolution')
    expect(first?.outputs.map(({ type }) => type)).toEqual(['f32'])
  })

  it('bf16 rewrites products of matrices', async () => {
    const products = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [4, 8] }],
      outputs: [{ name: 'y', type: 'f32', shape: [4, 8] }],
      initializers: [{ name: 'w', type: 'f32', shape: [8, 8], data: new Uint8Array(wave(64, 1).buffer) }],
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    })
    const plan = await buildSmallPlan({ model: products, precision: 'bf16' })
    const product = plan.layers?.find(({ type }) => type.includes('matrix'))
    expect(product?.outputs.map(({ type }) => type)).toEqual(['bf16'])
  })

  it('a plan in fp16 has a cache entry of its own, and one for each way of rewriting', async () => {
    const cache = join(folder, 'half')
    const float = await buildSmallPlan({ cache })
    const half = await buildSmallPlan({ cache, precision: 'fp16' })
    const ports = await buildSmallPlan({ cache, precision: 'fp16', halfPrecision: { keepInputsAndOutputs: false } })
    const again = await buildSmallPlan({ cache, precision: 'fp16' })
    expect([float, half, ports, again].map(({ fromCache }) => fromCache)).toEqual([false, false, false, true])
    expect(sha256(again.bytes)).toBe(sha256(half.bytes))
  })

  it("tells of TensorRT's phases and steps, and of stages", async () => {
    const events: BuilderEvent[] = []
    const stages: string[] = []
    await buildSmallPlan({ onBuilderEvent: (event) => events.push(event), onProgress: ({ stage }) => stages.push(stage) })
    expect(events[0]).toMatchObject({ kind: 'start', parent: null, steps: expect.any(Number) })
    const started = events.filter(({ kind }) => kind === 'start').map(({ phase }) => phase)
    const finished = events.filter(({ kind }) => kind === 'finish').map(({ phase }) => phase)
    expect(finished.sort()).toEqual(started.sort())
    expect(stages).toEqual(['digest', 'cache', 'read', 'compile', 'store', 'done'])
  })

  it('stops when the signal fires, and when a callback throws', async () => {
    const controller = new AbortController()
    const aborted = await failureOf(
      buildSmallPlan({ signal: controller.signal, onBuilderEvent: () => controller.abort(new Error('enough')) }),
    )
    expect(aborted).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    const thrown = await failureOf(
      buildSmallPlan({
        onBuilderEvent: () => {
          throw new Error('no more')
        },
      }),
    )
    expect(thrown).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'no more' } })
    expect((await buildSmallPlan()).bytes.byteLength).toBeGreaterThan(0)
  })

  it('names node, operator and cure of what its parser does not take', async () => {
    const unknown = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [1, 4] }],
      outputs: [{ name: 'y', type: 'f32', shape: [1, 4] }],
      nodes: [{ op: 'Unheard', name: 'odd one', inputs: ['x'], outputs: ['y'], domain: 'somebody.else' }],
    })
    const error = await failureOf(buildSmallPlan({ model: unknown }))
    expect(error.code).toBe('TENSORRT_MODEL_UNSUPPORTED')
    expect(error.message).toMatch(/Unheard odd one/)
    expect(error.cure).toMatch(/plugin/)
    expect(error.details.problems[0]).toMatchObject({ node: 'odd one', operator: 'Unheard' })
    const damaged = await failureOf(buildSmallPlan({ model: model.slice(0, model.length / 2) }))
    expect(damaged.code).toMatch(/^(MODEL_CORRUPT|TENSORRT_MODEL_UNSUPPORTED)$/)
  })

  it('refuses options that it does not have, with what replaced them', async () => {
    const cases: [Partial<TensorRtBuildOptions>, RegExp, RegExp][] = [
      [{ precision: 'fp8' }, /no precision fp8/, /strongly typed/],
      [{ builder: { precisionConstraints: 'obey' } }, /obey-precision-constraints/, /types of the model/],
      [{ builder: { tacticSources: ['cublas'] } }, /tactic source cublas/, /leave the source out/],
      [{ builder: { hardwareCompatibility: 'ampere-plus' } }, /hardwareCompatibility/, /computeCapabilities/],
      [{ builder: { previewFeatures: { 'profile-sharing': true } } }, /profile-sharing/, /leave the feature out/],
      [{ precision: 'int8', dynamicRanges: { x: [-1, 1] } }, /dynamic ranges/, /calibration/],
    ]
    for (const [options, message, cure] of cases) {
      const error = await failureOf(buildSmallPlan(options))
      expect(error.code).toBe('TENSORRT_OPTION_UNSUPPORTED')
      expect(error.message).toMatch(message)
      expect(error.cure).toMatch(cure)
    }
  })

  it.each([
    [{ halfPrecision: {} }, /halfPrecision.*precision fp16, bf16 or int8/],
    [{ calibration: { data: [] } }, /calibration.*for int8, and for fp16/],
    [{ calibrator: { cache: 'x.calib' } }, /calibrator.*precision int8/],
  ] satisfies [Partial<TensorRtBuildOptions>, RegExp][])('refuses %j beside fp32', async (options, message) => {
    expect(await failureOf(buildSmallPlan(options))).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(message),
    })
  })

  it('says what is wrong with a value that TensorRT refuses', async () => {
    const error = await failureOf(buildSmallPlan({ builder: { computeCapabilities: ['1.3'] } }))
    expect(error).toMatchObject({ code: 'TENSORRT_OPTION_REFUSED', message: expect.stringContaining('compute capability') })
  })

  it('four builds at once are told apart and all succeed, also on a libuv pool of one thread', async () => {
    const plans = await Promise.all(
      [1, 2, 3, 4].map((layers) => buildSmallPlan({ model: convolutionModel({ layers, channels: 4, size: 8 }) })),
    )
    expect(plans.map(({ layers }) => layers?.filter(({ type }) => type === 'convolution').length)).toEqual([1, 2, 3, 4])
  })

  it('a library that is not there, and one that is another', async () => {
    const missing = await failureOf(buildSmallPlan({ library: join(folder, 'libtensorrt_rtx.so.1') }))
    expect(missing.code).toBe('TENSORRT_LIBRARY_BUSY') // This process has one already.
    const nothing = await failureOf(buildSmallPlan({ library: join(folder, 'libm.so.6') }))
    expect(nothing.code).toBe('TENSORRT_LIBRARY_FAILED')
    await expect(stat(join(folder, 'libm.so.6'))).rejects.toThrow()
  })
})

function wave(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin(index * 0.37 + seed))
}
