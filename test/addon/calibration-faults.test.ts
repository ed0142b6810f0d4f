import { describe, expect, it } from 'vitest'
import { openCalibrationModel } from '../../lib/api/quantization/run-calibration-model.js'
import { type CollectOptions, collectStatistics } from '../../lib/calibration/collect-statistics.js'
import type { SampleSource } from '../../lib/calibration/sample-source.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { makeGraph, noise } from '../unit/graph/make-graph.js'

const shape = [1, 3, 6, 6]
const graph = makeGraph({
  inputs: { x: ['N', 3, 6, 6], ids: { type: 'i64', shape: ['N', 2] } },
  constants: { w: noise([4, 3, 3, 3]) },
  nodes: [
    { type: 'Conv', inputs: ['x', 'w'], outputs: ['y'] },
    { type: 'Identity', inputs: ['ids'], outputs: ['same'] },
  ],
  outputs: ['y', 'same'],
})
const ids = Tensor.from(BigInt64Array.of(1n, 2n), [1, 2])
const sampleOf = (index: number) => ({ x: Tensor.from(noise(shape, `${index}`).values() as Float32Array, shape), ids })
const good = Array.from({ length: 40 }, (_, index) => sampleOf(index))

function collect(samples: unknown, rest: Partial<CollectOptions> = {}) {
  return collectStatistics({
    graph,
    points: [{ tensor: 'y', kind: 'range' }],
    samples: samples as SampleSource,
    openModel: openCalibrationModel,
    ...rest,
  })
}

async function* goodThen(count: number, end: () => unknown) {
  yield* good.slice(0, count)
  const last = await end()
  if (last !== undefined) yield last
}

describe('a source of samples', () => {
  it('that is sound gives statistics and no warnings', async () => {
    expect(await collect(good)).toMatchObject({ sampleCount: 40, warnings: [] })
    expect(await collect(goodThen(33, () => undefined))).toMatchObject({ sampleCount: 33, warnings: [] })
    expect(await collect(() => good.values(), { maxSamples: 35 })).toMatchObject({ sampleCount: 35 })
  })

  const boom = new Error('the disk is gone')
  it.each([0, 1, 20])('that throws after %i samples', async (count) => {
    const failing = goodThen(count, () => {
      throw boom
    })
    await expect(collect(failing)).rejects.toMatchObject({
      code: 'CALIBRATION_SOURCE_FAILED',
      cause: boom,
      details: { sample: count, reason: 'the disk is gone' },
    })
  })

  it('that throws when it is asked for an iterator, or is none', async () => {
    const throwing = () => {
      throw boom
    }
    await expect(collect(throwing)).rejects.toMatchObject({ code: 'CALIBRATION_SOURCE_FAILED', cause: boom })
    await expect(collect(7)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(collect(() => null)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it.each([0, 1, 20])('that stalls after %i samples can be aborted', async (count) => {
    const abort = new AbortController()
    const stalled = goodThen(count, () => {
      setTimeout(() => abort.abort(), 20)
      return new Promise(() => {})
    })
    await expect(collect(stalled, { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('is told to stop when nobody needs more', async () => {
    let closed = 0
    const watched = () => ({
      [Symbol.asyncIterator]: () => {
        const inner = good.values()
        const close = async () => {
          closed++
          return { done: true as const, value: undefined }
        }
        return { next: async () => inner.next(), return: close }
      },
    })
    await collect(watched, { maxSamples: 3 })
    expect(closed).toBe(1)
    await expect(collect(watched, { openModel: () => Promise.reject(boom) })).rejects.toBe(boom)
    expect(closed).toBe(2)
    const abort = new AbortController()
    const onProgress = () => abort.abort()
    await expect(collect(watched, { signal: abort.signal, onProgress })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(closed).toBe(3)
  })

  it('that is empty', async () => {
    for (const empty of [[], goodThen(0, () => undefined)]) {
      await expect(collect(empty)).rejects.toMatchObject({ code: 'CALIBRATION_EMPTY' })
    }
  })

  const { x } = sampleOf(0)
  it.each([
    ['no object', 5, 'an object with the tensors x, ids', '5'],
    ['a tensor', x, 'an object with the tensors x, ids', 'Tensor'],
    ['a missing input', { x }, 'a tensor for the input ids', 'undefined'],
    ['an array', { x: new Float32Array(108), ids }, 'a tensor for the input x', 'Float32Array'],
    ['an unknown name', { x, ids, z: x }, 'the inputs x, ids', 'one named z'],
    ['another type', { x: Tensor.from(new Float64Array(108), shape), ids }, 'f32 for the input x', 'f64'],
    ['another shape', { x: Tensor.from(new Float32Array(75), [1, 3, 5, 5]), ids }, 'a shape like [', '[1, 3, 5, 5]'],
  ])('that yields %s', async (_, wrong, expected, received) => {
    for (const count of [0, 20]) {
      const error = await collect(goodThen(count, () => wrong)).catch((error: unknown) => error)
      expect(error).toMatchObject({
        code: 'CALIBRATION_SAMPLE_INVALID',
        details: { sample: count, expected: expect.stringContaining(expected), received: expect.stringContaining(received) },
      })
    }
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('that yields %d', async (value) => {
    const broken = sampleOf(5)
    ;(broken.x.data as Float32Array)[50] = value
    const samples = [...good.slice(0, 34), broken]
    await expect(collect(samples)).rejects.toMatchObject({ code: 'CALIBRATION_NOT_FINITE', details: { sample: 34, tensor: 'x' } })
    expect(await collect(samples, { onNotFinite: 'skip' })).toMatchObject({
      sampleCount: 34,
      warnings: [{ code: 'SAMPLES_NOT_FINITE' }],
    })
    const only = collect([broken], { onNotFinite: 'skip' })
    await expect(only).rejects.toMatchObject({ code: 'CALIBRATION_NOT_FINITE' })
  })

  it('that is other the second time', async () => {
    let calls = 0
    const changing = () => good.slice(0, 40 - calls++)
    const points = ['x', 'y'].map((tensor) => ({ tensor, kind: 'histogram' as const }))
    await expect(collect(changing, { points, memoryLimit: 1 })).rejects.toMatchObject({ code: 'CALIBRATION_SOURCE_FAILED' })
  })
})

describe('odd samples', () => {
  const codes = async (samples: SampleSource, rest?: Partial<CollectOptions>) =>
    (await collect(samples, rest)).warnings.map(({ code }) => code)
  const scaled = (make: (value: number) => number) =>
    good.map(({ x }) => ({ x: Tensor.from((x.data as Float32Array).map(make), shape), ids }))

  it('are few, repeated or all equal', async () => {
    expect(await codes(good.slice(0, 8))).toContain('SAMPLES_FEW')
    expect(await codes([...good, ...good.slice(0, 2)])).toEqual(['SAMPLES_REPEATED'])
    expect(await codes(good.fill(good[0] as (typeof good)[0], 0, 0).map(() => good[0] as (typeof good)[0]))).toContain(
      'SAMPLES_EQUAL',
    )
  })

  it('are constant, tiny, huge, or pixels where none were expected', async () => {
    const constant = { x: Tensor.from(new Float32Array(108).fill(3), shape), ids }
    expect(await codes([...good, constant])).toContain('SAMPLES_CONSTANT')
    expect(await codes(scaled((value) => value * 1e-4))).toEqual(['INPUT_TINY'])
    expect(await codes(scaled((value) => value * 1e5))).toEqual(['INPUT_HUGE'])
    const pixels = scaled((value) => Math.round((value + 1) * 127))
    expect(await codes(pixels)).toEqual([])
    expect(await codes(pixels, { isNormalized: true })).toEqual(['INPUT_NOT_NORMALIZED'])
  })

  it('leave ranges unsettled, which is measured', async () => {
    const growing = good.map(({ x }, index) => ({
      x: Tensor.from(
        (x.data as Float32Array).map((value) => value * (1 + index)),
        shape,
      ),
      ids,
    }))
    const { convergence, warnings } = await collect(growing)
    expect(convergence).toMatchObject([
      { samples: 20, worstTensor: 'y' },
      { samples: 30, worstTensor: 'y' },
    ])
    expect(convergence[0]?.worst).toBeCloseTo(0.25, 1)
    expect(warnings).toMatchObject([{ code: 'RANGES_UNSETTLED' }])
    expect((await collect(good)).convergence[1]?.worst).toBeLessThan(0.05)
  })
})
