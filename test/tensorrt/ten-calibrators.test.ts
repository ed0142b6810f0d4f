import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeOnnx } from '../models/encode-onnx.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const program = join(import.meta.dirname, 'programs', 'calibrate-with-ten.mjs')
const addon = resolve(import.meta.dirname, '../../native/tensorrt/v10/build/Release/tensorrt-v10.node')

interface Answer {
  outcome: string
  asked: number
  cacheWasRead: boolean
  cache: null
  said: string[]
}

// What TensorRT does without a GPU: it makes no plan and asks for no batches, and it does read and judge caches.
describeWithTensorRt('TensorRT 10.15', 'calibrators without a device (cpu_only), one process for each build', () => {
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-calibrators-'))
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] }
    const model = encodeOnnx({
      opset: 13,
      inputs: [{ name: 'x', type: 'f32', shape: [1, 4, 8, 8] }],
      outputs: [{ name: 'y', type: 'f32', shape: [1, 4, 4, 4] }],
      nodes: [{ op: 'MaxPool', inputs: ['x'], outputs: ['y'], attributes }],
    })
    await writeFile(join(folder, 'model.onnx'), model)
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function calibrate(kind: string, cache?: string): Promise<Answer> {
    const args = [program, addon, dirname(coreLibraries['TensorRT 10.15']), join(folder, 'model.onnx')]
    const env = { ...process.env, TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const options = { env, timeout: 120_000 }
    const { stdout } = await promisify(execFile)(process.execPath, [...args, JSON.stringify({ kind, cache })], options)
    return JSON.parse(stdout) as Answer
  }

  /** 1/127 for both tensors. */
  const table = (algorithm: string) => `TRT-101500-${algorithm}\nx: 3c010204\ny: 3c010204\n`

  it.each([
    ['entropy2', 'EntropyCalibration2'],
    ['minMax', 'MinMaxCalibration'],
    ['entropy', 'EntropyCalibration'],
  ])('%s: TensorRT takes a cache of %s from it, and its scales', async (kind, algorithm) => {
    const { said, ...answer } = await calibrate(kind, table(algorithm))
    expect(answer).toMatchObject({ asked: 0, cacheWasRead: true, cache: null })
    expect(said).toContain(`info: Reading Calibration Cache for calibrator: ${algorithm}`)
    const scale = 'scale and zero-point Quantization(scale: {0.00787402,}, zero-point: {0,})'
    for (const tensor of ['x', 'y']) {
      expect(said).toContain(`verbose: INT8 Inference Tensor scales and zero-points: ${tensor} ${scale}`)
    }
  })

  it.each([
    ['entropy2', table('MinMaxCalibration')],
    ['minMax', table('EntropyCalibration2')],
    ['legacy', table('EntropyCalibration2')],
  ])("%s: TensorRT refuses another algorithm's cache, and says so to nobody but its log", async (kind, cache) => {
    const { said, cacheWasRead } = await calibrate(kind, cache)
    expect(cacheWasRead).toBe(true)
    expect(said).toContainEqual(expect.stringMatching(/^info: Calibration table does not match/))
    expect(said.join('\n')).not.toMatch(/Reading Calibration Cache/)
  })

  it.each(['entropy2', 'minMax', 'entropy', 'legacy'])(
    '%s: TensorRT asks it for a cache, and goes on without one',
    async (kind) => {
      const { said, outcome, cacheWasRead } = await calibrate(kind)
      expect({ outcome, cacheWasRead }).toEqual({ outcome: 'failed', cacheWasRead: true })
      expect(said).toContainEqual(expect.stringMatching(/graph optimization on calibration graph/))
    },
  )
})
