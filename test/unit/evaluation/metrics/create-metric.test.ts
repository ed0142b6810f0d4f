import { describe, expect, it } from 'vitest'
import { createMetric } from '../../../../lib/evaluation/metrics/create-metric.js'
import type { MetricInput } from '../../../../lib/evaluation/metrics/metric-options.js'
import { makeCategories } from './make-samples.js'

const context = { categories: makeCategories(2), overlap: () => 0 }

describe('createMetric', () => {
  it.each([
    ['accuracy', 'top-1', 'classification', true],
    ['coco-map', 'coco-map', 'detection', true],
    ['voc-map', 'voc-map', 'detection', true],
    ['rotated-map', 'rotated-map', 'rotated-detection', true],
    ['line-accuracy', 'line-accuracy', 'text-recognition', true],
    ['character-error-rate', 'character-error-rate', 'text-recognition', false],
    ['text-detection', 'text-detection', 'text-detection', true],
    ['spearman', 'spearman', 'embedding', true],
  ] as const)('makes %s', (asked, name, task, higherIsBetter) => {
    expect(createMetric({ name: asked }, context)).toMatchObject({ name, task, higherIsBetter })
  })

  it.each([
    ['an unknown name', { name: 'map' }],
    ['a threshold beyond 1', { name: 'voc-map', threshold: 50 }],
    ['an option of another metric', { name: 'coco-map', threshold: 0.5 }],
    ['top nothing', { name: 'accuracy', top: [] }],
  ])('refuses %s', (_, options) => {
    expect(() => createMetric(options as MetricInput, context)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})
