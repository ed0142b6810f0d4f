import { describe, expect, it } from 'vitest'
import { createRotatedMap, type PolygonOverlap } from '../../../../lib/evaluation/metrics/detection/rotated-map.js'
import { createVocMap, type VocMapOptions } from '../../../../lib/evaluation/metrics/detection/voc-map.js'
import type { RotatedDetections } from '../../../../lib/evaluation/tasks/task.js'
import { accumulate, detections, makeBox, makeCategories, makeDetection, score } from './make-samples.js'

const categories = makeCategories(2)
const voc = (rest: Partial<VocMapOptions> = {}) =>
  createVocMap({ categories, interpolation: 'area', threshold: 0.5, pixelInclusive: false, ...rest })

const place = (i: number) => [100 * i, 0, 50, 50] as const

describe('createVocMap', () => {
  // Right, wrong, right, wrong, right; one of the four objects is missed.
  const pictures = [
    [
      { boxes: [0, 1].map((i) => makeBox(0, place(i))) },
      detections(makeDetection(0, 0.9, place(0)), makeDetection(0, 0.8, place(5))),
    ],
    [
      { boxes: [0, 1].map((i) => makeBox(0, place(i))) },
      detections(makeDetection(0, 0.5, place(1)), makeDetection(0, 0.7, place(0)), makeDetection(0, 0.6, place(0))),
    ],
  ] as const

  it('takes the area under the curve', async () => {
    const { value, details } = await score(voc(), pictures)
    // Recall rises by a quarter at precisions 1, 2/3 and 3/5.
    expect(value).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 4, 12)
    expect(details.perCategory).toEqual([
      { category: 0, id: 1, name: 'class 0', ap: value, objects: 4, recall: 0.75 },
      { category: 1, id: 2, name: 'class 1', ap: -1, objects: 0, recall: -1 },
    ])
  })

  it('takes the mean at eleven recalls', async () => {
    // 0, .1, .2 lie below a quarter; .3, .4, .5 below a half; .6, .7 below three quarters; three are never reached.
    const { value } = await score(voc({ interpolation: '11-point' }), pictures)
    expect(value).toBeCloseTo((3 * 1 + 3 * (2 / 3) + 2 * (3 / 5)) / 11, 12)
  })

  it('resamples', async () => {
    const observed = accumulate(voc(), pictures).observed()
    expect((await voc().resample(observed)).score(Uint32Array.of(0, 2))).toBeCloseTo((1 + 2 / 3) / 2, 12)
    expect((await voc().resample(observed)).score(Uint32Array.of(0, 0))).toBeNaN()
  })

  it('does not count difficult objects, neither found nor missed', async () => {
    const boxes = [makeBox(0, place(0)), makeBox(0, place(1), { isDifficult: true }), makeBox(0, place(2), { isDifficult: true })]
    const found = detections(makeDetection(0, 0.9, place(1)), makeDetection(0, 0.8, place(1)), makeDetection(0, 0.7, place(0)))
    expect((await score(voc(), [[{ boxes }, found]])).value).toBeCloseTo(1, 12)
  })

  it('looks at the object that overlaps most even if it is taken', async () => {
    const boxes = [makeBox(0, [0, 0, 50, 50]), makeBox(0, [0, 0, 50, 40])]
    const found = detections(makeDetection(0, 0.9, [0, 0, 50, 50]), makeDetection(0, 0.8, [0, 0, 50, 49]))
    expect((await score(voc(), [[{ boxes }, found]])).value).toBe(0.5)
  })

  it('takes an overlap at the threshold, and one that the last pixel decides', async () => {
    const boxes = [makeBox(0, [0, 0, 10, 10])]
    expect((await score(voc(), [[{ boxes }, detections(makeDetection(0, 1, [0, 0, 10, 5]))]])).value).toBe(1)
    // 4 of 10 rows; with their last pixels 5 of 11, with threshold .45 the one suffices and the other does not.
    const found = detections(makeDetection(0, 1, [0, 0, 10, 4]))
    expect((await score(voc({ threshold: 0.45 }), [[{ boxes }, found]])).value).toBe(0)
    expect((await score(voc({ threshold: 0.45, pixelInclusive: true }), [[{ boxes }, found]])).value).toBe(1)
  })

  it('gives 0 for no detections and -1 for no objects', async () => {
    expect((await score(voc(), [[{ boxes: [makeBox(0, place(0))] }, detections()]])).value).toBe(0)
    expect((await score(voc(), [[{ boxes: [] }, detections(makeDetection(0, 1, place(0)))]])).value).toBe(-1)
  })
})

describe('createRotatedMap', () => {
  // Polygons of two points stand for intervals: what overlaps how much is the function's business alone.
  const overlap: PolygonOverlap = ([a = 0, b = 0], [c = 0, d = 0]) => {
    const common = Math.max(0, Math.min(b, d) - Math.max(a, c))
    return common / (b - a + d - c - common)
  }
  const metric = createRotatedMap({ categories, interpolation: 'area', threshold: 0.5, overlap })
  const found = (...spans: [number, number, number][]): RotatedDetections => ({
    task: 'rotated-detection',
    detections: spans.map(([score, from, to]) => ({ category: 0, score, polygon: [from, to] })),
  })
  const polygons = [{ category: 0, polygon: [0, 10], isDifficult: false }]

  it('takes overlaps above the threshold', async () => {
    expect((await score(metric, [[{ polygons }, found([0.9, 0, 6])]])).value).toBe(1)
    expect((await score(metric, [[{ polygons }, found([0.9, 0, 5])]])).value).toBe(0)
    expect((await score(metric, [[{ polygons }, found([0.9, 20, 30], [0.8, 0, 6])]])).value).toBe(0.5)
  })

  it.each([
    ['missing polygons', {}, found(), 'METRIC_ANNOTATION_MISSING'],
    ['NaN', { polygons }, found([0.9, 0, Number.NaN]), 'METRIC_RESULT_INVALID'],
    ['a NaN score', { polygons }, found([Number.NaN, 0, 1]), 'METRIC_RESULT_INVALID'],
    ['a class beyond', { polygons: [{ category: 2, polygon: [0, 1], isDifficult: false }] }, found(), 'METRIC_CATEGORY_UNKNOWN'],
  ])('refuses %s', async (_, sample, result, code) => {
    await expect(async () => score(metric, [[sample, result]])).rejects.toMatchObject({ code })
  })
})
