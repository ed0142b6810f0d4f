import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { editTimingCache, readTimingCache, type TimingCacheEntry } from '../../lib/api/tensorrt/edit-timing-cache.js'
import type { TensorRtBuildOptions } from '../../lib/api/tensorrt/tensorrt-options.js'
import { openTensorRt } from '../../lib/engine/tensorrt/open-library.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { convolutionModel, unaryModel } from '../models/encode-onnx.js'

// What only a GPU can show of building. Where there is none, or no full TensorRT 10, the reason is printed.
const opened = await openTensorRt('tensorrt').catch((error: Error) => error)
const reason =
  opened instanceof Error
    ? opened.message
    : opened.line !== 'v10' || opened.installation.kind !== 'full'
      ? `${opened.title} is no full TensorRT 10`
      : opened.driver.reason
if (reason !== undefined) console.warn(`skipped: TensorRT 10 on a GPU: ${reason}`)

const shape = [1, 8, 32, 32]
const model = convolutionModel({ layers: 3, channels: 8, size: 32 })
const samples = Array.from({ length: 8 }, (_, seed) => ({
  x: Tensor.from(
    Float32Array.from({ length: 8 * 32 * 32 }, (_value, index) => Math.sin(index * 0.11 + seed)),
    shape,
  ),
}))

describe.skipIf(reason !== undefined)('TensorRT 10 on a GPU', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-gpu-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const build = (options: Partial<TensorRtBuildOptions> = {}) =>
    buildEngine({ backend: 'tensorrt', model, timingCache: false, ...options })

  it.each(['fp32', 'fp16'] as const)('builds in %s', async (precision) => {
    expect((await build({ precision })).bytes.byteLength).toBeGreaterThan(0)
  })

  it('int8 by quantizers in the model', async () => {
    const plan = await build({ precision: 'int8', calibration: { data: samples, samples: 8 } })
    expect(plan.layers?.some(({ type }) => type === 'quantize')).toBe(true)
  })

  it('int8 by a calibrator, whose table is kept and taken the next time', async () => {
    const cache = join(folder, 'model.calib')
    const first = await build({ precision: 'int8', calibration: { data: samples, samples: 8 }, calibrator: { cache } })
    expect(Buffer.from(first.calibrationTable as Uint8Array).toString('latin1')).toMatch(/^TRT-\d+-EntropyCalibration2\n/)
    expect(await readFile(cache)).toEqual(Buffer.from(first.calibrationTable as Uint8Array))
    const again = await build({ precision: 'int8', calibrator: { cache } })
    expect(again.bytes.byteLength).toBeGreaterThan(0)
  })

  it('int8 by dynamic ranges, without samples', async () => {
    const plan = await build({ model: unaryModel('Relu', [1, 64]), precision: 'int8', dynamicRanges: { x: [-4, 4], y: [0, 4] } })
    expect(plan.warnings.filter(({ kind }) => kind === 'missing-scale')).toEqual([])
  })

  it('what the provider of batches throws is the cause', async () => {
    const data = async function* () {
      yield samples[0] as (typeof samples)[0]
      throw new Error('the disk is gone')
    }
    const error = await build({ precision: 'int8', calibration: { data }, calibrator: {} }).then(
      () => expect.fail('it was built'),
      (failure) => failure,
    )
    expect(error.code).toBe('TENSORRT_CALIBRATION_FAILED')
    expect(String(error.cause)).toMatch(/disk is gone|CALIBRATION_SOURCE_FAILED/)
  })

  it('the finished plan is asked what its layers compute in', async () => {
    const { optimizedLayers, precision } = await build({ precision: 'fp16', builder: { precisionConstraints: 'none' } })
    if (!optimizedLayers.available) throw new Error(optimizedLayers.reason)
    expect(optimizedLayers).toMatchObject({ source: 'inspector', hasDetails: true })
    expect(optimizedLayers.layers.flatMap(({ nodes }) => nodes).length).toBeGreaterThan(0)
    expect(precision).toMatchObject({ evidence: 'engine', reason: null, reformats: expect.any(Number) })
    expect(precision.int8.of).toBeGreaterThan(0)
  })

  it('requireInt8 is judged on the finished plan: by quantizers, by a calibrator, and refused in FP16', async () => {
    const calibration = { data: samples, samples: 8 }
    const quantized = await build({ precision: 'int8', calibration, requireInt8: 0.5 })
    expect(quantized.precision).toMatchObject({ evidence: 'engine' })
    expect(quantized.precision.layers.i8).toBeGreaterThan(0)
    const calibrated = await build({ precision: 'int8', calibration, calibrator: {} })
    expect(calibrated.precision.evidence).toBe('engine')
    const error = await build({ precision: 'fp16', requireInt8: 0.5 }).then(
      () => expect.fail('it was built'),
      (failure) => failure,
    )
    expect(error).toMatchObject({
      code: 'TENSORRT_INT8_SHARE_LOW',
      message: expect.stringMatching(/as the finished plan has them/),
    })
  })

  it('plans with open lengths are looked into at those that they are tuned for', async () => {
    const range = { min: [1, 4], opt: [8, 4], max: [32, 4] }
    const { optimizedLayers } = await build({ model: unaryModel('Relu', ['batch', 4]), profiles: [{ x: range }] })
    if (!optimizedLayers.available) throw new Error(optimizedLayers.reason)
    expect(optimizedLayers.layers.flatMap(({ inputs }) => inputs).some(({ type }) => type === 'f32')).toBe(true)
  })

  it('layers keep the precision that they were given, and the report says who wanted it', async () => {
    const names = (await build()).layers?.filter(({ type }) => type === 'convolution').map(({ name }) => name) as string[]
    const layerPrecisions = { [names[0] as string]: 'fp32' } as const
    const plan = await build({ precision: 'fp16', builder: { precisionConstraints: 'obey', layerPrecisions } })
    expect(plan.layers?.find(({ name }) => name === names[0])?.precision).toBe('f32')
    expect(plan.precision.layers.f32).toBeGreaterThan(0)
  })

  it('samples for a calibrator are looked at', async () => {
    const plan = await build({ precision: 'int8', calibration: { data: samples, samples: 8 }, calibrator: {} })
    expect(plan.calibrationWarnings.map(({ code }) => code)).toContain('SAMPLES_FEW')
  })

  it('a timing cache tells of its entries, which can be set and taken out', async () => {
    const cache = join(folder, 'entries.cache')
    const builder = { editableTimingCache: true }
    await build({ timingCache: cache, builder })
    const entries = await readTimingCache({ cache })
    expect(entries.length).toBeGreaterThan(0)
    const [first] = entries as [TimingCacheEntry, ...TimingCacheEntry[]]
    const { key, tactic } = first
    const set = await editTimingCache({ cache, changes: [{ key, tactic, milliseconds: 123 }] })
    expect(set.entries.find((entry) => entry.key === key)).toEqual({ key, tactic, milliseconds: 123 })
    await editTimingCache({ cache, changes: [{ key, remove: true }] })
    expect((await readTimingCache({ cache })).map((entry) => entry.key)).not.toContain(key)
    // The note beside it holds for the changed bytes: the build takes it, and measures what is missing.
    await build({ timingCache: cache, builder })
    expect((await readTimingCache({ cache })).map((entry) => entry.key)).toContain(key)
  })

  it('a timing cache is written and taken', async () => {
    const timingCache = join(folder, 'kernels.cache')
    await build({ timingCache })
    const measured = await readFile(timingCache)
    await build({ timingCache, builder: { errorOnTimingCacheMiss: true } })
    expect(measured.byteLength).toBeGreaterThan(0)
  })

  it('profiles keep the batch open', async () => {
    const range = { min: [1, 4], opt: [8, 4], max: [32, 4] }
    const plan = await build({ model: unaryModel('Relu', ['batch', 4]), profiles: [{ x: range }] })
    expect(plan.inputs[0]?.shape).toEqual(['dynamic', 4])
  })
})
