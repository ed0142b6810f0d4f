import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { quantize } from '../../../lib/api/quantization/quantize.js'
import { writeNpy } from '../../../lib/dataset/npy.js'
import { readGraph } from '../../../lib/graph/graph-from-onnx.js'
import type { CalibrationSample, CalibrationSamples, QuantizeOptions } from '../../../lib/quantization/quantize-options.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { convolutionModel } from '../../models/encode-onnx.js'

const model = convolutionModel({ layers: 2, channels: 4, size: 8 })
const shape = [1, 4, 8, 8]
let name: string
let folder: string

beforeAll(async () => {
  name = (await readGraph(model)).inputs[0]?.name as string
  folder = await mkdtemp(join(tmpdir(), 'enginery-quantize-faults-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function sample(value = 0.5, own: number[] = shape): CalibrationSample {
  const length = own.reduce((product, each) => product * each, 1)
  return {
    [name]: Tensor.from(
      Float32Array.from({ length }, (_, at) => value * Math.sin(at)),
      own,
    ),
  }
}

const run = (data: CalibrationSamples, more: Partial<QuantizeOptions> = {}) =>
  quantize({ model, calibration: { data }, output: join(folder, 'out.onnx'), ...more })

async function nothingWritten(): Promise<void> {
  expect(await readdir(folder)).toEqual([])
}

describe('samples that are not what they should be end in an error with a code, and nothing is written', () => {
  const fault = new Error('the camera is gone')

  it.each<[string, () => CalibrationSamples, object]>([
    ['throws', () => throwing(), { code: 'CALIBRATION_SOURCE_FAILED', cause: fault }],
    ['rejects', () => rejecting(), { code: 'CALIBRATION_SOURCE_FAILED', cause: fault }],
    ['throws before the first', () => calling, { code: 'CALIBRATION_SOURCE_FAILED', cause: fault }],
    ['is empty', () => [], { code: 'CALIBRATION_EMPTY' }],
    ['has another name', () => [{ other: new Float32Array(256) }], { code: 'CALIBRATION_SAMPLE_INVALID' }],
    ['has one name too many', () => [{ ...sample(), other: new Float32Array(256) }], { code: 'CALIBRATION_SAMPLE_INVALID' }],
    ['has another shape', () => [sample(1, [1, 4, 8, 7])], { code: 'CALIBRATION_SAMPLE_INVALID' }],
    ['changes its shape', () => [sample(), sample(1, [1, 4, 9, 8])], { code: 'CALIBRATION_SAMPLE_INVALID' }],
    [
      'has another type',
      () => [
        {
          [name]: Tensor.from(
            Float64Array.from({ length: 256 }, () => 0.1),
            shape,
          ),
        },
      ],
      { code: 'CALIBRATION_SAMPLE_INVALID' },
    ],
    ['holds NaN', () => [sample(), sample(Number.NaN)], { code: 'CALIBRATION_NOT_FINITE' }],
    ['holds infinity', () => [sample(Number.POSITIVE_INFINITY)], { code: 'CALIBRATION_NOT_FINITE' }],
    ['is no sample', () => [null as never], { code: 'CALIBRATION_SAMPLE_INVALID' }],
    ['is no object', () => ['text' as never], { code: 'CALIBRATION_SAMPLE_INVALID' }],
  ])('a source that %s', async (_, data, expected) => {
    await expect(run(data())).rejects.toMatchObject(expected)
    await nothingWritten()
  })

  function* throwing(): Generator<CalibrationSample> {
    yield sample()
    yield sample()
    throw fault
  }

  function rejecting(): CalibrationSamples {
    let count = 0
    const next = async () => {
      if (count++ > 1) throw fault
      return { done: false, value: sample() }
    }
    return { [Symbol.asyncIterator]: () => ({ next: next as never }) }
  }

  function calling(): never {
    throw fault
  }

  it('one that ends early is used as far as it goes', async () => {
    const { calibration } = await quantize({ model, calibration: { data: [sample(), sample(2)], samples: 300 } })
    expect(calibration.samples).toBe(2)
  })

  it('one that stalls can be aborted, before the first sample and after', async () => {
    for (const given of [0, 3]) {
      const stop = new AbortController()
      let returned = 0
      const stalling = {
        [Symbol.asyncIterator]() {
          let count = 0
          return {
            next: () =>
              count++ < given ? Promise.resolve({ done: false as const, value: sample() }) : new Promise<never>(() => {}),
            return: async () => {
              returned++
              return { done: true as const, value: undefined }
            },
          }
        },
      }
      const running = run(stalling, { signal: stop.signal })
      setTimeout(() => stop.abort(new Error('enough')), 700)
      await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
      expect(returned).toBeLessThanOrEqual(1)
      await nothingWritten()
    }
  })

  it('one that is aborted while it flows lets the source clean up', async () => {
    const stop = new AbortController()
    let cleaned = false
    async function* endless(): AsyncGenerator<CalibrationSample> {
      try {
        for (let count = 0; ; count++) {
          if (count === 20) stop.abort()
          yield sample(count)
        }
      } finally {
        cleaned = true
      }
    }
    const calibration = { data: endless(), samples: 1_000_000 }
    await expect(run([], { calibration, signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    await vi.waitFor(() => expect(cleaned).toBe(true), 30_000)
    await nothingWritten()
  })

  it('an onProgress that throws ends it, whichever the stage', async () => {
    const seen = new Set<string>()
    await quantize({ model, calibration: { data: [sample()] }, onProgress: ({ stage }) => seen.add(stage) })
    expect([...seen]).toEqual(['read', 'fold', 'samples', 'statistics', 'quantize', 'check', 'write', 'done'])
    for (const at of seen) {
      if (at === 'done') continue
      const onProgress = ({ stage }: { stage: string }) => {
        if (stage === at) throw new Error('no')
      }
      await expect(run([sample()], { onProgress })).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
      await nothingWritten()
    }
  })
})

describe('a process that is killed', () => {
  it('leaves no model, the old one, or the whole new one', async () => {
    const place = await mkdtemp(join(tmpdir(), 'enginery-quantize-killed-'))
    try {
      const big = convolutionModel({ layers: 6, channels: 32, size: 16 })
      const input = (await readGraph(big)).inputs[0]?.shape?.map((length) =>
        typeof length === 'number' ? length : 1,
      ) as number[]
      await writeFile(join(place, 'model.onnx'), big)
      const rows = Float32Array.from({ length: 20 * input.reduce((a, b) => a * b, 1) }, (_, at) => Math.sin(at))
      await writeNpy(join(place, 'calib.npy'), { type: 'f32', shape: [20, ...input.slice(1)], data: rows })
      const cli = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
      const args = [
        cli,
        'quantize',
        'model.onnx',
        '-o',
        'out.onnx',
        '--data',
        'calib.npy',
        '--stats',
        's.stats',
        '--force',
        '--quiet',
      ]
      const runOnce = async (killAfter?: number) => {
        const child = spawn(process.execPath, args, { cwd: place, stdio: ['ignore', 'ignore', 'inherit'] })
        const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
        if (killAfter !== undefined) await Promise.race([sleep(killAfter), ended])
        if (killAfter !== undefined) child.kill('SIGKILL')
        return await ended
      }
      const began = performance.now()
      expect(await runOnce()).toBe(0)
      const took = performance.now() - began
      const whole = await readFile(join(place, 'out.onnx'))
      const seen = { none: 0, whole: 0 }
      for (let kill = 0; kill < 40; kill++) {
        // The first finds the whole model, the second none; both end before they can write, however busy the machine is.
        if (kill % 2 === 1) await rm(join(place, 'out.onnx'), { force: true })
        if (kill % 3 === 1) await rm(join(place, 's.stats'), { force: true })
        await runOnce(kill < 2 ? 0 : took * (0.2 + 0.8 * ((kill * 7) % 40) * (1 / 40)))
        const there = await stat(join(place, 'out.onnx')).catch(() => null)
        if (there === null) seen.none++
        else {
          seen.whole++
          expect((await readFile(join(place, 'out.onnx'))).equals(whole)).toBe(true)
        }
      }
      console.info('after 40 kills:', seen)
      expect(seen.none).toBeGreaterThan(0)
      expect(seen.whole).toBeGreaterThan(0)
      // What was left behind does not stand in the way.
      expect(await runOnce()).toBe(0)
      expect((await readFile(join(place, 'out.onnx'))).equals(whole)).toBe(true)
    } finally {
      await rm(place, { recursive: true, force: true })
    }
  }, 300_000)
})
