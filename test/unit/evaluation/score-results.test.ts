import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../lib/dataset/annotations.js'
import { createMetric } from '../../../lib/evaluation/metrics/create-metric.js'
import { createCustomMetric } from '../../../lib/evaluation/metrics/custom-metric.js'
import type { Metric } from '../../../lib/evaluation/metrics/metric.js'
import type { SampleOutcome } from '../../../lib/evaluation/result-store.js'
import { type ScoredMetric, type ScoreOptions, scoreResults } from '../../../lib/evaluation/score-results.js'

const categories = ['a', 'b', 'c'].map((name, id) => ({ id, name }))
const accuracy = createMetric({ name: 'accuracy', top: [1] }, { categories, overlap: () => 0 })
const samples: Sample[] = Array.from({ length: 30 }, (_, i) => ({ id: `s${i}`, label: i % 3 }))
const plain: ScoreOptions = { perSample: false, bootstrap: undefined }
const resampled: ScoreOptions = { perSample: true, bootstrap: { resamples: 500, seed: 4, levels: [0.8] } }

/** What a model said that is right on the first samples, and wrong on the others. */
function rightUntil(count: number, order = samples): Map<string, SampleOutcome> {
  const outcome = ({ id, label = 0 }: Sample): SampleOutcome => {
    const isRight = Number(id.slice(1)) < count
    const classes = [{ category: isRight ? label : (label + 1) % 3, score: 0.9 }]
    return { id, nonFinite: 0, result: { task: 'classification', classes } }
  }
  return new Map(order.map((sample) => [sample.id, outcome(sample)]))
}

const numberOf = (metric: unknown) => (metric as ScoredMetric).value

describe('scoreResults', () => {
  it('scores each model, and the others less the first', async () => {
    const scores = await scoreResults(samples, [rightUntil(24), rightUntil(15), rightUntil(27)], [accuracy], plain)
    expect(scores.map(({ metrics }) => numberOf(metrics[0]))).toEqual([0.8, 0.5, 0.9])
    expect(scores.map(({ differences }) => differences)).toEqual([
      [],
      [{ metric: 'top-1', value: 0.5 - 0.8, intervals: [], shareAbove: null }],
      [{ metric: 'top-1', value: 0.9 - 0.8, intervals: [], shareAbove: null }],
    ])
  })

  it('states intervals, of scores and of paired differences', async () => {
    const [first, second] = await scoreResults(samples, [rightUntil(24), rightUntil(15)], [accuracy], resampled)
    const metric = first?.metrics[0] as ScoredMetric
    expect(metric.perSample?.map(({ value }) => value)).toEqual(samples.map((_, i) => Number(i < 24)))
    expect(metric.intervals).toHaveLength(1)
    const [{ low, high, level } = { low: 1, high: 0, level: 0 }] = metric.intervals
    expect(level).toBe(0.8)
    expect(low).toBeLessThan(0.8)
    expect(high).toBeGreaterThan(0.8)
    const [difference] = second?.differences ?? []
    // Never better on any sample, so that no resample is higher.
    expect(difference).toMatchObject({ metric: 'top-1', shareAbove: 0 })
    expect(difference?.intervals[0]?.high).toBeLessThan(0)
  })

  it('gives the same whatever order results come in', async () => {
    const orders = [samples, [...samples].reverse()]
    const [one, other] = await Promise.all(
      orders.map((order) => scoreResults(samples, [rightUntil(20, order), rightUntil(11, order)], [accuracy], resampled)),
    )
    expect(one).toEqual(other)
  })

  it('scores the samples that have results', async () => {
    const [some] = await scoreResults(samples, [rightUntil(30, samples.slice(20))], [accuracy], plain)
    expect(some?.metrics[0]).toMatchObject({ samples: 10, value: 1 })
  })

  it('tells why there is no score, for that metric and that model alone', async () => {
    const mean = createCustomMetric({ name: 'mean', compare: () => 2 }) as Metric
    const broken = rightUntil(30)
    broken.set('s7', {
      id: 's7',
      nonFinite: 3,
      result: { task: 'classification', classes: [{ category: 0, score: Number.NaN }] },
    })
    for (const options of [plain, resampled]) {
      const scores = await scoreResults(samples, [rightUntil(30), broken, rightUntil(15), new Map()], [accuracy, mean], options)
      expect(scores.map(({ metrics }) => metrics)).toMatchObject([
        [
          { name: 'top-1', value: 1 },
          { name: 'mean', value: 2 },
        ],
        [
          { name: 'top-1', undefinedBecause: expect.stringContaining('s7') },
          { name: 'mean', value: 2 },
        ],
        [
          { name: 'top-1', value: 0.5 },
          { name: 'mean', value: 2 },
        ],
        [{ undefinedBecause: expect.stringMatching(/no samples/) }, { undefinedBecause: expect.stringMatching(/no samples/) }],
      ])
      expect(scores.map(({ differences }) => differences.map(({ metric }) => metric))).toEqual([
        [],
        ['mean'],
        ['top-1', 'mean'],
        [],
      ])
      // Where the first has no score, there is nothing to compare with.
      const [, good] = await scoreResults(samples, [broken, rightUntil(30)], [accuracy], options)
      expect(good).toMatchObject({ metrics: [{ value: 1 }], differences: [] })
    }
  })

  it('tells how far it is, through every resampling', async () => {
    const told: number[] = []
    const models = [rightUntil(30), rightUntil(20), rightUntil(10)]
    await scoreResults(samples, models, [accuracy], { ...resampled, onProgress: (fraction) => told.push(fraction) })
    // Three collected, five resampled, each told 50 times over.
    expect(told.length).toBeGreaterThan(5 * 50)
    expect([...told].sort((a, b) => a - b)).toEqual(told)
    expect(told.at(-1)).toBe(1)
    const gaps = told.map((fraction, i) => fraction - (told[i - 1] ?? 0))
    expect(Math.max(...gaps)).toBeLessThan(0.2)
  })

  it('keeps a score whose resamples mostly have none', async () => {
    const rare = createCustomMetric({ name: 'rare', compare: ({ id }) => Number(id === 's0') }) as Metric
    const metric: Metric = {
      ...rare,
      resample: () => ({ size: 30, score: (counts) => (counts.every((count) => count === 1) ? 1 : Number.NaN) }),
    }
    const [scores] = await scoreResults(samples, [rightUntil(30)], [metric], resampled)
    expect(scores?.metrics[0]).toMatchObject({ name: 'rare', value: 1 / 30, intervals: [] })
  })

  it('passes on what is wrong with annotations, and what functions throw', async () => {
    const unlabelled = samples.map(({ id }) => ({ id }))
    await expect(scoreResults(unlabelled, [rightUntil(30)], [accuracy], plain)).rejects.toMatchObject({
      code: 'METRIC_ANNOTATION_MISSING',
    })
    const throwing = createCustomMetric({
      name: 'mine',
      compare: () => {
        throw new Error('mine')
      },
    }) as Metric
    await expect(scoreResults(samples, [rightUntil(30)], [throwing], plain)).rejects.toMatchObject({
      code: 'METRIC_FUNCTION_FAILED',
    })
  })
})
