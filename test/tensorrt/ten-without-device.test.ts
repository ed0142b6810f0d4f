import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
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

/** So many layers that going through them takes longer than telling of it. */
const manyLayers = encodeOnnx({
  inputs: [{ name: 'p0', type: 'f32', shape: [1, 3, 8, 8] }],
  outputs: [{ name: 'p2000', type: 'f32', shape: [1, 3, 8, 8] }],
  nodes: Array.from({ length: 2000 }, (_, index) => ({
    op: 'MaxPool',
    inputs: [`p${index}`],
    outputs: [`p${index + 1}`],
    attributes: { kernel_shape: [1, 1] },
  })),
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
    const cancelled = await run(manyLayers, { settings: empty, cancelAt: told.phases[0] as string })
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

  const tableProgram = join(import.meta.dirname, 'programs', 'build-with-table.mjs')

  async function buildWithTable(table: string, options: object = {}): Promise<{ code: string; message: string; said: string[] }> {
    const [model, cache] = [join(folder, 'pool.onnx'), join(folder, `table-${requests++}`)]
    await writeFile(model, pooling)
    await writeFile(cache, table)
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const args = [tableProgram, core, model, cache, JSON.stringify({ shapes: { x: [1, 3, 8, 8] }, ...options })]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 28 })
    return JSON.parse(stdout.slice(stdout.lastIndexOf('{"code"')))
  }

  const scale = '3c010a14'

  it('a calibration table goes to the builder, which reads it and asks for no batch', async () => {
    const whole = await buildWithTable(`TRT-101500-EntropyCalibration2\nx: ${scale}\ny: ${scale}\n`)
    // Without a device the build ends where kernels are chosen: later than calibration.
    expect(whole.code).toBe('TENSORRT_BUILD_FAILED')
    expect(whole.said.join('\n')).not.toMatch(/Missing scale/)
    expect(whole.said.join('\n')).toMatch(/[Cc]alibration/)
  })

  it('a tensor without a scale is told by the builder', async () => {
    const lacking = await buildWithTable(`TRT-101500-EntropyCalibration2\nx: ${scale}\n`)
    expect(lacking.said.join('\n')).toMatch(/Missing scale and zero-point for tensor y/)
  })

  it.each([
    ['of another algorithm', `TRT-101500-MinMaxCalibration\nx: ${scale}\ny: ${scale}\n`],
    ['of another major', `TRT-8601-EntropyCalibration2\nx: ${scale}\ny: ${scale}\n`],
    ['with a value that is not hex', 'TRT-101500-EntropyCalibration2\nx: nothing\ny: 3c010a14\n'],
  ])('a table %s is refused before the builder sees it', async (_, table) => {
    const refused = await buildWithTable(table)
    expect(refused.code).toMatch(/^CALIBRATION_TABLE_(UNFIT|INVALID)$/)
    expect(refused.said.join()).not.toMatch(/Timing|Building/)
  })
})
