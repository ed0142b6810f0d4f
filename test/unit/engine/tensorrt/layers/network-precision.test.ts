import { describe, expect, it } from 'vitest'
import { hasQuantizers, precisionsOfNetwork } from '../../../../../lib/engine/tensorrt/layers/network-precision.js'
import type { PlanLayer } from '../../../../../lib/engine/tensorrt/plan.js'

const layer = (type: string, name: string, inputs: string[], outputType = 'f32', rest: Partial<PlanLayer> = {}): PlanLayer => ({
  name,
  type,
  inputs,
  outputs: [{ name: `${name}:out`, type: outputType, shape: [1, 8, 8, 8] }],
  ...rest,
})

/** Weights and an activation that come from dequantizers. */
const quantized = [
  layer('quantize', 'q', ['x', 'scale'], 'i8'),
  layer('dequantize', 'dq', ['q:out', 'scale']),
  layer('constant', 'w', [], 'i8'),
  layer('dequantize', 'wdq', ['w:out', 'wscale']),
]

function only(layers: PlanLayer[], isTyped = true) {
  const found = precisionsOfNetwork({ layers: [...quantized, ...layers], isTyped })
  return found[found.length - 1]
}

describe('what a network computes in', () => {
  it.each(['convolution', 'deconvolution', 'matrix-multiply'])('a %s of which both factors are dequantized is INT8', (type) => {
    expect(only([layer(type, 'it', ['dq:out', 'wdq:out', 'bias'])])).toEqual({
      name: 'it',
      type,
      precision: 'i8',
      isHeavy: true,
      reason: null,
    })
  })

  it('is not INT8 with a float activation, float weights, or weights of its own', () => {
    expect(only([layer('convolution', 'it', ['x', 'wdq:out'], 'f16')])).toMatchObject({
      precision: 'f16',
      reason: 'its input x is not quantized',
    })
    expect(only([layer('constant', 'v', []), layer('matrix-multiply', 'it', ['dq:out', 'v:out'])])).toMatchObject({
      precision: 'f32',
      reason: 'its input v:out is not quantized',
    })
    expect(only([layer('convolution', 'it', ['dq:out'])])).toMatchObject({ reason: 'its weights are not quantized' })
  })

  it('sees dequantizers through what only moves elements', () => {
    const moved = ['shuffle', 'slice', 'squeeze'].map((type, index) =>
      layer(type, `m${index}`, [index === 0 ? 'dq:out' : `m${index - 1}:out`]),
    )
    expect(only([...moved, layer('matrix-multiply', 'it', ['m2:out', 'wdq:out'])])?.precision).toBe('i8')
    const pooled = (operation: string) =>
      only([layer('pooling', 'p', ['dq:out'], 'f32', { operation }), layer('convolution', 'it', ['p:out', 'wdq:out'])])
    expect(pooled('max')?.precision).toBe('i8')
    expect(pooled('average')?.precision).toBe('f32')
    const both = (second: string) =>
      only([layer('concatenation', 'c', ['dq:out', second]), layer('convolution', 'it', ['c:out', 'wdq:out'])])
    expect(both('wdq:out')?.precision).toBe('i8')
    expect(both('x')?.precision).toBe('f32')
  })

  it('other types than INT8 are told as such', () => {
    const eight = [layer('quantize', 'q8', ['x', 's'], 'f8e4m3'), layer('dequantize', 'dq8', ['q8:out', 's'])]
    expect(only([...eight, layer('matrix-multiply', 'it', ['dq8:out', 'dq8:out'])])).toMatchObject({
      precision: 'f8e4m3',
      reason: 'its inputs are quantized to f8e4m3',
    })
    expect(only([...eight, layer('matrix-multiply', 'it', ['dq8:out', 'wdq:out'])])).toMatchObject({
      precision: 'f32',
      reason: 'its inputs are quantized to f8e4m3 and i8',
    })
  })

  it('constants and quantizers are not counted; floats of a network without types of its own are free', () => {
    expect(precisionsOfNetwork({ layers: quantized, isTyped: true })).toEqual([])
    expect(only([layer('activation', 'a', ['x'])], false)).toMatchObject({ precision: 'float', isHeavy: false })
    expect(only([layer('shape', 's', ['x'], 'i64')], false)).toMatchObject({ precision: 'i64' })
    expect(hasQuantizers(quantized)).toBe(true)
    expect(hasQuantizers([layer('convolution', 'c', ['x'])])).toBe(false)
  })
})
