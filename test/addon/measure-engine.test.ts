import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { measureEngine } from '../../lib/api/engines/measure-engine.js'
import type { Engine } from '../../lib/inference/engine.js'
import { unaryModel } from '../models/encode-onnx.js'

describe('measureEngine', () => {
  let engine: Engine
  const inputs = { x: new Float32Array(16) }
  beforeAll(async () => {
    engine = await buildEngine({ model: unaryModel('Relu', [1, 16]), hints: { requests: 4 } })
  })
  afterAll(() => engine.close())

  it('runs exactly as many inferences as asked for, whatever the mode', async () => {
    for (const mode of ['latency', 'throughput'] as const) {
      for (const iterations of [1, 3, 50]) {
        const measured = await measureEngine(engine, inputs, { mode, iterations, warmUp: 0 })
        expect(measured, `${mode} ${iterations}`).toMatchObject({ mode, iterations, concurrency: mode === 'latency' ? 1 : 4 })
      }
    }
  })

  it('tells both phases of progress', async () => {
    const seen: Record<string, number[]> = {}
    await measureEngine(engine, inputs, {
      duration: 0.3,
      warmUp: 0.2,
      onProgress: ({ phase, fraction }) => {
        seen[phase] = [...(seen[phase] ?? []), fraction]
      },
    })
    for (const phase of ['warm-up', 'measurement']) {
      const fractions = seen[phase] as number[]
      expect(fractions.length, phase).toBeGreaterThan(0)
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
      expect(fractions.at(-1)).toBeLessThanOrEqual(1)
    }
  })

  it('leaves the event loop its turns, also for inferSync', async () => {
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    await measureEngine(engine, inputs, { sync: true, duration: 0.5, warmUp: 0 })
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(0)
  })

  it.each([
    ['an aborted signal', { signal: AbortSignal.abort() }, 'ABORTED'],
    ['a signal that fires midway', { signal: AbortSignal.timeout(100), duration: 3600 }, 'ABORTED'],
    [
      'a throwing callback',
      {
        onProgress: () => {
          throw new Error('no')
        },
      },
      'CALLBACK_FAILED',
    ],
    ['inferSync in throughput mode', { sync: true, mode: 'throughput' as const }, 'OPTION_INVALID'],
    ['a wrong option', { duration: -1 }, 'OPTION_INVALID'],
    ['an unknown option', { durations: 1 } as object, 'OPTION_INVALID'],
  ])('rejects for %s', async (_, options, code) => {
    await expect(measureEngine(engine, inputs, options)).rejects.toMatchObject({ code })
  })

  it('passes on why an inference failed, from every lane at once', async () => {
    await expect(
      measureEngine(engine, { y: new Float32Array(16) }, { mode: 'throughput', duration: 3600 }),
    ).rejects.toMatchObject({
      code: 'INPUT_MISSING',
    })
  })
})
