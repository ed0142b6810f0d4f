import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/build-engine.js'
import type { NativeBuildOutcome, NativeBuildRequest, NativeTensorRtNames } from '../../lib/native/tensorrt-addon.js'
import { dataFolder, hasData } from '../data-folder.js'
import { encodeOnnx, unaryModel } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const program = join(import.meta.dirname, 'programs', 'describe-with-ten.mjs')
const core = coreLibraries['TensorRT 10.15']
const empty = { flags: {}, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} }

type Described = Omit<NativeBuildOutcome, 'plan' | 'timingCache' | 'network'> & {
  version: string
  names: NativeTensorRtNames
  phases: string[]
  layers?: string[]
  inputs?: NativeBuildOutcome['network']['inputs']
  plan: number | null
  timingCache: number | null
}

/** Convolutions at the front end the process without a device; a pooling there does not. */
const pooling = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape: ['batch', 3, 8, 8] }],
  outputs: [{ name: 'y', type: 'f32', shape: ['batch', 3, 4, 4] }],
  nodes: [{ op: 'MaxPool', name: 'pool', inputs: ['x'], outputs: ['y'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } }],
})

describeWithTensorRt('TensorRT 10.15', 'without a device (cpu_only), one process for each build', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-ten-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  let requests = 0
  async function run(
    model: Uint8Array | string,
    request: Partial<Omit<NativeBuildRequest, 'model' | 'timingCache'>> & { cancelAt?: string; timingCache?: string },
  ): Promise<Described> {
    const stem = join(folder, String(requests++))
    const path = typeof model === 'string' ? model : `${stem}.onnx`
    if (typeof model !== 'string') await writeFile(path, model)
    await writeFile(`${stem}.json`, JSON.stringify({ ...request, model: path }))
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const { stdout } = await promisify(execFile)(process.execPath, [program, core, `${stem}.json`], { env, maxBuffer: 2 ** 28 })
    return JSON.parse(stdout.slice(stdout.lastIndexOf('{"kind"')))
  }

  const describeOnly = (settings: object, request = {}) =>
    run(unaryModel('Relu', [1, 4]), { settings: { ...empty, ...settings }, onlyDescribe: true, ...request })

  it('settings are read back as they were set, precisions and constraints among them', async () => {
    const settings = {
      flags: { fp16: true, int8: true, tf32: false, 'obey-precision-constraints': true, 'direct-io': true, refit: true },
      tacticSources: ['edge-mask-convolutions', 'cublas'],
      choices: { hardwareCompatibility: 'ampere-plus', profilingVerbosity: 'detailed', tilingLevel: 'fast' },
      numbers: { optimizationLevel: 4, maxAuxStreams: 2, avgTimingIterations: 3, maxTactics: 9 },
    }
    const outcome = await describeOnly(settings)
    expect(outcome).toMatchObject({ kind: 'described', version: expect.stringMatching(/^10\.15\./), settings })
    expect(outcome.refused).toBeUndefined()
    expect(outcome.names.previewFeatures).not.toContain('multidevice-runtime') // of 10.16
    expect(outcome.names.computeCapabilities).toBe(false)
  })

  it('an option that TensorRT refuses is an error with its words', async () => {
    const outcome = await describeOnly({ flags: { 'exclude-lean-runtime': true } })
    expect(outcome.refused).toMatchObject({ code: 'TRT_CONFIG', message: expect.stringContaining('kVERSION_COMPATIBLE') })
  })

  it('profiles are taken; one that the network contradicts is refused', async () => {
    const range = { input: 'x', min: [1, 3, 8, 8], opt: [4, 3, 8, 8], max: [8, 3, 8, 8] }
    const taken = await run(pooling, { settings: empty, profiles: [[range]], onlyDescribe: true })
    expect(taken.kind).toBe('described')
    expect(taken.inputs?.[0]?.shape).toEqual([-1, 3, 8, 8])
    const refused = await run(pooling, { settings: empty, profiles: [[{ ...range, max: [2, 3, 8, 8] }]], onlyDescribe: true })
    expect(refused.refused).toMatchObject({ code: 'TRT_PROFILE' })
    const fixed = await run(pooling, { settings: empty, inputShapes: { x: [2, 3, 8, 8] }, onlyDescribe: true })
    expect(fixed.inputs?.[0]?.shape).toEqual([2, 3, 8, 8])
  })

  it('parser errors have node and operator', async () => {
    const outcome = await run(unaryModel('Unheard', [1, 4]), { settings: empty })
    expect(outcome.kind).toBe('not-parsed')
    expect(outcome.problems[0]).toMatchObject({ nodeOperator: 'Unheard' })
  })

  it('validation errors of the builder come with codes; no plan is made without a device', async () => {
    const outcome = await run(pooling, { settings: empty })
    expect(outcome).toMatchObject({ kind: 'failed', plan: null })
    expect(outcome.errors[0]).toMatchObject({ code: 'invalid-config', text: expect.stringContaining('optimization profile') })
  })

  it('progress is told, and a build is cancelled', async () => {
    const told = await run(pooling, { settings: empty, inputShapes: { x: [1, 3, 8, 8] } })
    expect(told.phases.length).toBeGreaterThan(0)
    const cancelled = await run(pooling, {
      settings: empty,
      inputShapes: { x: [1, 3, 8, 8] },
      cancelAt: told.phases[0] as string,
    })
    expect(cancelled.kind).toBe('cancelled')
  })

  it('dynamic ranges are set; names without a tensor are told', async () => {
    const outcome = await run(pooling, {
      settings: { ...empty, flags: { int8: true } },
      inputShapes: { x: [1, 3, 8, 8] },
      dynamicRanges: { x: [-1, 1], nobody: [-2, 2] },
      onlyDescribe: true,
    })
    expect(outcome).toMatchObject({ kind: 'described', unmatchedRanges: ['nobody'] })
  })

  it('an empty timing cache is taken, other bytes are not', async () => {
    const taken = await run(pooling, { settings: empty, timingCache: '', inputShapes: { x: [1, 3, 8, 8] }, onlyDescribe: true })
    expect(taken.kind).toBe('described')
    const garbage = Buffer.from('no timing cache at all').toString('base64')
    const refused = await run(pooling, { settings: empty, timingCache: garbage, inputShapes: { x: [1, 3, 8, 8] } })
    expect(refused.refused).toMatchObject({ code: 'TRT_TIMING_CACHE' })
  })

  it.skipIf(!hasData)('every ONNX model of the test data is parsed', async () => {
    const models = (await readdir(join(dataFolder, 'models'))).filter((name) => name.endsWith('.onnx'))
    expect(models.length).toBeGreaterThan(5)
    for (const name of models) {
      const outcome = await run(join(dataFolder, 'models', name), { settings: empty, onlyDescribe: true })
      expect(outcome, name).toMatchObject({ kind: 'described', problems: [] })
      expect(outcome.layers?.length, name).toBeGreaterThan(10)
    }
  })

  it('without the switch, buildEngine says that there is no device, and what to do', async () => {
    if (existsSync('/dev/nvidia0')) return
    const error = await buildEngine({ backend: 'tensorrt', library: core, model: pooling }).then(
      () => expect.fail('it was built'),
      (failure) => failure,
    )
    expect(error).toMatchObject({ code: 'TENSORRT_NO_DEVICE', cure: expect.stringContaining('tensorrt-rtx') })
  })
})
