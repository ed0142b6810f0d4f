import { describe, expect, it } from 'vitest'
import { type CocoDetails, createCocoMap } from '../../../../lib/evaluation/metrics/detection/coco-map.js'
import { AREA_RANGES, IOU_THRESHOLDS, matchBoxes } from '../../../../lib/evaluation/metrics/detection/match-boxes.js'
import { accumulate, detections, makeBox, makeCategories, makeDetection, score } from './make-samples.js'

// Equality with pycocotools is shown in test/reference/metrics; here is what each rule does.
const categories = makeCategories(3)
const metric = createCocoMap({ categories })
const EVERY = 0b11_1111_1111
const all = (outcomes: Uint32Array) => Array.from(outcomes.filter((_, i) => i % AREA_RANGES.length === 0))

describe('matchBoxes', () => {
  it('gives each object to the best detection that comes first', () => {
    const objects = [makeBox(0, [0, 0, 40, 40])]
    const found = [makeDetection(0, 0.4, [0, 0, 40, 40]), makeDetection(0, 0.9, [0, 0, 40, 32])]
    const picture = matchBoxes(objects, found)
    expect(Array.from(picture.scores)).toEqual([0.9, 0.4])
    expect(Array.from(picture.ranks)).toEqual([0, 1])
    // .8 suffices for seven thresholds, at three the better one is still free.
    expect(all(picture.outcomes)).toEqual([0b0001111111, 0b1110000000])
  })

  it('counts an overlap at the threshold itself', () => {
    const picture = matchBoxes([makeBox(0, [0, 0, 40, 40])], [makeDetection(0, 1, [0, 0, 40, 20])])
    expect(all(picture.outcomes)).toEqual([1])
  })

  it('excuses detections in a crowd, any number of them', () => {
    const found = [10, 20, 30].map((x) => makeDetection(0, 0.5, [x, 0, 10, 10]))
    const picture = matchBoxes([makeBox(0, [0, 0, 100, 100], { isCrowd: true })], found)
    expect(all(picture.outcomes)).toEqual([EVERY << 16, EVERY << 16, EVERY << 16])
    expect(Array.from(picture.objectAreas)).toEqual([0])
  })

  it('prefers an object to a crowd that fits better', () => {
    const objects = [makeBox(0, [0, 0, 100, 100], { isCrowd: true }), makeBox(0, [0, 0, 20, 10])]
    expect(all(matchBoxes(objects, [makeDetection(0, 0.5, [0, 0, 10, 10])]).outcomes)).toEqual([1 | ((EVERY & ~1) << 16)])
  })

  it('leaves out what is outside a range of areas, matched or not', () => {
    const large = makeBox(0, [0, 0, 100, 100])
    const found = [makeDetection(0, 0.9, [0, 0, 100, 100]), makeDetection(0, 0.8, [200, 0, 10, 10])]
    const { outcomes, objectAreas } = matchBoxes([large], found)
    expect(Array.from(outcomes.subarray(0, 4))).toEqual([EVERY, EVERY << 16, EVERY << 16, EVERY])
    expect(Array.from(outcomes.subarray(4))).toEqual([0, 0, EVERY << 16, EVERY << 16])
    expect(Array.from(objectAreas)).toEqual([0b1001])
  })

  it('keeps the hundred best of each class', () => {
    const found = Array.from({ length: 150 }, (_, i) => makeDetection(i % 3 === 0 ? 1 : 0, i / 150, [0, 0, 10, 10]))
    const picture = matchBoxes([], found)
    expect(picture.categories.filter((category) => category === 0)).toHaveLength(100)
    expect(picture.categories.filter((category) => category === 1)).toHaveLength(50)
  })

  it('has thresholds that are rounded as NumPy rounds them', () => {
    expect(Array.from(IOU_THRESHOLDS)).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95])
  })
})

describe('createCocoMap', () => {
  it('gives -1 to classes without objects and leaves them out of the mean', async () => {
    const { value, details, perSample } = await score(metric, [
      [
        { boxes: [makeBox(0, [0, 0, 50, 50])] },
        detections(makeDetection(0, 0.9, [0, 0, 50, 50]), makeDetection(2, 0.9, [0, 0, 50, 50])),
      ],
      [{ boxes: [makeBox(1, [0, 0, 50, 50])] }, detections()],
      [{ boxes: [] }, detections(makeDetection(0, 0.1, [0, 0, 50, 50]))],
    ])
    const { perCategory, ...scores } = details as unknown as CocoDetails
    expect(value).toBe(0.5)
    expect(scores).toMatchObject({
      ap: 0.5,
      ap50: 0.5,
      apSmall: -1,
      apMedium: 0.5,
      apLarge: -1,
      ar1: 0.5,
      ar100: 0.5,
      arSmall: -1,
    })
    expect(perCategory.map(({ ap, objects }) => [ap, objects])).toEqual([
      [1, 1],
      [0, 1],
      [-1, 0],
    ])
    expect(perCategory[1]).toMatchObject({ category: 1, id: 2, name: 'class 1' })
    // The third picture has no score of its own: there is nothing to be found.
    expect(perSample?.map((each) => each.value)).toEqual([1, 0])
  })

  it('gives -1 where there are no objects at all', async () => {
    const { value, details } = await score(metric, [[{ boxes: [] }, detections(makeDetection(0, 0.1, [0, 0, 5, 5]))]])
    expect(value).toBe(-1)
    expect(details).toMatchObject({ ap: -1, ar100: -1, arLarge: -1 })
  })

  it('scores a resample as it scores the pictures it draws', async () => {
    const pairs = Array.from({ length: 7 }, (_, i) => {
      const boxes = Array.from({ length: 3 }, (_, k) => makeBox(k % 2, [60 * k, 0, 40 + i, 40]))
      // Scores differ, also between pictures: only then has repetition an order.
      const found = boxes.map(({ box, category }, k) =>
        makeDetection((category + (i + k === 4 ? 1 : 0)) % 3, ((i * 5 + k * 7) % 21) / 21, [box[0] + i * k, 0, box[2], box[3]]),
      )
      return [{ boxes }, detections(...found)] as const
    })
    const counts = Uint32Array.of(2, 0, 1, 3, 0, 1, 0)
    const alone = await Promise.all(pairs.map(async (pair) => (await score(metric, [pair])).value))
    expect((await score(metric, pairs)).perSample?.map((each) => each.value)).toEqual(
      alone.map((each) => expect.closeTo(each, 12)),
    )
    const resampled = (await metric.resample(accumulate(metric, pairs).observed())).score(counts)
    const repeated = pairs.flatMap((pair, i) => new Array(counts[i]).fill(pair) as (typeof pair)[])
    const { value } = await score(metric, repeated)
    expect(value).toBeGreaterThan(0.1)
    expect(resampled).toBeCloseTo(value, 12)
    expect((await metric.resample(accumulate(metric, pairs).observed())).score(new Uint32Array(7).fill(1))).toBeCloseTo(
      (await score(metric, pairs)).value,
      12,
    )
  })

  const object = makeBox(0, [0, 0, 5, 5])
  const detection = makeDetection(0, 0.5, [0, 0, 5, 5])
  it.each([
    ['a picture without annotations', {}, detections(), 'METRIC_ANNOTATION_MISSING'],
    ['a detection of a class beyond', { boxes: [] }, detections({ ...detection, category: 3 }), 'METRIC_CATEGORY_UNKNOWN'],
    ['an annotation of a class beyond', { boxes: [{ ...object, category: 3 }] }, detections(), 'METRIC_CATEGORY_UNKNOWN'],
    ['a score that is NaN', { boxes: [] }, detections({ ...detection, score: Number.NaN }), 'METRIC_RESULT_INVALID'],
    ['a box that is NaN', { boxes: [] }, detections({ ...detection, box: [0, 0, Number.NaN, 1] }), 'METRIC_RESULT_INVALID'],
    ['an infinite box', { boxes: [] }, detections({ ...detection, box: [0, 0, 1, Infinity] }), 'METRIC_RESULT_INVALID'],
    ['an area that is NaN', { boxes: [{ ...object, area: Number.NaN }] }, detections(), 'METRIC_RESULT_INVALID'],
  ])('refuses %s', async (_, sample, result, code) => {
    await expect(async () => score(metric, [[sample, result]])).rejects.toMatchObject({ code, details: { sample: 'sample 0' } })
  })
})
