import { describe, expect, it } from 'vitest'
import { createCosineSimilarity } from '../../../../lib/evaluation/metrics/embedding/cosine-similarity.js'
import { createPairCorrelation } from '../../../../lib/evaluation/metrics/embedding/pair-correlation.js'
import { RankCorrelation } from '../../../../lib/evaluation/metrics/embedding/rank-correlation.js'
import { MetricAccumulator } from '../../../../lib/evaluation/metrics/metric-accumulator.js'
import type { Embedding } from '../../../../lib/evaluation/tasks/task.js'
import { accumulate, score } from './make-samples.js'

const embedding = (...values: number[]): Embedding => ({ task: 'embedding', vector: Float32Array.from(values) })
/** At an angle to [1, 0]. */
const turned = (degrees: number) => embedding(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180))
const ones = (count: number) => new Uint32Array(count).fill(1)

describe('RankCorrelation', () => {
  const correlate = (x: number[], y: number[], counts = ones(x.length)) =>
    new RankCorrelation(Float64Array.from(x), Float64Array.from(y)).correlate(counts)

  it('sees order alone', () => {
    expect(correlate([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1, 12)
    expect(correlate([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12)
    // 1 - 6 * sum of squared differences / (n^3 - n), where no ranks are shared.
    expect(correlate([1, 2, 3, 4, 5], [2, 1, 4, 5, 3])).toBeCloseTo(1 - (6 * 8) / 120, 12)
  })

  it('shares ranks between equals', () => {
    // Ranks 1, 2.5, 2.5, 4 beside 1, 3, 2, 4: as scipy.stats.spearmanr has it.
    expect(correlate([1, 2, 2, 3], [1, 3, 2, 4])).toBeCloseTo(0.9486832980505138, 12)
    expect(correlate([1, 1, 1], [1, 2, 3])).toBeNaN()
  })

  it('weighs as repetition does', () => {
    const [x, y, counts] = [
      [3, 1, 2, 2, 5],
      [1, 2, 2, 4, 3],
      [2, 1, 0, 3, 1],
    ]
    const repeat = (values: number[]) => values.flatMap((value, i) => new Array(counts[i]).fill(value) as number[])
    expect(correlate(x, y, Uint32Array.from(counts))).toBeCloseTo(correlate(repeat(x), repeat(y)), 12)
  })
})

describe('createPairCorrelation', () => {
  const metric = createPairCorrelation({ pairs: 'consecutive' })

  it('ranks consecutive samples', async () => {
    // Angles 10, 40, 20 beside targets 5, 1, 3: the smaller the angle, the higher the target.
    const pairs = [10, 40, 20].flatMap((angle, i) => [
      [{ target: [5, 1, 3][i] as number }, turned(0)] as const,
      [{}, turned(angle)] as const,
    ])
    const { value, details } = await score(metric, pairs)
    expect(value).toBeCloseTo(1, 12)
    expect(details).toEqual({ pairs: 3, incomplete: 0 })
    const resampler = await metric.resample(accumulate(metric, pairs).observed())
    expect(resampler.size).toBe(3)
    expect(resampler.score(Uint32Array.of(0, 2, 1))).toBeCloseTo(1, 12)
    expect(resampler.score(Uint32Array.of(0, 3, 0))).toBeNaN()
  })

  it('leaves out pairs of which one is missing, and mixes no others', async () => {
    const samples = Array.from({ length: 8 }, (_, i) => ({ id: `s${i}`, target: i >> 1 }))
    const accumulator = new MetricAccumulator(metric, samples)
    for (const i of [0, 1, 3, 4, 5, 6, 7])
      accumulator.add(samples[i] as (typeof samples)[0], turned(i % 2 === 0 ? 0 : 80 - 10 * i))
    expect(await accumulator.summarize()).toMatchObject({ value: 1, details: { pairs: 3, incomplete: 1 } })
  })

  it('ranks named pairs', async () => {
    const pairs = [
      { first: 'sample 0', second: 'sample 1', target: 1 },
      { first: 'sample 0', second: 'sample 2', target: 2 },
      { first: 'sample 1', second: 'elsewhere', target: 2 },
    ]
    const summary = await score(createPairCorrelation({ pairs }), [
      [{}, turned(0)],
      [{}, turned(10)],
      [{}, turned(50)],
    ])
    expect(summary).toMatchObject({ value: -1, details: { pairs: 2, incomplete: 1 } })
  })

  it.each([
    ['no target', [{}, {}], [turned(1), turned(2)], 'METRIC_ANNOTATION_MISSING'],
    ['two targets that differ', [{ target: 1 }, { target: 2 }], [turned(1), turned(2)], 'METRIC_RESULT_INVALID'],
    ['vectors of different lengths', [{ target: 1 }, {}], [turned(1), embedding(1, 2, 3)], 'METRIC_RESULT_INVALID'],
    ['a vector without direction', [{ target: 1 }, {}], [turned(1), embedding(0, 0)], 'METRIC_RESULT_INVALID'],
    ['an empty vector', [{ target: 1 }, {}], [embedding(), turned(1)], 'METRIC_RESULT_INVALID'],
    ['NaN', [{ target: 1 }, {}], [turned(1), embedding(Number.NaN, 0)], 'METRIC_RESULT_INVALID'],
    ['a single pair', [{ target: 1 }, {}], [turned(1), turned(2)], 'METRIC_UNDEFINED'],
  ] as const)('refuses %s', async (_, samples, vectors, code) => {
    await expect(async () =>
      score(
        metric,
        samples.map((sample, i) => [sample, vectors[i] as Embedding]),
      ),
    ).rejects.toMatchObject({ code })
  })
})

describe('createCosineSimilarity', () => {
  it('compares with reference vectors', async () => {
    const references = new Map([
      ['sample 0', Float32Array.of(1, 0)],
      ['sample 1', Float32Array.of(0, 2)],
    ])
    const metric = createCosineSimilarity({ references })
    const summary = await score(metric, [
      [{}, embedding(5, 0)],
      [{}, embedding(3, 3)],
    ])
    expect(summary.value).toBeCloseTo((1 + Math.SQRT1_2) / 2, 7)
    expect(summary.details.lowest).toBeCloseTo(Math.SQRT1_2, 7)
    const three = [embedding(1, 0), embedding(1, 0), embedding(1, 0)].map((vector) => [{}, vector] as const)
    await expect(async () => score(metric, three)).rejects.toMatchObject({ code: 'METRIC_ANNOTATION_MISSING' })
  })
})
