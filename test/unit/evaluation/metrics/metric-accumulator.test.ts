import { describe, expect, it } from 'vitest'
import type { Sample } from '../../../../lib/dataset/annotations.js'
import { createCocoMap } from '../../../../lib/evaluation/metrics/detection/coco-map.js'
import { createVocMap } from '../../../../lib/evaluation/metrics/detection/voc-map.js'
import { MetricAccumulator } from '../../../../lib/evaluation/metrics/metric-accumulator.js'
import type { Detections } from '../../../../lib/evaluation/tasks/task.js'
import { detections, makeBox, makeCategories, makeDetection } from './make-samples.js'

const categories = makeCategories(2)
const metric = createCocoMap({ categories })

// Equal scores: whether the right or the wrong detection comes first is up to the order of the samples.
const samples: Sample[] = Array.from({ length: 6 }, (_, i) => ({
  id: `s${i}`,
  boxes: i % 3 === 1 ? [] : [makeBox(0, [0, 0, 10, 10])],
}))
const results = samples.map(() => detections(makeDetection(0, 0.5, [0, 0, 10, 10])))

function run(order: readonly number[]) {
  const accumulator = new MetricAccumulator(metric, samples)
  for (const i of order) accumulator.add(samples[i] as Sample, results[i] as Detections)
  return accumulator
}

describe('MetricAccumulator', () => {
  it('scores the same in any order and merged', async () => {
    const straight = await run([0, 1, 2, 3, 4, 5]).summarize()
    expect(straight.value).toBeGreaterThan(0.7)
    expect(straight.value).toBeLessThan(1)
    expect(await run([5, 1, 3, 4, 0, 2]).summarize()).toEqual(straight)
    const first = run([4, 1, 0])
    first.merge(run([5, 2, 3]))
    expect(await first.summarize()).toEqual(straight)
    expect(first.observed().map(({ id }) => id)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5'])
  })

  it('keeps the order of adding without a dataset', () => {
    const [a, b] = [new MetricAccumulator(metric), new MetricAccumulator(metric)]
    a.add(samples[3] as Sample, detections())
    a.add(samples[0] as Sample, detections())
    b.add(samples[1] as Sample, detections())
    a.merge(b)
    expect(a.observed().map(({ id, position }) => [id, position])).toEqual([
      ['s3', 0],
      ['s0', 1],
      ['s1', 2],
    ])
    expect(a.size).toBe(3)
    expect(a.has('s1')).toBe(true)
  })

  it('refuses a sample twice', () => {
    const accumulator = run([0])
    expect(() => accumulator.add(samples[0] as Sample, detections())).toThrow(
      expect.objectContaining({ code: 'METRIC_SAMPLE_REPEATED' }),
    )
    expect(() => accumulator.merge(run([0]))).toThrow(expect.objectContaining({ code: 'METRIC_SAMPLE_REPEATED' }))
    expect(() => new MetricAccumulator(metric, [...samples, samples[2] as Sample])).toThrow(
      expect.objectContaining({ code: 'METRIC_SAMPLE_REPEATED', details: { metric: 'coco-map', sample: 's2' } }),
    )
  })

  it('refuses a sample of another dataset, and a result of another task', () => {
    const accumulator = run([])
    expect(() => accumulator.add({ id: 'other', boxes: [] }, detections())).toThrow(
      expect.objectContaining({ code: 'METRIC_SAMPLE_UNKNOWN' }),
    )
    const text = { task: 'text-recognition', text: '', score: 1 } as unknown as Detections
    expect(() => accumulator.add(samples[0] as Sample, text)).toThrow(
      expect.objectContaining({
        code: 'METRIC_TASK_MISMATCH',
        details: expect.objectContaining({ received: 'text-recognition' }),
      }),
    )
    expect(accumulator.size).toBe(0)
  })

  it('has no score without samples', async () => {
    await expect(run([]).summarize()).rejects.toMatchObject({ code: 'METRIC_UNDEFINED' })
    const voc = createVocMap({ categories, interpolation: 'area', threshold: 0.5, pixelInclusive: false })
    await expect(new MetricAccumulator(voc).summarize()).rejects.toMatchObject({ code: 'METRIC_UNDEFINED' })
  })
})
