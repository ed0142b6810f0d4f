import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openNativeCalibration } from '../../../lib/api/tensorrt/calibrate-natively.js'
import type { BuildTensorRtSettings } from '../../../lib/api/tensorrt/tensorrt-options.js'
import { writeNpy } from '../../../lib/dataset/npy.js'
import type { CalibrationInput } from '../../../lib/engine/tensorrt/batch-layout.js'
import type { OpenedTensorRt } from '../../../lib/engine/tensorrt/open-library.js'
import { silentLogger } from '../../../lib/logging/logger.js'
import { type CalibrationOptions, calibrationSchema } from '../../../lib/quantization/quantize-options.js'

const library = { version: '10.15.1.29' } as OpenedTensorRt
const model = 'a'.repeat(64)
const picture: CalibrationInput = { name: 'x', type: 'f32', shape: [2, 3] }
const written = Buffer.from('TRT-101501-EntropyCalibration2\nx: 3c010204\n')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibrate-natively-'))
  for (const [name, first] of [
    ['a.npy', 0],
    ['b.npy', 1],
  ] as const) {
    const data = Float32Array.from({ length: 12 }, (_, at) => at + first)
    await writeNpy(join(folder, name), { type: 'f32', shape: [4, 3], data })
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function open(
  calibration: CalibrationOptions | undefined,
  calibrator: Partial<NonNullable<BuildTensorRtSettings['calibrator']>> | undefined,
  inputs: readonly CalibrationInput[] = [picture],
) {
  const parsed = calibration && calibrationSchema.parse(calibration)
  const settings = { calibration: parsed, calibrator: calibrator && { kind: 'entropy2', ...calibrator } } as BuildTensorRtSettings
  return openNativeCalibration(settings, library, model, inputs, silentLogger)
}

async function readBatches({ request }: Awaited<ReturnType<typeof open>>): Promise<number[][]> {
  const batches: number[][] = []
  for (;;) {
    const elements: number[] = []
    const append = (_input: number, part: ArrayBufferView) => {
      elements.push(...Array.from(part as Float32Array))
      return -1
    }
    if (!(await request.fillBatch(append))) return batches
    batches.push(elements)
  }
}

describe('a calibration table that a calibrator wrote', () => {
  it('is used again for the same samples, and found stale for others', async () => {
    const cache = join(folder, 'x.calib')
    const data = join(folder, 'a.npy')
    const first = await open({ data }, { cache })
    expect(first.request.cache).toBeUndefined()
    expect(await readBatches(first)).toEqual([
      [0, 1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10, 11],
    ])
    const bytes = new Uint8Array(written).buffer
    await first.finish({ batches: 2, cacheWasRead: false, cache: bytes, histograms: null })
    await first.close()

    for (const same of [{ data }, undefined]) {
      const again = await open(same, { cache })
      expect(Buffer.from(again.request.cache ?? []).toString()).toContain('x: 3c010204')
      await again.close()
    }
    const other = { data: join(folder, 'b.npy') }
    await expect(open(other, { cache })).rejects.toMatchObject({
      code: 'CALIBRATION_TABLE_UNFIT',
      details: { findings: [expect.objectContaining({ kind: 'data' })] },
    })
    const anew = await open(other, { cache, onUnfit: 'recalibrate' })
    expect(anew.request.cache).toBeUndefined()
    expect(await readBatches(anew)).toHaveLength(2)
    await anew.close()
  })

  it('or samples there must be', async () => {
    await expect(open(undefined, { cache: join(folder, 'none.calib') })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})

describe('inputs without an axis that counts samples', () => {
  it('take each item as a batch, scalars as they are', async () => {
    const inputs: CalibrationInput[] = [picture, { name: 'factor', type: 'f32', shape: [] }]
    const data = [1, 2].map((value) => ({ x: new Float32Array(6).fill(value), factor: Float32Array.of(-value) }))
    const run = await open({ data }, undefined, inputs)
    expect(await readBatches(run)).toEqual([
      [1, 1, 1, 1, 1, 1, -1],
      [2, 2, 2, 2, 2, 2, -2],
    ])
    await run.close()
  })

  it('refuse one sample where a whole batch is needed', async () => {
    const inputs: CalibrationInput[] = [picture, { name: 'table', type: 'f32', shape: [5, 3] }]
    const run = await open({ data: [{ x: new Float32Array(3), table: new Float32Array(15) }] }, undefined, inputs)
    await expect(run.request.fillBatch(() => -1)).rejects.toMatchObject({ code: 'CALIBRATION_SAMPLE_INVALID' })
    await run.close()
  })
})
