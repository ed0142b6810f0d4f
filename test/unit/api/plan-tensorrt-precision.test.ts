import { describe, expect, it } from 'vitest'
import { planPrecision } from '../../../lib/api/tensorrt/plan-tensorrt-precision.js'
import { buildTensorRtSchema } from '../../../lib/api/tensorrt/tensorrt-options.js'
import { TensorRtNetwork } from '../../../lib/engine/tensorrt/network/tensorrt-network.js'

const plan = (line: 'v10' | 'v11' | 'rtx', options: object) =>
  planPrecision(buildTensorRtSchema.parse({ backend: 'tensorrt', model: 'x.onnx', ...options }), {
    line,
    title: `TensorRT (${line})`,
  })

const calibration = { data: 'samples.npy' }
const dynamicRanges = { x: [-1, 1] }

describe('a precision comes about', () => {
  it.each([
    ['v10', { precision: 'fp16' }, null, 'fp16'],
    ['v10', { precision: 'bf16' }, null, 'bf16'],
    ['v10', { precision: 'fp16', builder: { stronglyTyped: true } }, 'convert', 'fp32'],
    ['v11', { precision: 'fp16', calibration }, 'convert', 'fp32'],
    ['rtx', { precision: 'bf16', halfPrecision: { keepInputsAndOutputs: false } }, 'convert', 'fp32'],
    ['v10', { precision: 'int8', calibration }, 'quantize', 'int8'],
    ['rtx', { precision: 'int8', calibration }, 'quantize', 'fp32'],
    ['v10', { precision: 'int8', calibration, calibrator: {} }, null, 'int8'],
    ['rtx', { precision: 'int8', calibration, halfPrecision: { keepInputsAndOutputs: false } }, 'quantize', 'fp32'],
    ['rtx', { precision: 'int8', halfPrecision: false }, null, 'fp32'],
    ['rtx', {}, null, 'fp32'],
  ] as const)('on %s, %j: %s', (line, options, stage, precision) => {
    expect(plan(line, options)).toMatchObject({ stage, precision, calibrates: 'calibrator' in options })
  })

  it('samples for a network that is written layer by layer are for calibrators of TensorRT 10, where it has them', () => {
    const model = new TensorRtNetwork()
    const int8 = { model, precision: 'int8', calibration, dynamicRanges }
    expect(plan('v10', int8)).toMatchObject({ stage: null, precision: 'int8', calibrates: true, allowsHalf: true })
    expect(plan('v10', { ...int8, calibrator: { kind: 'minMax' } }).calibrates).toBe(true)
    expect(plan('v10', { model, precision: 'int8', dynamicRanges })).toMatchObject({ stage: null, calibrates: false })
    for (const precision of ['fp16', 'bf16', 'fp8']) {
      expect(plan('v10', { model, precision })).toMatchObject({ stage: null, precision, calibrates: false })
    }
    const unsupported = expect.objectContaining({
      code: 'TENSORRT_OPTION_UNSUPPORTED',
      cure: expect.stringContaining('`dequantize`'),
    })
    expect(() => plan('rtx', int8)).toThrow(unsupported)
  })

  it('FP16 stands beside INT8 unless it is forbidden', () => {
    expect(plan('v10', { precision: 'int8', calibration }).allowsHalf).toBe(true)
    expect(plan('v10', { precision: 'int8', calibrator: {}, halfPrecision: true }).allowsHalf).toBe(true)
    expect(plan('v10', { precision: 'int8', calibrator: {}, halfPrecision: false }).allowsHalf).toBe(false)
  })

  it.each([
    ['v10', { precision: 'fp16', calibration }, 'OPTION_INVALID', /calibration/],
    ['v10', { precision: 'fp16', halfPrecision: {} }, 'OPTION_INVALID', /halfPrecision/],
    ['rtx', { precision: 'int8', halfPrecision: {} }, 'OPTION_INVALID', /halfPrecision/],
    ['rtx', { precision: 'fp16', halfPrecision: false }, 'OPTION_INVALID', /halfPrecision/],
    ['rtx', { precision: 'fp32', halfPrecision: true }, 'OPTION_INVALID', /halfPrecision/],
    ['v10', { precision: 'int8', calibration, halfPrecision: {} }, 'OPTION_INVALID', /true or false/],
    ['rtx', { precision: 'fp16', calibrator: {} }, 'OPTION_INVALID', /calibrator/],
    ['v11', { precision: 'fp8' }, 'TENSORRT_OPTION_UNSUPPORTED', /fp8/],
    ['rtx', { precision: 'int8', calibrator: {} }, 'TENSORRT_OPTION_UNSUPPORTED', /calibrators/],
    ['rtx', { dynamicRanges }, 'TENSORRT_OPTION_UNSUPPORTED', /dynamic ranges/],
    ['v10', { dynamicRanges }, 'OPTION_INVALID', /dynamicRanges.*precision int8/],
    ['v10', { precision: 'int8', dynamicRanges, builder: { stronglyTyped: true } }, 'OPTION_INVALID', /dynamicRanges/],
    ['v10', { precision: 'int8', dynamicRanges, calibration }, 'OPTION_INVALID', /dynamicRanges.*calibration/],
  ] as const)('or is refused: on %s, %j', (line, options, code, message) => {
    expect(() => plan(line, options)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  })
})
