import { describe, expect, it } from 'vitest'
import { createClassificationAccuracy } from '../../../../lib/evaluation/metrics/classification-accuracy.js'
import type { Classification } from '../../../../lib/evaluation/tasks/task.js'
import { makeCategories, score } from './make-samples.js'

const categories = makeCategories(6)
const metric = createClassificationAccuracy({ categories, top: [1, 5] })

/** Classes in the order of their numbers, with these scores. */
const result = (...scores: number[]): Classification => ({
  task: 'classification',
  classes: scores.map((score, category) => ({ category, score })),
})

describe('createClassificationAccuracy', () => {
  it('counts labels among the best', async () => {
    const summary = await score(metric, [
      [{ label: 2 }, result(0, 0.1, 0.5, 0.2, 0.1, 0.1)],
      [{ label: 3 }, result(0, 0.1, 0.5, 0.2, 0.1, 0.1)],
      [{ label: 0 }, result(0, 0.1, 0.5, 0.2, 0.1, 0.1)],
      [{ label: 2 }, result(0, 0, 1, 0, 0, 0)],
    ])
    expect(summary).toMatchObject({ name: 'top-1', value: 0.5, samples: 4, higherIsBetter: true, unit: 'fraction' })
    expect(summary.details).toEqual({
      top1: 0.5,
      top5: 0.75,
      perCategory: [
        { category: 0, name: 'class 0', samples: 1, correct: 0 },
        { category: 2, name: 'class 2', samples: 2, correct: 2 },
        { category: 3, name: 'class 3', samples: 1, correct: 0 },
      ],
    })
    expect(summary.perSample?.map(({ value }) => value)).toEqual([1, 0, 0, 1])
  })

  it('ranks equal scores by class, whatever the order of the result', async () => {
    const tied = { task: 'classification', classes: [...result(0.5, 0.5, 0, 0, 0, 0).classes].reverse() } as const
    const summary = await score(metric, [
      [{ label: 0 }, tied],
      [{ label: 1 }, tied],
    ])
    expect(summary.perSample?.map(({ value }) => value)).toEqual([1, 0])
    // Of six equal scores the last does not come in under five.
    const all = await score(metric, [[{ label: 5 }, result(1, 1, 1, 1, 1, 1)]])
    expect(all.details.top5).toBe(0)
  })

  it('takes results that name only the best, if that suffices', async () => {
    const best = { task: 'classification', classes: result(1, 2, 3, 4, 5, 0).classes.slice(0, 5) } as const
    expect((await score(metric, [[{ label: 5 }, best]])).details).toMatchObject({ top1: 0, top5: 0 })
    const few = { task: 'classification', classes: best.classes.slice(0, 4) } as const
    await expect(async () => score(metric, [[{ label: 1 }, few]])).rejects.toThrow(/names 4 classes, and top-5 needs 5/)
    const two = createClassificationAccuracy({ categories: makeCategories(2), top: [1, 5] })
    expect((await score(two, [[{ label: 1 }, result(0, 1)]])).details).toMatchObject({ top1: 1, top5: 1 })
  })

  it('counts a result without a class, as NaN alone makes it, as wrong and says so', async () => {
    const none = { task: 'classification', classes: [] } as const
    const right = result(1, 0, 0, 0, 0, 0)
    const { value, details, perSample } = await score(metric, [
      [{ label: 0 }, right],
      [{ label: 0 }, none],
      [{ label: 0 }, right],
    ])
    expect(value).toBeCloseTo(2 / 3, 12)
    expect(details).toMatchObject({ top1: 2 / 3, top5: 2 / 3, unanswered: 1 })
    expect(perSample?.map((each) => each.value)).toEqual([1, 0, 1])
    expect((await score(metric, [[{ label: 0 }, right]])).details).not.toHaveProperty('unanswered')
  })

  it.each([
    ['a sample without a label', {}, result(1, 0, 0, 0, 0, 0), 'METRIC_ANNOTATION_MISSING'],
    ['a label beyond the classes', { label: 6 }, result(1, 0, 0, 0, 0, 0), 'METRIC_CATEGORY_UNKNOWN'],
    ['a label below the classes', { label: -1 }, result(1, 0, 0, 0, 0, 0), 'METRIC_CATEGORY_UNKNOWN'],
    ['half a label', { label: 0.5 }, result(1, 0, 0, 0, 0, 0), 'METRIC_CATEGORY_UNKNOWN'],
    ['a result of more classes', { label: 0 }, result(1, 0, 0, 0, 0, 0, 0), 'METRIC_CATEGORY_UNKNOWN'],
    ['NaN', { label: 0 }, result(1, 0, Number.NaN, 0, 0, 0), 'METRIC_RESULT_INVALID'],
    ['infinity', { label: 0 }, result(1, 0, Number.POSITIVE_INFINITY, 0, 0, 0), 'METRIC_RESULT_INVALID'],
  ])('refuses %s', async (_, sample, wrong, code) => {
    await expect(async () => score(metric, [[sample, wrong]])).rejects.toMatchObject({ code, details: { sample: 'sample 0' } })
  })
})
