import { describe, expect, it } from 'vitest'
import { Constant } from '../../../lib/graph/constant.js'
import { quantizeWeights } from '../../../lib/quantization/weights/quantize-weights.js'
import { storeWeights } from '../../../lib/quantization/weights/store-weights.js'
import { floats, listOperators, makeGraph, noise } from '../graph/make-graph.js'

describe('quantizing weights', () => {
  it('puts the largest magnitude of each slice at the limit, whichever axis has the scales', () => {
    const weights = floats([2, 3], 1, -2, 0.5, 10, 20, -40)
    const rows = quantizeWeights(weights, 0)
    expect([...rows.scales]).toEqual([Math.fround(2 / 127), Math.fround(40 / 127)])
    // 63.5 goes to the even neighbour.
    expect([...rows.values]).toEqual([64, -127, 32, 32, 64, -127])
    const columns = quantizeWeights(weights, 1)
    expect([...columns.scales]).toEqual([Math.fround(10 / 127), Math.fround(20 / 127), Math.fround(40 / 127)])
    expect([...columns.values]).toEqual([13, -13, 2, 127, 127, -127])
    const all = quantizeWeights(weights, null)
    expect([...all.scales]).toEqual([Math.fround(40 / 127)])
    expect(all.shape).toEqual([2, 3])
  })

  it.each([
    { shape: [7, 5, 3, 3], axis: 0 },
    { shape: [7, 5, 3, 3], axis: 1 },
    { shape: [31, 17], axis: 1 },
    { shape: [3, 31, 17], axis: 2 },
    { shape: [64, 9], axis: null },
  ])('rounds $shape along $axis as QuantizeLinear does', ({ shape, axis }) => {
    const weights = noise(shape, `weights ${shape}`)
    const { values, scales } = quantizeWeights(weights, axis)
    const inner = axis === null ? 1 : shape.slice(axis + 1).reduce((total, length) => total * length, 1)
    const reals = weights.values() as Float32Array
    for (const [at, real] of reals.entries()) {
      const slice = axis === null ? 0 : Math.floor(at / inner) % (shape[axis] as number)
      const quotient = Math.fround(real / (scales[slice] as number))
      const floor = Math.floor(quotient)
      const even = floor % 2 === 0 ? floor : floor + 1
      const expected = quotient - floor === 0.5 ? even : Math.round(quotient)
      expect(values[at]).toBe(expected === 0 ? 0 : expected)
    }
  })

  it('gives slices that are all but zero a scale that harms nobody', () => {
    const { values, scales } = quantizeWeights(floats([4, 2], 0, -0, 127, 1, 1e-42, 0, 1e-20, -1e-20), 0)
    expect([...scales]).toEqual([1, 1, 2 ** -24, 2 ** -24])
    expect([...values]).toEqual([0, 0, 127, 1, 0, 0, 0, 0])
    expect([...quantizeWeights(floats([2, 2], 0, 0, 0, 0), 0).scales]).toEqual([1, 1])
    expect([...quantizeWeights(floats([2], 1e-44, 1e-43), null).scales]).toEqual([2 ** -60])
    expect([...quantizeWeights(floats([0]), null).scales]).toEqual([1])
  })

  it('counts elements without a finite value, and scales by the others', () => {
    const weights = floats([2, 3], Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0)
    const { values, scales, nonFinite } = quantizeWeights(weights, 0)
    expect([...scales]).toEqual([Math.fround(1 / 127), Math.fround(1 / 127)])
    expect([...values]).toEqual([0, 127, 127, -127, 0, 0])
    expect(nonFinite).toBe(4)
  })

  it.each([
    { shape: [6, 8, 3, 3], axis: 0, paired: 1 },
    { shape: [6, 7, 3, 3], axis: 1, paired: 0 },
    { shape: [31, 17], axis: 1, paired: 0 },
    { shape: [31, 17], axis: 0, paired: 1 },
    { shape: [3, 31, 17], axis: 2, paired: 1 },
    { shape: [9, 4], axis: null, paired: 0 },
  ])('keeps sums of neighbours in $shape along $paired within what 16 bits hold', ({ shape, axis, paired }) => {
    const weights = noise(shape, `pairs ${shape} ${axis}`)
    const stride = shape.slice(paired + 1).reduce((product, length) => product * length, 1)
    const sumsOf = (values: Int8Array) => {
      let most = 0
      for (const [at, value] of values.entries()) {
        const isLast = Math.floor(at / stride) % (shape[paired] as number) === (shape[paired] as number) - 1
        if (!isLast) most = Math.max(most, Math.abs(value + (values[at + stride] as number)))
      }
      return most
    }
    expect(sumsOf(quantizeWeights(weights, axis).values)).toBeGreaterThan(128)
    const { values, scales } = quantizeWeights(weights, axis, paired)
    expect(sumsOf(values)).toBeLessThanOrEqual(128)
    expect(255 * sumsOf(values)).toBeLessThan(2 ** 15)
    // No more of the range is given up than the worst pair asks for.
    const full = quantizeWeights(weights, axis)
    for (const [slice, scale] of scales.entries()) {
      expect(scale).toBeGreaterThanOrEqual(full.scales[slice] as number)
      expect(scale).toBeLessThanOrEqual((full.scales[slice] as number) * 2 * (1 + 1e-6))
    }
  })

  it('refuses an axis that the weights do not have', () => {
    expect(() => quantizeWeights(noise([2, 2]), 2)).toThrow(expect.objectContaining({ code: 'BUG' }))
    expect(() => quantizeWeights(Constant.ints([1]), null)).toThrow(expect.objectContaining({ code: 'BUG' }))
  })
})

describe('storing weights', () => {
  const matmuls = () =>
    makeGraph({
      inputs: { x: [1, 4] },
      constants: { w: noise([4, 4]) },
      nodes: [
        { type: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
        { type: 'MatMul', inputs: ['a', 'w'], outputs: ['b'] },
        { type: 'Gemm', inputs: ['b', 'w'], outputs: ['y'], attributes: { transB: 1 } },
      ],
      outputs: ['y'],
    })

  it('shares integers between uses that are quantized alike, and takes the floats out with the last', () => {
    const graph = matmuls()
    const weights = graph.tensors.get('w')?.constant as Constant
    const [first, second, third] = [...graph.nodes].map((node) => ({ node, index: 1 })) as [never, never, never]
    storeWeights(graph, first, 1, quantizeWeights(weights, 1))
    storeWeights(graph, second, 1, quantizeWeights(weights, 1))
    expect(graph.tensors.has('w')).toBe(true)
    storeWeights(graph, third, 0, quantizeWeights(weights, 0))
    expect(graph.tensors.get('w')?.constant?.elementType).toBe('i8')
    expect(listOperators(graph).sort()).toEqual(['DequantizeLinear', 'DequantizeLinear', 'Gemm', 'MatMul', 'MatMul'])
    const read = [first, second, third].map(({ node, index }: { node: { inputs: { name: string }[] }; index: number }) => {
      return node.inputs[index]?.name
    })
    expect(read).toEqual(['d0', 'd0', 'd1'])
    expect(graph.tensors.get('w/i8')?.elementType).toBe('i8')
    expect(graph.tensors.get('s0')?.shape).toEqual([4])
  })

  it('does not share what differs, and leaves floats that are an output', () => {
    const graph = matmuls()
    const weights = graph.tensors.get('w')
    if (!weights?.constant) throw new Error('no weights')
    graph.addOutput(weights)
    const [first, second] = [...graph.nodes].map((node) => ({ node, index: 1 })) as [never, never]
    storeWeights(graph, first, null, quantizeWeights(weights.constant, null))
    storeWeights(graph, second, null, quantizeWeights(weights.constant, null, 1))
    expect(listOperators(graph).filter((type) => type === 'DequantizeLinear')).toHaveLength(2)
    expect(graph.tensors.has('w')).toBe(true)
    expect(graph.tensors.get('s0')?.shape).toEqual([])
  })

  it('refuses what is no constant', () => {
    const graph = matmuls()
    const [node] = graph.nodes
    const quantized = quantizeWeights(noise([4]), null)
    expect(() => storeWeights(graph, { node: node as never, index: 0 }, null, quantized)).toThrow(
      expect.objectContaining({ code: 'BUG' }),
    )
  })
})

describe('options of weights', () => {
  const restore = ({ values, scales }: ReturnType<typeof quantizeWeights>, slice: number) =>
    Array.from(values, (value, at) => value * (scales[Math.floor(at / slice)] as number))
  const errorOf = (weights: Constant, quantized: ReturnType<typeof quantizeWeights>, slice: number) => {
    const original = weights.values() as Float32Array
    return restore(quantized, slice).reduce((sum, value, at) => sum + (value - (original[at] as number)) ** 2, 0)
  }

  it('uses -128 where the range is not narrow, for slices whose largest weight is negative', () => {
    const weights = floats([2, 3], -2, 1, 0.5, -1, 2, 0.5)
    const { values, scales } = quantizeWeights(weights, 0, null, { isNarrow: false, range: 'minmax' })
    expect([...values]).toEqual([-128, 64, 32, -64, 127, 32])
    expect([...scales]).toEqual([Math.fround(2 / 128), Math.fround(2 / 127)].map((scale) => expect.closeTo(scale, 7)))
  })

  it('clips an outlier where that costs less, and leaves what nothing is won of', () => {
    // So many small weights that their rounding costs more than the only large one.
    const values = noise([2, 4000], 'outlier', -1, 1).values() as Float32Array
    values[0] = 1.4
    const weights = Constant.of('f32', [2, 4000], values)
    const [usual, least] = (['minmax', 'mse'] as const).map((range) =>
      quantizeWeights(weights, 0, null, { isNarrow: true, range }),
    )
    if (!usual || !least) throw new Error('no weights')
    expect(least.scales[0]).toBeLessThan(usual.scales[0] as number)
    expect(least.values[0]).toBe(127)
    expect(errorOf(weights, least, 4000)).toBeLessThan(errorOf(weights, usual, 4000))
    const flat = floats([1, 4], 1, -1, 1, -1)
    expect([...quantizeWeights(flat, 0, null, { isNarrow: true, range: 'mse' }).values]).toEqual([127, -127, 127, -127])
  })

  it('keeps sums of neighbours within 128 while it clips', () => {
    const weights = noise([4, 400], 'pairs', -1, 1)
    const { values } = quantizeWeights(weights, 0, 1, { isNarrow: true, range: 'mse' })
    for (let at = 1; at < values.length; at++) {
      const [one, other] = [values[at - 1] as number, values[at] as number]
      if (at % 400 !== 0 && one * other > 0) expect(Math.abs(one + other)).toBeLessThanOrEqual(128)
    }
  })
})
