import { describe, expect, it } from 'vitest'
import { SampleList } from '../../../lib/api/engines/latency-samples.js'

describe('SampleList', () => {
  it('takes percentiles by nearest rank: values that were seen', () => {
    const samples = new SampleList()
    for (let i = 100; i >= 1; i--) samples.push(i)
    expect(samples.summarize()).toEqual({ min: 1, mean: 50.5, p50: 50, p90: 90, p95: 95, p99: 99, max: 100 })
  })

  it('works with one sample', () => {
    const samples = new SampleList()
    samples.push(7)
    expect(samples.summarize()).toEqual({ min: 7, mean: 7, p50: 7, p90: 7, p95: 7, p99: 7, max: 7 })
  })

  it('grows', () => {
    const samples = new SampleList()
    for (let i = 0; i < 10_000; i++) samples.push(i)
    expect(samples.count).toBe(10_000)
    expect(samples.summarize()).toMatchObject({ min: 0, max: 9999, p50: 4999 })
  })
})
