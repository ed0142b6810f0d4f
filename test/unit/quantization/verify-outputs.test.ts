import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../lib/dataset/seeded-random.js'
import { OutputComparison } from '../../../lib/quantization/verification/compare-outputs.js'
import { judgeOutputs } from '../../../lib/quantization/verification/judge-outputs.js'
import { type FloatOutputs, ReferenceOutputs } from '../../../lib/quantization/verification/reference-outputs.js'

type Values = Record<string, { shape: number[]; values: number[]; isWhole?: boolean }>
const outputs = (named: Values): FloatOutputs =>
  new Map(
    Object.entries(named).map(([name, { shape, values, isWhole = false }]) => [
      name,
      { shape, values: Float32Array.from(values), isWhole },
    ]),
  )
const compare = (float: Values[], quantized: Values[]) => {
  const comparison = new OutputComparison(new ReferenceOutputs(float.map(outputs), 1))
  for (const [index, each] of quantized.entries()) comparison.add(index, outputs(each))
  const measures = comparison.finish()
  return { measures, ...judgeOutputs(measures) }
}

/** Scores of detectors: many rows of nothing, and some that stand out; boxes beside them. */
function detections(
  seed: number,
  change: (value: number, random: number) => number = (value) => value,
  isTurned = false,
): Values {
  const random = seededRandom(seed)
  const noise = seededRandom(seed + 1000)
  const rows = Array.from({ length: 40 }, (_, row) => {
    const isObject = row % 10 === seed % 10
    const scores = Array.from({ length: 3 }, (_, at) => (isObject && at === seed % 3 ? 0.9 : 0.05 * random()))
    const box = Array.from({ length: 4 }, () => random())
    return { scores, box }
  })
  if (isTurned) rows.reverse()
  return {
    scores: { shape: [1, 40, 3], values: rows.flatMap(({ scores }) => scores).map((value) => change(value, noise())) },
    boxes: { shape: [1, 40, 4], values: rows.flatMap(({ box }) => box).map((value) => change(value, noise())) },
  }
}
const many = (make: (seed: number) => Values) => Array.from({ length: 8 }, (_, seed) => make(seed))

describe('outputs of detectors', () => {
  const float = many((seed) => detections(seed))

  it('are as good in another order', () => {
    const turned = compare(
      float,
      many((seed) => detections(seed, undefined, true)),
    )
    expect(turned.isAccurate).toBe(true)
    expect(turned.measures[0]).toMatchObject({ kind: 'rows', rankedRows: 1, standingOut: 32 })
    // Place by place they have nothing in common.
    expect(turned.measures[1]?.contrast).toBeLessThan(3)
  })

  it('may be a little noisy, and not more', () => {
    const little = compare(
      float,
      many((seed) => detections(seed, (value, random) => value + 0.05 * (random - 0.5))),
    )
    expect(little).toMatchObject({ isAccurate: true })
    const much = compare(
      float,
      many((seed) => detections(seed, (value, random) => value + 1.5 * (random - 0.5))),
    )
    expect(much.isAccurate).toBe(false)
    expect(much.problems[0]).toMatchObject({ measure: 'rankedRows', limit: 0.78 })
    expect(much.score).toBeLessThan(little.score)
  })

  it('that find nothing any more, or find what is not there, are bad', () => {
    const silent = compare(
      float,
      many((seed) => detections(seed, (value) => value * 0.2)),
    )
    expect(silent.isAccurate).toBe(false)
    const everywhere = compare(
      float,
      many((seed) => detections(seed, (value) => 1 - value)),
    )
    expect(everywhere.isAccurate).toBe(false)
  })
})

describe('outputs of classifiers', () => {
  const logits = (seed: number, noise: number): Values => {
    const [random, other] = [seededRandom(seed), seededRandom(seed + 99)]
    const values = Array.from({ length: 20 }, (_, at) => (at === seed % 20 ? 8 : 2 * random()) + noise * (other() - 0.5))
    return { logits: { shape: [1, 20], values } }
  }
  const float = many((seed) => logits(seed, 0))

  it('agree on the class', () => {
    const { measures, isAccurate } = compare(
      float,
      many((seed) => logits(seed, 0.5)),
    )
    expect(isAccurate).toBe(true)
    expect(measures[0]).toMatchObject({ kind: 'classes', top1: 1, inferences: 8 })
    expect(
      compare(
        float,
        many((seed) => logits(seed, 40)),
      ).isAccurate,
    ).toBe(false)
  })

  it('are not hidden by an offset that all share', () => {
    const raise = (values: Values, by: number): Values => ({
      logits: { shape: [1, 20], values: (values.logits?.values ?? []).map((value) => value + by) },
    })
    const { measures, isAccurate } = compare(
      float.map((each) => raise(each, 1000)),
      many((seed) => raise(logits(seed, 40), 1000)),
    )
    expect(measures[0]?.sqnr).toBeGreaterThan(30)
    expect(isAccurate).toBe(false)
  })

  it('of NaN are bad whatever else they are', () => {
    const broken = many((seed) => ({
      logits: {
        shape: [1, 20],
        values: (logits(seed, 0).logits?.values ?? []).map((value, at) => (at === 3 ? Number.NaN : value)),
      },
    }))
    expect(compare(float, broken)).toMatchObject({ isAccurate: false, score: 0, problems: [{ measure: 'notFinite', value: 8 }] })
  })
})

describe('outputs of another kind', () => {
  it('are told by their shapes and values', () => {
    const random = seededRandom(1)
    const values = (count: number) => Array.from({ length: count }, () => random())
    const every = {
      number: { shape: [1], values: values(1) },
      map: { shape: [1, 3, 5, 5], values: values(75) },
      indices: { shape: [1, 4], values: [1, 2, 3, 4], isWhole: true },
      turned: {
        shape: [1, 5, 40],
        values: Array.from({ length: 200 }, (_, at) => (at < 160 ? 100 * Math.floor(at / 40) + random() : random())),
      },
    }
    const { measures, isAccurate, score } = compare([every, every], [every, every])
    expect(measures.map(({ output, kind }) => [output, kind])).toEqual([
      ['number', 'values'],
      ['map', 'values'],
      ['indices', 'whole'],
      ['turned', 'rows'],
    ])
    expect(isAccurate).toBe(true)
    expect(score).toBeGreaterThan(1)
  })

  it('may differ in length, as lists of detections do', () => {
    const list = (length: number) => ({
      found: { shape: [length, 5], values: Array.from({ length: 5 * length }, (_, at) => at % 7) },
    })
    const { measures } = compare([list(3), list(5)], [list(3), list(4)])
    expect(measures[0]).toMatchObject({ kind: 'rows', otherLengths: 1 })
  })

  it('may be maps of what was found, which may be nothing in the first sample', () => {
    const maps = (...counts: number[]) =>
      counts.map((count) => ({ y: { shape: [count, 1, 4, 6], values: Array.from({ length: count * 24 }, (_, at) => at % 7) } }))
    const { measures } = compare(maps(0, 5, 2), maps(0, 5, 3))
    expect(measures[0]).toMatchObject({ kind: 'values', sqnr: 120, otherLengths: 1 })
    expect(compare(maps(0, 0), maps(0, 0)).measures[0]).toMatchObject({ sqnr: null, notFinite: 0 })
    // One more maps than the first has rows of them.
    expect(compare(maps(2, 5), maps(2, 5)).measures[0]).toMatchObject({ kind: 'values', sqnr: 120 })
    const wide = (...widths: number[]) =>
      widths.map((width) => ({ y: { shape: [1, 5, width], values: Array.from({ length: 5 * width }, (_, at) => at) } }))
    expect(compare(wide(0, 3), wide(0, 3)).measures[0]).toMatchObject({ kind: 'values', sqnr: 120 })
  })

  it('may be maps of other sizes, whose channels are told apart all the same', () => {
    // One channel of large numbers, which hides what became of the others unless each is looked at by itself.
    const map = (size: number, noise: number) => ({
      shape: [1, 3, size, 5],
      values: Array.from({ length: 3 * size * 5 }, (_, at) => (at < size * 5 ? 1000 + (at % 11) : (at % 7) + noise * (at % 2))),
    })
    const maps = (noise: number) => [4, 8, 6].map((size) => ({ y: map(size, noise) }))
    const { measures } = compare(maps(0), maps(2))
    expect(measures[0]?.sqnr).toBeGreaterThan(50)
    expect(measures[0]?.contrast).toBeLessThan(10)
  })

  it('of integers alone must be equal in nearly all places', () => {
    const whole = (last: number): Values => ({ ids: { shape: [1, 4], values: [1, 2, 3, last], isWhole: true } })
    expect(compare([whole(4)], [whole(4)]).isAccurate).toBe(true)
    expect(compare([whole(4)], [whole(5)])).toMatchObject({ isAccurate: false, problems: [{ measure: 'same', value: 0.75 }] })
  })
})
