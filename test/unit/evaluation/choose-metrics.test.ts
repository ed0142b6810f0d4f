import { describe, expect, it } from 'vitest'
import type { Dataset } from '../../../lib/dataset/annotations.js'
import { chooseMetrics } from '../../../lib/evaluation/choose-metrics.js'
import { createCustomMetric } from '../../../lib/evaluation/metrics/custom-metric.js'
import { taskOfDecoder } from '../../../lib/evaluation/tasks/create-decoder.js'

const dataset = (format = 'coco'): Dataset => ({ format, categories: [{ id: 1, name: 'cat' }], samples: [], digest: '' })
const namesOf = (...given: Parameters<typeof chooseMetrics>) => chooseMetrics(...given).map(({ name }) => name)

describe('chooseMetrics', () => {
  it.each([
    ['classification', ['top-1']],
    ['detection', ['coco-map']],
    ['rotated-detection', ['rotated-map']],
    ['text-recognition', ['line-accuracy', 'character-error-rate']],
    ['text-detection', ['text-detection']],
    ['embedding', ['spearman']],
  ] as const)('takes what is usual for %s', (task, names) => {
    const metrics = chooseMetrics(undefined, task, dataset())
    expect(metrics.map(({ name }) => name)).toEqual(names)
    for (const metric of metrics) expect([task, undefined]).toContain(metric.task)
  })

  it('has something usual for the results of every decoder but one of your own', () => {
    for (const [decoder, task] of Object.entries(taskOfDecoder)) {
      if (decoder === 'custom') continue
      expect(namesOf(undefined, task, dataset()).length, decoder).toBeGreaterThan(0)
    }
    expect(() => chooseMetrics(undefined, 'custom', dataset())).toThrow(expect.objectContaining({ code: 'METRIC_NEEDED' }))
    expect(() => chooseMetrics([], 'detection', dataset())).toThrow(expect.objectContaining({ code: 'METRIC_NEEDED' }))
  })

  it("scores Pascal VOC's data as Pascal VOC does, unless told otherwise", () => {
    expect(namesOf(undefined, 'detection', dataset('voc'))).toEqual(['voc-map'])
    expect(namesOf(['coco-map'], 'detection', dataset('voc'))).toEqual(['coco-map'])
    expect(namesOf(undefined, 'classification', dataset('voc'))).toEqual(['top-1'])
  })

  it('takes names, names with options, and metrics, in their order', () => {
    const own = createCustomMetric({ name: 'mine', compare: () => 1 })
    const chosen = chooseMetrics([{ name: 'accuracy', top: [3, 7] }, own, 'line-accuracy'], 'classification', dataset())
    expect(chosen.map(({ name }) => name)).toEqual(['top-3', 'mine', 'line-accuracy'])
    expect(chosen[1]).toBe(own)
  })

  it('refuses options that a metric does not have', () => {
    const wrong = [{ name: 'accuracy', best: 3 }, 'luck', { name: 'voc-map', threshold: 2 }]
    for (const each of wrong) {
      expect(() => chooseMetrics([each as never], 'detection', dataset())).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      )
    }
  })
})
