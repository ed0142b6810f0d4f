// Networks written layer by layer in the real TensorRT 10.15 without a GPU, which NVIDIA's undocumented switch allows as far as no
// kernel is needed: what of precisions TensorRT takes, and not that a plan comes of it. Batches are never asked for.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeNpy } from '../../lib/dataset/npy.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const program = join(import.meta.dirname, 'programs', 'build-network-with-ten.mjs')

interface Outcome {
  code?: string
  message: string
  cure: string
  said: string[]
}

describeWithTensorRt('TensorRT 10.15', 'precisions of networks written layer by layer, without a device (cpu_only)', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-network-precision-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function build(...cases: object[]): Promise<Outcome[]> {
    const file = join(folder, 'cases.json')
    await writeFile(file, JSON.stringify(cases))
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const args = [program, coreLibraries['TensorRT 10.15'], file]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 2 ** 28 })
    const lines = stdout.split('\n').filter((line) => line.startsWith('outcome '))
    return lines.map((line) => JSON.parse(line.slice('outcome '.length)))
  }

  // Without a device a build ends where kernels are chosen: later than everything that is looked at here.
  const chosen = /kernelLibrary/

  it('FP16, BF16 and FP8 are permissions', async () => {
    const outcomes = await build(
      { precision: 'fp16' },
      { precision: 'bf16' },
      { precision: 'fp8' },
      { precision: 'fp16', ranges: true },
    )
    expect(outcomes).toHaveLength(4)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ code: 'TENSORRT_BUILD_FAILED', message: expect.stringMatching(chosen) })
    }
  })

  it('INT8 by a calibration table, which is read by the names of its tensors', async () => {
    const cache = join(folder, 'two.calib')
    const tensors = ['left', 'right', 'pool0_output', 'y']
    await writeFile(cache, `TRT-101500-EntropyCalibration2\n${tensors.map((name) => `${name}: 3c010a14\n`).join('')}`)
    const [outcome] = await build({ precision: 'int8', calibrator: { cache } })
    expect(outcome).toMatchObject({ code: 'TENSORRT_BUILD_FAILED', message: expect.stringMatching(chosen) })
    const said = outcome?.said.join('\n')
    expect(said).toContain('Reading Calibration Cache for calibrator: EntropyCalibration2')
    expect(said).toMatch(/Missing scale and zero-point for tensor pool1_output,/)
    expect(said).not.toMatch(/Missing scale and zero-point for tensor (left|right|pool0_output|y),/)
  })

  it('INT8 by samples for its calibrators, by the names of the inputs', async () => {
    const names = ['left', 'right']
    const data = Object.fromEntries(names.map((name) => [name, join(folder, `${name}.npy`)]))
    const values = Float32Array.from({ length: 8 * 3 * 8 * 8 }, (_, at) => Math.sin(at))
    for (const name of names) await writeNpy(data[name] as string, { type: 'f32', shape: [8, 3, 8, 8], data: values })
    const int8 = { precision: 'int8', calibration: { data } }
    const outcomes = await build(int8, { ...int8, calibrator: { kind: 'minMax' } })
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ code: 'TENSORRT_BUILD_FAILED', message: expect.stringMatching(chosen) })
      expect(outcome.said.join('\n')).toContain('Perform graph optimization on calibration graph')
    }
    const [lacking] = await build({ precision: 'int8', calibration: { data: { left: data.left } } })
    expect(lacking).toMatchObject({ code: 'INPUT_MISSING', message: expect.stringContaining('right') })
  })

  it('INT8 by ranges, of the option and of the network', async () => {
    const dynamicRanges = Object.fromEntries(['left', 'right', 'pool0_output', 'y'].map((name) => [name, [-1, 1]]))
    const [option, network, none] = await build(
      { precision: 'int8', dynamicRanges },
      { precision: 'int8', ranges: true },
      { precision: 'int8' },
    )
    const missing = (outcome: Outcome | undefined) => outcome?.said.filter((text) => text.includes('Missing scale')) ?? []
    expect([option?.message, network?.message]).toEqual([expect.stringMatching(chosen), expect.stringMatching(chosen)])
    expect(missing(option)).toEqual([expect.stringContaining('for tensor pool1_output,')])
    expect(missing(network)).toEqual([])
    expect(none?.message).toContain('no scaling factors detected')
  })

  it('where types are those of the network, the refusal says what to write', async () => {
    const typed = { builder: { stronglyTyped: true } }
    const [half, int8, quantizers, ranges] = await build(
      { ...typed, precision: 'fp16' },
      { ...typed, precision: 'int8', calibration: { data: join(folder, 'none.npy') } },
      { ...typed, precision: 'int8' },
      { ...typed, precision: 'int8', dynamicRanges: { left: [-1, 1] } },
    )
    expect(half).toMatchObject({ code: 'TENSORRT_OPTION_UNSUPPORTED', cure: expect.stringMatching(/`cast` to f16.*back to f32/) })
    expect(int8).toMatchObject({
      code: 'TENSORRT_OPTION_UNSUPPORTED',
      cure: expect.stringMatching(/`quantize` and `dequantize`/),
    })
    expect(quantizers).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/`quantize` and `dequantize` in it/),
    })
    expect(ranges).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(/dynamicRanges.*not strongly typed/) })
  })
})
