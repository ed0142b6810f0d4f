import { describe, expect, it } from 'vitest'
import { attribute } from '../../../lib/graph/attributes.js'
import { foldGraph } from '../../../lib/graph/folding/fold-graph.js'
import type { Graph } from '../../../lib/graph/graph.js'
import {
  type FirstLayerStatistics,
  judgeNormalization,
  warnOfNormalization,
} from '../../../lib/quantization/verification/judge-normalization.js'
import {
  compareWithBias,
  looksLikePixels,
  measureSpread,
  warnOfFlatness,
  warnOfScale,
} from '../../../lib/quantization/verification/judge-sample-scale.js'
import {
  expectStatistics,
  findFirstConvolution,
  readTrainedLayer,
} from '../../../lib/quantization/verification/trained-statistics.js'
import { floats, makeGraph, noise } from '../graph/make-graph.js'

const vector = (values: number[]) => floats([values.length], ...values)

describe('how samples are scaled', () => {
  const bias = Float32Array.of(1, -2)
  /** Elements of each channel: its bias, more or less by so much of it. */
  const squares = (by: number) => bias.map((own) => own * own * (1 + by * by))

  it('shows in what the first layer makes of its bias', () => {
    expect(compareWithBias(bias, bias, squares(1))).toBeCloseTo(1)
    expect(compareWithBias(bias, bias, squares(255))).toBeCloseTo(255)
    expect(compareWithBias(bias, bias, squares(0))).toBe(0)
  })

  it('is said where pixels are as they came, or samples vanish, and not of other numbers', () => {
    expect(warnOfScale('Conv', 255, true).map(({ code }) => code)).toEqual(['SAMPLES_SCALED'])
    expect(warnOfScale('Conv', 0.004, false).map(({ code }) => code)).toEqual(['SAMPLES_SCALED'])
    for (const [ratio, arePixels] of [
      [6, true],
      [900, false],
      [0.4, false],
    ] as const) {
      expect(warnOfScale('Conv', ratio, arePixels)).toEqual([])
    }
    expect(looksLikePixels([0, 17, 255])).toBe(true)
    expect(looksLikePixels([0.5, 199.75])).toBe(true)
    for (const values of [
      [0, 1],
      [0, 20],
      [0, Number.NaN],
      [-1, 20],
      [0, 256],
    ])
      expect(looksLikePixels(values)).toBe(false)
  })

  it('is said where all of them are nearly one number, be that as large as it may', () => {
    const flat = measureSpread([[5000, 5000.5], Float32Array.of(5000, 5000.5)])
    expect(flat.mean).toBeCloseTo(5000.25)
    expect(flat.deviation).toBeCloseTo(0.25)
    expect(warnOfFlatness('x', flat)).toMatchObject([{ code: 'SAMPLES_SCALED', message: expect.stringContaining('near 5000') }])
    expect(warnOfFlatness('x', { mean: -2, deviation: 0.13 })).toHaveLength(1)
    for (const [mean, deviation] of [
      [-2, 0.5],
      [0, 1],
      [3, 0],
      [Number.NaN, Number.NaN],
    ] as const) {
      expect(warnOfFlatness('x', { mean, deviation })).toEqual([])
    }
  })
})

describe('what training saw behind the first convolution', () => {
  const normalized = (more: { variances?: number[]; bias?: boolean } = {}): Graph =>
    makeGraph({
      inputs: { x: [1, 3, 8, 8] },
      constants: {
        w: noise([2, 3, 3, 3]),
        ...(more.bias && { b: vector([0.5, -1]) }),
        gamma: vector([2, -3]),
        beta: vector([0.25, 4]),
        mean: vector([1, -2]),
        variance: vector(more.variances ?? [4, 9]),
      },
      nodes: [
        { type: 'Conv', inputs: ['x', 'w', ...(more.bias ? ['b'] : [])], outputs: ['c'] },
        {
          type: 'BatchNormalization',
          inputs: ['c', 'gamma', 'beta', 'mean', 'variance'],
          outputs: ['n'],
          attributes: { epsilon: { float: 0 } },
        },
        { type: 'Relu', inputs: ['n'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })

  it.each([true, false])('is what its normalization makes of that once it is part of it, with a bias: %s', (bias) => {
    const graph = normalized({ bias })
    const trained = readTrainedLayer(graph)
    expect(trained).toMatchObject({ deviations: Float64Array.of(2, 3) })
    const layer = findFirstConvolution(foldGraph(graph).graph)
    const own = (index: number) => layer?.inputs[index]?.constant?.numbers() as Float32Array
    const expected = trained && expectStatistics(trained, { weights: own(1), bias: own(2) })
    // A normalization makes its shift of the mean, and its factor of the deviation.
    expect(expected?.means[0]).toBeCloseTo(0.25, 5)
    expect(expected?.means[1]).toBeCloseTo(4, 5)
    expect(expected?.deviations[0]).toBeCloseTo(2, 5)
    expect(expected?.deviations[1]).toBeCloseTo(3, 5)
  })

  it('is read of constants in nodes too', () => {
    const graph = makeGraph({
      inputs: { x: [1, 1, 4, 4] },
      constants: { gamma: vector([1, 1]), beta: vector([0, 0]), mean: vector([0, 1]), variance: vector([1, 2]) },
      nodes: [
        {
          type: 'Constant',
          inputs: [],
          outputs: ['w0'],
          attributes: { value: attribute.tensor('value', noise([2, 1, 1, 1]).toMessage('w')) },
        },
        { type: 'Identity', inputs: ['w0'], outputs: ['w'] },
        { type: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
        { type: 'BatchNormalization', inputs: ['c', 'gamma', 'beta', 'mean', 'variance'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    expect(readTrainedLayer(graph)?.weights).toHaveLength(2)
  })

  it('is not known where that layer was changed otherwise, was folded before, or never trained', () => {
    const trained = readTrainedLayer(normalized())
    const weights = noise([2, 3, 3, 3]).numbers() as Float32Array
    expect(trained && expectStatistics(trained, { weights, bias: null })).not.toBeNull()
    const changed = weights.map((value, at) => (at % 3 === 0 ? 0 : value))
    expect(trained && expectStatistics(trained, { weights: changed, bias: null })).toBeNull()
    expect(readTrainedLayer(foldGraph(normalized()).graph)).toBeNull()
    const untrained = makeGraph({
      inputs: { x: [1, 1, 4, 4] },
      constants: { w: noise([2, 1, 1, 1]), one: vector([1, 1]), zero: vector([0, 0]) },
      nodes: [
        { type: 'Conv', inputs: ['x', 'w'], outputs: ['c'] },
        { type: 'BatchNormalization', inputs: ['c', 'one', 'zero', 'zero', 'one'], outputs: ['y'] },
      ],
      outputs: ['y'],
    })
    expect(readTrainedLayer(untrained)).toBeNull()
  })
})

describe('how samples are normalized', () => {
  /** Filters of one element for three colours; some see brightness, some differences of colours. */
  const filters = [
    [0.5, 0.4, 0.3],
    [1, -1, 0.1],
    [-0.7, 0.2, 0.6],
    [0.2, 0.9, -1],
    [-0.6, -0.5, -0.4],
  ]
  const bias = [0.1, -0.2, 0.3, 0, -0.1]
  const pixels = { mean: 110, deviation: 60 }

  /** What these filters make of independent colours that were prepared so. */
  const seen = (off: number, over: number): FirstLayerStatistics => {
    const at = (value: number) => (value - off) / over
    const three = (value: number) => [value, value, value]
    return {
      input: { means: three(at(pixels.mean)), minima: three(at(0)), maxima: three(at(255)) },
      output: {
        means: filters.map((row, channel) => row.reduce((sum, value) => sum + value * at(pixels.mean), bias[channel] as number)),
        deviations: filters.map((row) => (Math.hypot(...row) * pixels.deviation) / over),
      },
      sums: filters,
      bias,
      expected: null,
    }
  }
  type Way = readonly [off: number, over: number]
  const ways: Record<'raw' | 'unit' | 'signed' | 'imagenet', Way> = {
    raw: [0, 1],
    unit: [0, 255],
    signed: [127.5, 127.5],
    imagenet: [116.3, 57.1],
  }
  const names = { raw: 'as they are', unit: 'pixels over 255', signed: 'minus 127.5', imagenet: "ImageNet's" } as const
  const pairs = Object.keys(names).flatMap((trained) => Object.keys(names).map((given) => [trained, given])) as [
    keyof typeof ways,
    keyof typeof ways,
  ][]

  it.each(pairs)('is told by what training saw: of %s, given %s', (trained, given) => {
    const expected = seen(...ways[trained]).output
    const verdict = judgeNormalization({ ...seen(...ways[given]), expected })
    expect(verdict.isWrong).toBe(trained !== given)
    expect(verdict.best.name).toContain(names[trained])
    const isKnown = { layer: 'Conv', input: 'images', isKnown: true }
    expect(warnOfNormalization(isKnown, verdict)).toHaveLength(trained === given ? 0 : 1)
  })

  it('says by how much, and which way', () => {
    const expected = seen(...ways.imagenet).output
    const verdict = judgeNormalization({ ...seen(...ways.unit), expected })
    const [warning] = warnOfNormalization({ layer: 'Conv', input: 'images', isKnown: true }, verdict)
    expect(warning).toMatchObject({ code: 'SAMPLES_NORMALIZED', message: expect.stringMatching(/images .*4\.5 times too small/) })
    expect(warning?.message).toContain("pixels minus ImageNet's means")
  })

  it('is not said of right samples, nor of dark ones, where nothing tells what training saw', () => {
    for (const way of Object.values(ways)) expect(judgeNormalization(seen(...way)).asIs.offset).toBeLessThan(3)
    const dark = seen(...ways.unit)
    const { means } = dark.input
    const small = (values: ArrayLike<number>) => Array.from(values, (value) => value / 10)
    const input = { means: small(means), minima: [0, 0, 0], maxima: [0.1, 0.1, 0.1] }
    const output = { means: Array.from(dark.output.means, () => 4), deviations: small(dark.output.deviations) }
    expect(judgeNormalization({ ...dark, input, output, expected: seen(...ways.unit).output }).isWrong).toBe(false)
  })

  it('is said where channels hardly vary and would otherwise', () => {
    const shifted = seen(...ways.imagenet)
    const large = { ...shifted, bias: bias.map((value) => value * 10) }
    const of = (off: number, over: number): FirstLayerStatistics => {
      const { input, output } = seen(off, over)
      return {
        ...large,
        input,
        output: { ...output, means: Array.from(output.means, (mean, at) => mean + 9 * (bias[at] as number)) },
      }
    }
    expect(judgeNormalization(of(0, 1)).isWrong).toBe(false)
    const verdict = judgeNormalization(of(116.3, 57.1 * 40))
    expect(verdict).toMatchObject({ isWrong: true })
    const [warning] = warnOfNormalization({ layer: 'Conv', input: 'images', isKnown: false }, verdict)
    expect(warning?.message).toMatch(/hardly vary/)
  })
})
