import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { precisionsOfNetwork } from '../../lib/engine/tensorrt/layers/network-precision.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { unaryModel } from '../models/encode-onnx.js'
import { buildSmallPlan, failureOf } from './build-small-plan.js'
import { describeWithTensorRt } from './libraries.js'

const samples = Array.from({ length: 2 }, (_, seed) => ({
  x: Tensor.from(
    Float32Array.from({ length: 8 * 16 * 16 }, (_value, index) => Math.sin(index * 0.37 + seed)),
    [1, 8, 16, 16],
  ),
}))

const int8 = { precision: 'int8', calibration: { data: samples, samples: 2 } } as const

describeWithTensorRt('TensorRT-RTX 1.7', 'what the layers of a plan compute in, without a GPU', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-precision-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('the builder tells of the layers that it made', async () => {
    const { optimizedLayers, precision } = await buildSmallPlan()
    if (!optimizedLayers.available) throw new Error(optimizedLayers.reason)
    expect(optimizedLayers).toMatchObject({ source: 'builder', hasDetails: true })
    const nodes = new Set(optimizedLayers.layers.flatMap(({ nodes }) => nodes))
    expect(optimizedLayers.layers.flatMap(({ inputs }) => inputs).every(({ type }) => type === 'f32')).toBe(true)
    expect(nodes.size).toBeGreaterThanOrEqual(3)
    expect(precision).toMatchObject({ evidence: 'builder', int8: { layers: 0, of: 3, share: 0 }, reformats: expect.any(Number) })
    expect(precision.notInt8).toHaveLength(3)
    expect(precision.notInt8[0]?.reason).toMatch(/is not quantized/)
  })

  it.each([
    ['fp32', {}, 'f32'],
    ['fp16', { precision: 'fp16' }, 'f16'],
    ['int8', int8, 'i8'],
  ] as const)('in %s its convolutions compute in the type that was asked for', async (_, options, type) => {
    const { precision } = await buildSmallPlan(options)
    expect(precision.layers[type]).toBeGreaterThanOrEqual(3)
    expect(precision.int8).toEqual(type === 'i8' ? { layers: 3, of: 3, share: 1 } : { layers: 0, of: 3, share: 0 })
  })

  it('network and builder agree on what is INT8', async () => {
    const plan = await buildSmallPlan({ ...int8, quantization: { ignored: { types: ['Relu'] } } })
    const network = precisionsOfNetwork({ layers: plan.layers ?? [], isTyped: true }).filter(({ isHeavy }) => isHeavy)
    expect(network.filter(({ precision }) => precision === 'i8')).toHaveLength(plan.precision.int8.layers)
    expect(network).toHaveLength(plan.precision.int8.of)
  })

  it('without details the network is the evidence, and the reason says so', async () => {
    const plan = await buildSmallPlan({ ...int8, builder: { profilingVerbosity: 'none' } })
    expect(plan.optimizedLayers).toEqual({ available: false, reason: expect.stringMatching(/GPU.*wrote nothing of the layers/) })
    expect(plan.precision).toMatchObject({ evidence: 'network', reformats: null, int8: { layers: 3, of: 3 } })
  })

  it('requireInt8 refuses a plan with too little of it, keeps none, and names layers and reasons', async () => {
    const cache = join(folder, 'cache')
    const options = { ...int8, cache, requireInt8: 0.9, quantization: { ignored: { types: ['Conv'] } } }
    const error = await failureOf(buildSmallPlan(options))
    expect(error.code).toBe('TENSORRT_INT8_SHARE_LOW')
    expect(error.message).toMatch(/0 of 3 are/)
    expect(error.details.report.notInt8[0].reason).toMatch(/is not quantized/)
    expect((await buildSmallPlan({ ...int8, cache, quantization: { ignored: { types: ['Conv'] } } })).fromCache).toBe(false)
    const kept = await buildSmallPlan({ ...int8, requireInt8: 0.9 })
    expect(kept.precision.int8.share).toBe(1)
  })

  it('manifests hold the report, plans of the cache have it, and are judged by it', async () => {
    const path = join(folder, 'model.plan')
    const cache = join(folder, 'kept')
    const plan = await buildSmallPlan({ cache })
    const manifest = await plan.save(path)
    expect(manifest.precisionReport).toEqual(plan.precision)
    expect(manifest.precisions).toEqual(plan.precision.layers)
    expect(JSON.parse(await readFile(`${path}.json`, 'utf8')).precisionReport.evidence).toBe('builder')
    const again = await buildSmallPlan({ cache })
    expect(again).toMatchObject({ fromCache: true, precision: plan.precision, optimizedLayers: { available: false } })
    expect((await failureOf(buildSmallPlan({ cache, requireInt8: 0.5 }))).code).toBe('TENSORRT_INT8_SHARE_LOW')
  })

  it('a network without convolutions and products meets no share', async () => {
    const error = await failureOf(buildSmallPlan({ model: unaryModel('Relu', [1, 4]), requireInt8: 0.5 }))
    expect(error).toMatchObject({ code: 'TENSORRT_INT8_SHARE_LOW', message: expect.stringMatching(/none that could be/) })
  })

  it('warns of the samples that it was quantized with', async () => {
    expect((await buildSmallPlan(int8)).calibrationWarnings.map(({ code }) => code)).toContain('SAMPLES_FEW')
  })

  it('precisions, output types and devices of single layers are refused with what replaced them', async () => {
    for (const [builder, cure] of [
      [{ layerPrecisions: { '*': 'fp16' }, precisionConstraints: 'obey' }, /ignored/],
      [{ layerOutputTypes: { '*': 'fp16' }, precisionConstraints: 'obey' }, /ignored|types of the model/],
      [{ layerDevices: { '*': 'gpu' } }, /GPUs alone/],
    ] as const) {
      expect(await failureOf(buildSmallPlan({ builder }))).toMatchObject({
        code: 'TENSORRT_OPTION_UNSUPPORTED',
        cure: expect.stringMatching(cure),
      })
    }
  })
})
