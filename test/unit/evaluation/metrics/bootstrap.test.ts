import { describe, expect, it } from 'vitest'
import { bootstrapDifference, bootstrapScore } from '../../../../lib/evaluation/metrics/bootstrap/bootstrap.js'
import { acceleratedInterval, percentileInterval, quantile } from '../../../../lib/evaluation/metrics/bootstrap/interval.js'
import { normalQuantile, normalShareBelow } from '../../../../lib/evaluation/metrics/bootstrap/normal-distribution.js'
import { RandomSequence } from '../../../../lib/evaluation/metrics/bootstrap/random-sequence.js'
import { createCustomMetric } from '../../../../lib/evaluation/metrics/custom-metric.js'
import { createCocoMap } from '../../../../lib/evaluation/metrics/detection/coco-map.js'
import { createLineAccuracy } from '../../../../lib/evaluation/metrics/text/text-recognition.js'
import type { CustomResult, RecognizedText } from '../../../../lib/evaluation/tasks/task.js'
import { accumulate, detections, makeBox, makeCategories, makeDetection } from './make-samples.js'

const mean = createCustomMetric<CustomResult>({ name: 'mean', compare: (_, result) => result.value as number })
const meanOf = (values: readonly number[]) =>
  accumulate(
    mean,
    values.map((value) => [{}, { task: 'custom', value }]),
  )

/** Standard normal values, by Box and Muller. */
function normalValues(count: number, seed: number): number[] {
  const random = new RandomSequence(seed)
  const share = () => (random.next() + 1) / 2 ** 32
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(share())) * Math.cos(2 * Math.PI * share()))
}

describe('bootstrapScore', () => {
  it('finds the standard error of a mean', async () => {
    const values = normalValues(100, 3)
    const { value, bias, standardError, intervals, resamples } = await bootstrapScore(meanOf(values), { resamples: 4000 })
    const average = values.reduce((sum, each) => sum + each, 0) / 100
    const spread = Math.sqrt(values.reduce((sum, each) => sum + (each - average) ** 2, 0) / 100) / 10
    expect(value).toBeCloseTo(average, 12)
    expect(Math.abs(bias)).toBeLessThan(spread / 10)
    expect(Math.abs(standardError / spread - 1)).toBeLessThan(0.05)
    expect(resamples).toBe(4000)
    const [ninety, ninetyFive] = intervals as [(typeof intervals)[0], (typeof intervals)[0]]
    expect([ninety.level, ninetyFive.level]).toEqual([0.9, 0.95])
    for (const [{ low, high }, z] of [[ninety, 1.6449] as const, [ninetyFive, 1.96] as const]) {
      expect(Math.abs((high - average) / spread / z - 1)).toBeLessThan(0.08)
      expect(Math.abs((average - low) / spread / z - 1)).toBeLessThan(0.08)
    }
  })

  it('covers the truth about as often as it says', async () => {
    for (const method of ['percentile', 'bca'] as const) {
      let covered = 0
      for (let trial = 0; trial < 200; trial++) {
        const { intervals } = await bootstrapScore(meanOf(normalValues(40, 1000 + trial)), {
          resamples: 300,
          levels: [0.9],
          method,
        })
        if ((intervals[0]?.low ?? 1) < 0 && (intervals[0]?.high ?? -1) > 0) covered++
      }
      expect(covered, method).toBeGreaterThan(165)
      expect(covered, method).toBeLessThan(195)
    }
  })

  it('is the same for the same seed', async () => {
    const accumulator = meanOf(normalValues(30, 5))
    const first = await bootstrapScore(accumulator, { seed: 7 })
    expect(await bootstrapScore(accumulator, { seed: 7 })).toEqual(first)
    expect((await bootstrapScore(accumulator, { seed: 8 })).standardError).not.toBe(first.standardError)
    expect((await bootstrapScore(accumulator, { seed: 7 + 2 ** 33 })).standardError).not.toBe(first.standardError)
  })

  it('leaves out resamples without a score, and refuses if they are most', async () => {
    const metric = createCocoMap({ categories: makeCategories(1) })
    const empty = [{ boxes: [] }, detections()] as const
    const full = [{ boxes: [makeBox(0, [0, 0, 5, 5])] }, detections(makeDetection(0, 1, [0, 0, 5, 5]))] as const
    // Of five samples drawn from five, a share of .8^5 has no object.
    const { value, resamples } = await bootstrapScore(accumulate(metric, [full, empty, empty, empty, empty]), { resamples: 1000 })
    expect(value).toBe(1)
    expect(Math.abs(resamples / 1000 - (1 - 0.8 ** 5))).toBeLessThan(0.06)
    await expect(bootstrapScore(accumulate(metric, [empty, empty]))).rejects.toMatchObject({ code: 'METRIC_UNDEFINED' })
    await expect(bootstrapScore(accumulate(metric, []))).rejects.toMatchObject({ code: 'METRIC_UNDEFINED' })
  })

  it('leaves the event loop its turns, and stops when told to', async () => {
    const slow = createCustomMetric<CustomResult>({
      name: 'slow',
      compare: () => 1,
      summarize: () => {
        for (const end = performance.now() + 1; performance.now() < end; );
        return 1
      },
    })
    const accumulator = accumulate(slow, [[{}, { task: 'custom', value: 1 }]])
    const controller = new AbortController()
    const cause = new Error('enough')
    setTimeout(() => controller.abort(cause), 30)
    const aborted = bootstrapScore(accumulator, { resamples: 100_000, signal: controller.signal })
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause })
  })

  it('says how far it is, in between the turns of others', async () => {
    const told: number[] = []
    let turns = 0
    let done = false
    const count = () => {
      turns++
      if (!done) setImmediate(count)
    }
    setImmediate(count)
    let calls = 0
    const metric = createCustomMetric<CustomResult>({
      name: 'long',
      compare: () => 1,
      // Longer than a turn may be.
      summarize: () => {
        if (++calls <= 10) for (const end = performance.now() + 25; performance.now() < end; );
        return 1
      },
    })
    const accumulator = accumulate(metric, [[{}, { task: 'custom', value: 1 }]])
    await bootstrapScore(accumulator, { resamples: 200, onProgress: (fraction) => told.push(fraction) })
    done = true
    expect(told).toEqual(Array.from({ length: 50 }, (_, i) => (4 * i) / 200))
    expect(turns).toBeGreaterThan(1)
  })

  it('checks its options', async () => {
    const accumulator = meanOf([1, 2])
    for (const options of [{ resamples: 5 }, { levels: [95] }, { seed: -1 }, { method: 'basic' as 'bca' }]) {
      await expect(bootstrapScore(accumulator, options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    }
  })
})

describe('bootstrapDifference', () => {
  it('knows a small difference that the scores alone do not show', async () => {
    const values = normalValues(60, 11)
    const better = meanOf(values.map((value, i) => value + 0.1 + (i % 2) * 0.02))
    const worse = meanOf(values)
    const difference = await bootstrapDifference(better, worse)
    expect(difference.value).toBeCloseTo(0.11, 12)
    expect(difference.shareAbove).toBe(1)
    expect(difference.intervals[1]?.low).toBeGreaterThan(0.1)
    expect(difference.intervals[1]?.high).toBeLessThan(0.12)
    const [a, b] = [await bootstrapScore(better), await bootstrapScore(worse)]
    expect(a.intervals[1]?.low).toBeLessThan(b.intervals[1]?.high as number)
  })

  it('is zero between a model and itself', async () => {
    const accumulator = meanOf(normalValues(20, 2))
    const { value, standardError, shareAbove, intervals } = await bootstrapDifference(accumulator, accumulator)
    expect({ value, standardError, shareAbove, low: intervals[0]?.low }).toEqual({
      value: 0,
      standardError: 0,
      shareAbove: 0.5,
      low: 0,
    })
  })

  it('refuses other samples and other metrics', async () => {
    const [three, two] = [meanOf([1, 2, 3]), meanOf([1, 2])]
    await expect(bootstrapDifference(three, two)).rejects.toMatchObject({ code: 'BOOTSTRAP_SAMPLES_DIFFER' })
    const renamed = accumulate(mean, [])
    renamed.add({ id: 'sample 0' }, { task: 'custom', value: 1 })
    renamed.add({ id: 'another' }, { task: 'custom', value: 1 })
    await expect(bootstrapDifference(two, renamed)).rejects.toThrow(/sample 1.*another/)
    const lines = createLineAccuracy({ ignoreSpaces: false, normalization: 'NFC' })
    const result: RecognizedText = { task: 'text-recognition', text: 'a', score: 1 }
    const others = accumulate(lines, [
      [{ texts: [{ text: 'a' }] }, result],
      [{ texts: [{ text: 'b' }] }, result],
    ])
    await expect(bootstrapDifference(two, others)).rejects.toMatchObject({ code: 'BOOTSTRAP_SAMPLES_DIFFER' })
  })

  it('knows the better of two models on a thousand pictures', async () => {
    const categories = makeCategories(20)
    const random = new RandomSequence(1)
    const model = (shift: number) =>
      accumulate(
        createCocoMap({ categories }),
        Array.from({ length: 1000 }, () => {
          const boxes = Array.from({ length: 6 }, () => makeBox(random.below(20), [random.below(400), random.below(400), 60, 60]))
          const found = boxes.flatMap(({ category, box }) => [
            makeDetection(category, random.below(1000) / 1000, [box[0] + random.below(shift), box[1], box[2], box[3]]),
            makeDetection(random.below(20), random.below(500) / 1000, [random.below(400), random.below(400), 60, 60]),
          ])
          return [{ boxes }, detections(...found)] as const
        }),
      )
    const [better, worse] = [model(20), model(40)]
    const { value, shareAbove, intervals } = await bootstrapDifference(better, worse)
    expect(value).toBeGreaterThan(0.05)
    expect(shareAbove).toBe(1)
    expect(intervals[1]?.low).toBeLessThan(value)
    expect(intervals[1]?.high).toBeGreaterThan(value)
  })
})

describe('intervals', () => {
  it('has quantiles between values', () => {
    const sorted = Float64Array.of(0, 10, 20, 30, 40)
    expect([0, 0.5, 0.625, 1].map((share) => quantile(sorted, share))).toEqual([0, 20, 25, 40])
    const { low, high } = percentileInterval(sorted, 0.9)
    expect(low).toBeCloseTo(2, 12)
    expect(high).toBeCloseTo(38, 12)
  })

  it('knows the normal distribution', () => {
    expect(normalShareBelow(0)).toBe(0.5)
    expect(normalShareBelow(1.959963984540054)).toBeCloseTo(0.975, 14)
    expect(normalShareBelow(-6)).toBeCloseTo(9.865876450376946e-10, 15)
    for (const x of [-3, -1, 0.5, 2.5]) expect(normalQuantile(normalShareBelow(x))).toBeCloseTo(x, 10)
  })

  it('moves with bias and skew', () => {
    const sorted = Float64Array.from({ length: 1001 }, (_, i) => i / 1000)
    const plain = percentileInterval(sorted, 0.9)
    const symmetric = acceleratedInterval(sorted, 0.9, 0.5, Float64Array.of(0, 1))
    expect(symmetric.low).toBeCloseTo(plain.low, 6)
    expect(symmetric.high).toBeCloseTo(plain.high, 6)
    const biased = acceleratedInterval(sorted, 0.9, 0.6, Float64Array.of(0, 1))
    expect(biased.low).toBeGreaterThan(plain.low)
    expect(biased.high).toBeGreaterThan(plain.high)
    // A few units that hold the value up make it less certain upwards.
    expect(acceleratedInterval(sorted, 0.9, 0.5, Float64Array.of(0, 0.9, 1, 1)).high).toBeGreaterThan(plain.high)
  })

  it('draws whole numbers evenly', () => {
    const random = new RandomSequence(42)
    const counts = new Uint32Array(10)
    for (let i = 0; i < 100_000; i++) {
      const drawn = random.below(10)
      counts[drawn] = (counts[drawn] as number) + 1
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400)
  })
})
