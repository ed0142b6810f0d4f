import { describe, expect, it } from 'vitest'
import { countEdits } from '../../../../lib/evaluation/metrics/text/edit-distance.js'
import { createTextDetection } from '../../../../lib/evaluation/metrics/text/text-detection.js'
import { createCharacterErrorRate, createLineAccuracy } from '../../../../lib/evaluation/metrics/text/text-recognition.js'
import type { RecognizedText, TextRegions } from '../../../../lib/evaluation/tasks/task.js'
import { accumulate, score } from './make-samples.js'

const pair = (expected: string, text: string) =>
  [{ texts: [{ text: expected }] }, { task: 'text-recognition', text, score: 1 } as RecognizedText] as const

/** By the definition, without a table. */
function countEditsSlowly(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  const [x, y] = [a.slice(1), b.slice(1)]
  if (a[0] === b[0]) return countEditsSlowly(x, y)
  return 1 + Math.min(countEditsSlowly(x, b), countEditsSlowly(a, y), countEditsSlowly(x, y))
}

describe('countEdits', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
    ['ab', 'ba', 2],
  ])('%s to %s: %i', (from, to, edits) => expect(countEdits([...from], [...to])).toBe(edits))

  it('agrees with the definition on all words of up to four of two letters', () => {
    const words = ['']
    for (const word of words) if (word.length < 4) words.push(`${word}a`, `${word}b`)
    for (const from of words)
      for (const to of words) expect(countEdits([...from], [...to])).toBe(countEditsSlowly([...from], [...to]))
  })
})

describe('createLineAccuracy', () => {
  const exact = createLineAccuracy({ ignoreSpaces: false, normalization: 'NFC' })

  it('counts exact lines', async () => {
    const summary = await score(exact, [pair('ab c', 'ab c'), pair('ab c', 'abc'), pair('', '')])
    expect(summary.value).toBeCloseTo(2 / 3)
    expect(summary.details).toEqual({ correct: 2, lines: 3 })
    expect(summary.perSample?.map(({ value }) => value)).toEqual([1, 0, 1])
  })

  it('ignores spaces where asked, the ideographic one too', async () => {
    const metric = createLineAccuracy({ ignoreSpaces: true, normalization: 'none' })
    expect((await score(metric, [pair('a b\u3000c', ' abc\t')])).value).toBe(1)
  })

  it('normalizes where asked', async () => {
    const pairs = [pair('\u00e9', 'e\u0301'), pair('Ａ１', 'A1')]
    const values = await Promise.all(
      (['none', 'NFC', 'NFKC'] as const).map(
        async (normalization) => (await score(createLineAccuracy({ ignoreSpaces: false, normalization }), pairs)).value,
      ),
    )
    expect(values).toEqual([0, 0.5, 1])
  })

  it('refuses pictures without text, or with more than a line', async () => {
    const result = { task: 'text-recognition', text: '', score: 1 } as const
    await expect(async () => score(exact, [[{}, result]])).rejects.toMatchObject({ code: 'METRIC_ANNOTATION_MISSING' })
    await expect(async () => score(exact, [[{ texts: [{ text: 'a' }, { text: 'b' }] }, result]])).rejects.toThrow(/2 texts/)
    await expect(async () => score(exact, [[{ texts: [] }, result]])).rejects.toMatchObject({ code: 'METRIC_RESULT_INVALID' })
  })
})

describe('createCharacterErrorRate', () => {
  const options = { ignoreSpaces: false, normalization: 'none', character: 'code-point' } as const
  const metric = createCharacterErrorRate(options)

  it('divides all edits by all characters', async () => {
    const pairs = [pair('abcdefgh', 'abcdefgx'), pair('ab', 'xyz'), pair('', 'c')]
    const summary = await score(metric, pairs)
    expect(summary).toMatchObject({ value: 0.5, higherIsBetter: false, details: { edits: 5, characters: 10, lines: 3 } })
    // A line without characters has no rate of its own.
    expect(summary.perSample?.map(({ value }) => value)).toEqual([1 / 8, 1.5])
    expect((await metric.resample(accumulate(metric, pairs).observed())).score(Uint32Array.of(2, 0, 1))).toBe(3 / 16)
    expect((await metric.resample(accumulate(metric, pairs).observed())).score(Uint32Array.of(0, 0, 3))).toBeNaN()
  })

  it('counts code points or what a reader sees', async () => {
    const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'
    expect((await score(metric, [pair(`a${family}`, 'a')])).details).toEqual({ edits: 5, characters: 6, lines: 1 })
    const graphemes = createCharacterErrorRate({ ...options, character: 'grapheme' })
    expect((await score(graphemes, [pair(`a${family}`, 'a')])).details).toEqual({ edits: 1, characters: 2, lines: 1 })
  })

  it('is undefined without any character', async () => {
    await expect(score(metric, [pair('', 'a')])).rejects.toMatchObject({ code: 'METRIC_UNDEFINED' })
  })
})

describe('createTextDetection', () => {
  // Squares [x, y, x, y] stand for polygons.
  const overlap = (a: readonly number[], b: readonly number[]) => {
    const [l, t, r, d] = corners(a)
    const [x, y, u, v] = corners(b)
    const common = Math.max(0, Math.min(r, u) - Math.max(l, x)) * Math.max(0, Math.min(d, v) - Math.max(t, y))
    return common / ((r - l) * (d - t) + (u - x) * (v - y) - common)
  }
  const corners = (polygon: readonly number[]) =>
    [polygon[0], polygon[1], polygon[4], polygon[5]] as [number, number, number, number]
  const square = (x: number, y: number, w: number, h = w) => [x, y, x + w, y, x + w, y + h, x, y + h]
  const metric = createTextDetection({ threshold: 0.5, ignoreText: '###', overlap })
  const found = (...polygons: number[][]): TextRegions => ({
    task: 'text-detection',
    regions: polygons.map((polygon) => ({ polygon, score: 1 })),
  })
  const text = (polygon: number[], word = 'word') => ({ text: word, polygon })

  it('pairs regions one to one, the closest first', async () => {
    const texts = [text(square(0, 0, 10)), text(square(20, 0, 10)), text(square(40, 0, 10))]
    // Two regions for the first text, one that covers too little of the second, none for the third.
    const { value, details } = await score(metric, [
      [{ texts }, found(square(0, 0, 10, 8), square(0, 0, 10), square(20, 0, 10, 5))],
      [{ texts: [text(square(0, 0, 10))] }, found(square(0, 0, 10, 6))],
    ])
    expect(details).toEqual({ recall: 0.5, precision: 0.5, matched: 2, annotated: 4, found: 4 })
    expect(value).toBe(0.5)
  })

  it('neither asks for ignored text nor holds regions in it against anybody', async () => {
    const texts = [text(square(0, 0, 10)), text(square(20, 0, 40), '###')]
    // Half inside is not enough.
    const regions = found(square(0, 0, 10), square(22, 2, 5), square(10, 0, 20, 10))
    expect((await score(metric, [[{ texts }, regions]])).details).toEqual({
      recall: 1,
      precision: 0.5,
      matched: 1,
      annotated: 1,
      found: 2,
    })
  })

  it('finds no fault where there is nothing', async () => {
    expect((await score(metric, [[{ texts: [] }, found()]])).value).toBe(1)
    expect((await score(metric, [[{ texts: [] }, found(square(0, 0, 1))]])).value).toBe(0)
    expect((await score(metric, [[{ texts: [text(square(0, 0, 1))] }, found()]])).value).toBe(0)
  })

  it('refuses annotations without places, and NaN', async () => {
    await expect(async () => score(metric, [[{ texts: [{ text: 'a' }] }, found()]])).rejects.toMatchObject({
      code: 'METRIC_ANNOTATION_MISSING',
    })
    await expect(async () => score(metric, [[{ texts: [] }, found([Number.NaN, 0, 1, 0, 1, 1])]])).rejects.toMatchObject({
      code: 'METRIC_RESULT_INVALID',
    })
  })
})
