import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeOnnx } from '../../models/encode-onnx.js'
import { startProgram } from '../faults/run-program.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const addon = `${root}native/tensorrt/v10/build/Release/tensorrt-v10.node`
const libraries = `${root}.deps/tensorrt/10.15`

const missing = process.env.ENGINERY_SANITIZED
  ? "NVIDIA's libraries do not run under the sanitizers"
  : ([addon, `${libraries}/libnvinfer.so.10`].find((file) => !existsSync(file)) ?? null)
if (missing !== null) console.log(`calibrators with TensorRT 10.15: skipped, ${missing} (npm run setup -- --tensorrt)`)

interface Answer {
  outcome: string
  asked: number
  cacheWasRead: boolean
  cache: null
  said: string[]
}

// What TensorRT does without a GPU: it makes no plan and asks for no batches, and it does read and judge caches.
describe.skipIf(missing !== null)('calibrators, called by TensorRT 10.15 without a GPU', () => {
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
    const args = [addon, libraries, join(folder, 'model.onnx'), JSON.stringify({ kind, cache })]
    const env = { TRT_INTERNAL_OPTIONS: '--cpu_only=1' }
    const { code, signal, stdout, stderr } = await startProgram('../../tensorrt/programs/calibrate-with-library', args, { env })
      .ended
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
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
