import { describe, expect, it } from 'vitest'
import type { OptimizedLayer, OptimizedLayers } from '../../../../../lib/engine/tensorrt/layers/optimized-layers.js'
import {
  type PrecisionFacts,
  reportPrecision,
  requireInt8Share,
} from '../../../../../lib/engine/tensorrt/layers/report-precision.js'
import type { PlanLayer } from '../../../../../lib/engine/tensorrt/plan.js'

const layer = (type: string, name: string, inputs: string[], rest: Partial<PlanLayer> = {}): PlanLayer => ({
  name,
  type,
  inputs,
  outputs: [{ name: `${name}:out`, type: 'f32', shape: [1] }],
  ...rest,
})

const explicit = [
  layer('dequantize', 'dq', ['q']),
  layer('convolution', 'one', ['dq:out', 'dq:out']),
  layer('convolution', 'two', ['one:out', 'dq:out']),
]

const kernel = (name: string, type: string, read: string, nodes: string[]): OptimizedLayer => ({
  name,
  type,
  operation: null,
  inputs: [{ name: 'a', shape: [1], type: read, format: null }],
  outputs: [],
  weights: null,
  tactic: null,
  nodes,
})

const nothing: OptimizedLayers = { available: false, reason: 'there is no GPU' }
const inspected = (layers: OptimizedLayer[]): OptimizedLayers => ({
  available: true,
  source: 'inspector',
  layers,
  hasDetails: true,
})

const report = (facts: Partial<PrecisionFacts>) =>
  reportPrecision({ network: explicit, isTyped: true, optimized: nothing, missingScales: [], leftFloat: new Map(), ...facts })

describe('the precision report', () => {
  it('takes the finished plan as evidence before the builder, and these before the network', () => {
    const layers = [kernel('one', 'CaskConvolution', 'i8', ['one']), kernel('two', 'CaskConvolution', 'i8', ['two'])]
    expect(report({ optimized: inspected(layers) })).toMatchObject({
      evidence: 'engine',
      reason: null,
      int8: { layers: 2, of: 2 },
    })
    const told: OptimizedLayers = { available: true, source: 'builder', layers, hasDetails: true }
    expect(report({ optimized: told })).toMatchObject({ evidence: 'builder', reformats: 0, int8: { share: 1 } })
    expect(report({})).toEqual({
      evidence: 'network',
      reason: 'there is no GPU',
      layers: { i8: 1, f32: 1 },
      reformats: null,
      int8: { layers: 1, of: 2, share: 0.5 },
      notInt8: [{ name: 'two', type: 'convolution', precision: 'f32', reason: 'its input one:out is not quantized' }],
    })
    const names: OptimizedLayers = { available: true, source: 'inspector', layers: [], hasDetails: false }
    expect(report({ optimized: names })).toMatchObject({
      evidence: 'network',
      reason: expect.stringContaining('profilingVerbosity'),
    })
  })

  it('knows nothing of a network without quantizers whose types TensorRT chooses', () => {
    const network = [layer('convolution', 'one', ['x'])]
    expect(report({ network, isTyped: false })).toMatchObject({ evidence: 'none', layers: {}, int8: { of: 0, share: null } })
    expect(report({ network })).toMatchObject({ evidence: 'network', int8: { layers: 0, of: 1 } })
    expect(report({ isTyped: false })).toMatchObject({ evidence: 'network', int8: { layers: 1, of: 2 } })
  })

  it('says why: the quantizer left it float, a tensor has no scale, the user said so, TensorRT chose', () => {
    expect(report({ leftFloat: new Map([['two', 'it is ignored']]) }).notInt8[0]?.reason).toBe(
      'its input one:out is not quantized: it is ignored',
    )
    const network = [
      layer('convolution', 'one', ['x']),
      layer('convolution', 'two', ['one:out']),
      layer('convolution', 'three', ['x'], { precision: 'f16' }),
      layer('convolution', 'four', ['x']),
    ]
    const optimized = inspected(network.map(({ name }) => kernel(name, 'CaskConvolution', 'f16', [name])))
    const { notInt8 } = report({ network, isTyped: false, optimized, missingScales: ['one:out'] })
    expect(notInt8.map(({ reason }) => reason)).toEqual([
      'the calibration has no scale for its tensor one:out',
      'the calibration has no scale for its tensor one:out',
      'it was given the precision f16',
      'TensorRT found this kernel to be the fastest of those allowed',
    ])
  })
})

describe('requireInt8', () => {
  const failure = (run: () => void) => {
    try {
      run()
    } catch (error) {
      return error as { code: string; message: string; details: Record<string, unknown> }
    }
    return expect.fail('it was let through')
  }

  it('lets through what has enough, and names the rest else', () => {
    requireInt8Share(report({}), 0.5, 'net.onnx')
    requireInt8Share(report({}), 0, 'net.onnx')
    const error = failure(() => requireInt8Share(report({}), 0.51, 'net.onnx'))
    expect(error.code).toBe('TENSORRT_INT8_SHARE_LOW')
    expect(error.message).toMatch(
      /1 of 2.*as the network says.*0\.51[\s\S]*two \(convolution, f32\): its input one:out is not quantized/,
    )
    expect(error.details.report).toMatchObject({ int8: { share: 0.5 } })
  })

  it('names twenty and counts the others', () => {
    const network = Array.from({ length: 30 }, (_, index) => layer('convolution', `c${index}`, ['x']))
    const { message } = failure(() => requireInt8Share(report({ network }), 0.1, 'net.onnx'))
    expect(message.match(/ {2}- c\d+ /g)).toHaveLength(20)
    expect(message).toMatch(/and 10 more$/)
  })

  it('is not met by a network without such layers, nor where nothing is known', () => {
    expect(failure(() => requireInt8Share(report({ network: [] }), 0.1, 'net.onnx'))).toMatchObject({
      code: 'TENSORRT_INT8_SHARE_LOW',
      message: expect.stringMatching(/there are none that could be/),
    })
    const unknown = report({ network: [layer('convolution', 'one', ['x'])], isTyped: false })
    expect(failure(() => requireInt8Share(unknown, 0.1, 'net.onnx'))).toMatchObject({
      code: 'TENSORRT_PRECISION_UNKNOWN',
      message: expect.stringMatching(/there is no GPU/),
    })
  })
})
