import { describe, expect, it } from 'vitest'
import { bootstrapScore } from '../../../../lib/evaluation/metrics/bootstrap/bootstrap.js'
import { createCustomMetric } from '../../../../lib/evaluation/metrics/custom-metric.js'
import { MetricAccumulator } from '../../../../lib/evaluation/metrics/metric-accumulator.js'
import type { CustomResult } from '../../../../lib/evaluation/tasks/task.js'
import { accumulate, score } from './make-samples.js'

const custom = (value: unknown): CustomResult => ({ task: 'custom', value })
const pairs = [1, 2, 6].map((value) => [{}, custom(value)] as const)
const numberOf = (_: unknown, result: CustomResult) => result.value as number
const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(resolve, 1, value))

describe('createCustomMetric', () => {
  it('takes the mean unless told otherwise', async () => {
    const metric = createCustomMetric<CustomResult>({ name: 'mine', compare: numberOf })
    expect(await score(metric, pairs)).toMatchObject({ name: 'mine', value: 3, unit: 'score', higherIsBetter: true, samples: 3 })
  })

  it('takes a function over all samples, with details', async () => {
    const summarize = (values: readonly string[]) => ({ value: values.length, details: { joined: values.join('') } })
    const compare = (_: unknown, result: CustomResult) => `<${String(result.value)}>`
    const metric = createCustomMetric<CustomResult, string>({ name: 'mine', higherIsBetter: false, compare, summarize })
    expect(await score(metric, pairs)).toMatchObject({ value: 3, higherIsBetter: false, details: { joined: '<1><2><6>' } })
  })

  it('waits for asynchronous functions, and bootstraps with them', async () => {
    const metric = createCustomMetric<CustomResult>({
      name: 'slow',
      compare: (sample, result) => later(numberOf(sample, result)),
      summarize: (values) => Promise.resolve(Math.max(...values)),
    })
    const accumulator = new MetricAccumulator(metric)
    const adding = accumulator.add({ id: 'a' }, custom(4))
    expect(() => accumulator.add({ id: 'a' }, custom(4))).toThrow(expect.objectContaining({ code: 'METRIC_SAMPLE_REPEATED' }))
    await Promise.all([adding, accumulator.add({ id: 'b' }, custom(7))])
    expect(await accumulator.summarize()).toMatchObject({ value: 7, samples: 2 })
    const { value, intervals } = await bootstrapScore(accumulator, { resamples: 200 })
    expect([value, intervals[0]]).toEqual([7, { level: 0.9, low: 4, high: 7 }])
  })

  it('reports what its functions throw, with the cause', async () => {
    const cause = new Error('no such thing')
    const throwing = () => {
      throw cause
    }
    const expected = { code: 'METRIC_FUNCTION_FAILED', cause }
    const comparing = createCustomMetric<CustomResult>({ name: 'mine', compare: throwing })
    expect(() => accumulate(comparing, pairs)).toThrow(expect.objectContaining(expected))
    const rejecting = new MetricAccumulator(
      createCustomMetric<CustomResult>({ name: 'mine', compare: () => Promise.reject(cause) }),
    )
    await expect(rejecting.add({ id: 'a' }, custom(1))).rejects.toMatchObject(expected)
    // A failed sample is not counted, and can be tried again.
    expect(rejecting.size).toBe(0)
    const summarizing = createCustomMetric<CustomResult>({ name: 'mine', compare: numberOf, summarize: throwing })
    await expect(score(summarizing, pairs)).rejects.toMatchObject(expected)
  })

  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a string', '3'],
    ['nothing', undefined],
  ])('refuses %s as a value', async (_, value) => {
    const comparing = createCustomMetric<CustomResult>({ name: 'mine', compare: () => value as number })
    expect(() => accumulate(comparing, pairs)).toThrow(expect.objectContaining({ code: 'METRIC_VALUE_INVALID' }))
    const summarizing = createCustomMetric<CustomResult>({ name: 'mine', compare: numberOf, summarize: () => value as number })
    await expect(score(summarizing, pairs)).rejects.toMatchObject({ code: 'METRIC_VALUE_INVALID' })
  })
})
