import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readWarnings } from '../../lib/engine/tensorrt/build-warnings.js'
import type { NativeBuildOutcome, NativeLayerSettings } from '../../lib/native/tensorrt-addon.js'
import { encodeOnnx } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const core = coreLibraries['TensorRT 10.15']
const programs = join(import.meta.dirname, 'programs')

/** Two branches of floats, and one of lengths. */
const model = encodeOnnx({
  inputs: [{ name: 'x', type: 'f32', shape: [1, 4, 8, 8] }],
  outputs: [
    { name: 'y', type: 'f32', shape: [1, 4, 8, 8] },
    { name: 'size', type: 'i64', shape: [4] },
  ],
  nodes: [
    { op: 'MaxPool', name: '/stem/pool', inputs: ['x'], outputs: ['p'], attributes: { kernel_shape: [1, 1] } },
    { op: 'Relu', name: '/stem/relu', inputs: ['p'], outputs: ['r'] },
    { op: 'Sigmoid', name: '/head/sigmoid', inputs: ['r'], outputs: ['y'] },
    { op: 'Shape', name: '/head/shape', inputs: ['r'], outputs: ['size'] },
  ],
})

interface Settled {
  name: string
  precision?: string
  outputTypes?: string[]
  device?: string
}

type Described = Pick<NativeBuildOutcome, 'kind' | 'unusedRules' | 'refused' | 'errors'> & { settled: Settled[] }

describeWithTensorRt('TensorRT 10.15', 'precisions, output types and devices of single layers (cpu_only)', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-layers-'))
    await writeFile(join(folder, 'model.onnx'), model)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  let requests = 0
  async function run(program: string, args: string[]): Promise<string> {
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const all = [join(programs, program), core, ...args]
    return (await promisify(execFile)(process.execPath, all, { env, maxBuffer: 2 ** 28 })).stdout
  }

  async function describeLayers(layers: NativeLayerSettings): Promise<Described> {
    const path = join(folder, `${requests++}.json`)
    const flags = { fp16: true, 'obey-precision-constraints': true, 'gpu-fallback': true }
    const settings = { flags, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} }
    await writeFile(path, JSON.stringify({ model: join(folder, 'model.onnx'), settings, layers, onlyDescribe: true }))
    const text = await run('describe-with-ten.mjs', [path])
    return JSON.parse(text.slice(text.lastIndexOf('{"kind"')))
  }

  // TensorRT's parser sets that of lengths and indices itself.
  const only = (outcome: Described, key: keyof Settled) =>
    Object.fromEntries(
      outcome.settled
        .filter((layer) => layer[key] !== undefined && layer.precision !== 'i64')
        .map((layer) => [layer.name, layer[key]]),
    )

  it('are read back from the network as they were set', async () => {
    const outcome = await describeLayers({
      precisions: [{ pattern: '/stem/relu', values: ['f16'] }],
      outputTypes: [{ pattern: '/head/sigmoid', values: ['f16'] }],
      devices: [{ pattern: '/stem/pool', values: ['gpu'] }],
    })
    expect(outcome).toMatchObject({ kind: 'described', unusedRules: [], errors: [] })
    expect(only(outcome, 'precision')).toEqual({ '/stem/relu': 'f16' })
    expect(only(outcome, 'outputTypes')).toEqual({ '/head/sigmoid': ['f16'] })
    expect(only(outcome, 'device')).toEqual({ '/stem/pool': 'gpu' })
  })

  it('a pattern leaves out what computes on lengths; the last that matches counts, and a name more than any pattern', async () => {
    const outcome = await describeLayers({
      precisions: [
        { pattern: '/stem/pool', values: ['f32'] },
        { pattern: '*', values: ['f16'] },
        { pattern: '/head/*', values: ['f32'] },
      ],
    })
    expect(only(outcome, 'precision')).toEqual({ '/stem/pool': 'f32', '/stem/relu': 'f16', '/head/sigmoid': 'f32' })
  })

  it('what stands for no layer, or for none that computes in floats, is told, and nothing is built', async () => {
    const outcome = await describeLayers({
      precisions: [
        { pattern: '/nobody/*', values: ['f16'] },
        { pattern: '/head/sh*', values: ['f16'] },
        { pattern: '*pool', values: ['f16'] },
      ],
      outputTypes: [{ pattern: '/stem/relu', values: ['f16', 'f16'] }],
      devices: [{ pattern: 'nothing', values: ['gpu'] }],
    })
    expect(outcome.kind).toBe('failed')
    expect(outcome.unusedRules).toEqual([
      { group: 'precision', pattern: '/nobody/*', reason: 'no-layer' },
      { group: 'precision', pattern: '/head/sh*', reason: 'not-float' },
      { group: 'output-type', pattern: '/stem/relu', reason: 'outputs' },
      { group: 'device', pattern: 'nothing', reason: 'no-layer' },
    ])
  })

  it('buildEngine names what matches nothing, and layers called alike', async () => {
    const options = {
      shapes: {},
      precision: 'fp16',
      calibrator: undefined,
      builder: { precisionConstraints: 'obey', layerPrecisions: { '/stem/rel': 'fp32' } },
    }
    const text = await run('build-with-table.mjs', [join(folder, 'model.onnx'), 'none', JSON.stringify(options)])
    const { code, message, cure } = JSON.parse(text.slice(text.lastIndexOf('{"code"')))
    expect(code).toBe('TENSORRT_LAYER_UNKNOWN')
    expect(message).toMatch(/builder\.layerPrecisions names \/stem\/rel, and no layer/)
    expect(cure).toMatch(/\/stem\//)
  })

  it('a missing scale is told with the whole name of its tensor', async () => {
    const comma = encodeOnnx({
      inputs: [{ name: 'x', type: 'f32', shape: [1, 3, 8, 8] }],
      outputs: [{ name: 'y, z', type: 'f32', shape: [1, 3, 4, 4] }],
      nodes: [{ op: 'MaxPool', inputs: ['x'], outputs: ['y, z'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } }],
    })
    const [path, table] = [join(folder, 'comma.onnx'), join(folder, 'comma.calib')]
    await writeFile(path, comma)
    await writeFile(table, 'TRT-101500-EntropyCalibration2\nx: 3c010a14\n')
    const text = await run('build-with-table.mjs', [path, table, '{}'])
    const { said } = JSON.parse(text.slice(text.lastIndexOf('{"code"'))) as { said: string[] }
    const log = said.map((line) => ({
      severity: 'warning' as const,
      text: line.replace(/^TensorRT [\d.]+: /, ''),
      ofAnyBuild: false,
    }))
    const missing = readWarnings(log).filter(({ kind }) => kind === 'missing-scale')
    expect(missing.map(({ tensor }) => tensor)).toEqual(['y, z'])
  })
})
