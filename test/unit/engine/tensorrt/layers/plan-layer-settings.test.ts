import { describe, expect, it } from 'vitest'
import { builderSchema, type TensorRtPrecision } from '../../../../../lib/engine/tensorrt/build-options.js'
import { planLayerSettings, unusedRuleError } from '../../../../../lib/engine/tensorrt/layers/plan-layer-settings.js'
import { parseTrtexecOptions } from '../../../../../lib/engine/tensorrt/trtexec-options.js'
import type { TensorRtLine } from '../../../../../lib/native/tensorrt-addon.js'

const plan = (builder: object, precision: TensorRtPrecision = 'fp16', line: TensorRtLine = 'v10') =>
  planLayerSettings(builderSchema.parse(builder), precision, { line, title: `TensorRT ${line}` })

describe('settings of single layers', () => {
  it('go to the addon by the names of its types, in their order', () => {
    const builder = {
      precisionConstraints: 'obey',
      layerPrecisions: { '*': 'fp16', '/head/*': 'fp32' },
      layerOutputTypes: { a: 'fp32', b: ['fp16', 'int32'] },
      dla: { core: 0 },
      layerDevices: { 'c*': 'dla', d: 'gpu' },
    }
    expect(plan(builder)).toEqual({
      precisions: [
        { pattern: '*', values: ['f16'] },
        { pattern: '/head/*', values: ['f32'] },
      ],
      outputTypes: [
        { pattern: 'a', values: ['f32'] },
        { pattern: 'b', values: ['f16', 'i32'] },
      ],
      devices: [
        { pattern: 'c*', values: ['dla'] },
        { pattern: 'd', values: ['gpu'] },
      ],
    })
    expect(plan({}, 'fp32', 'rtx')).toEqual({ precisions: [], outputTypes: [], devices: [] })
  })

  it.each([
    [{ layerPrecisions: { a: 'fp16' } }, 'fp16', /precisionConstraints obey or prefer/],
    [{ layerPrecisions: { a: 'fp16' }, precisionConstraints: 'none' }, 'fp16', /precisionConstraints obey or prefer/],
    [
      { layerPrecisions: { a: 'fp16' }, precisionConstraints: 'obey' },
      'fp32',
      /layerPrecisions\.a.*precision fp32 allows, received fp16/,
    ],
    [{ layerOutputTypes: { a: ['fp32', 'int8'] }, precisionConstraints: 'prefer' }, 'fp16', /layerOutputTypes\.a.*received int8/],
    [{ layerPrecisions: { a: 'fp32' }, precisionConstraints: 'obey', stronglyTyped: true }, 'fp32', /stronglyTyped left out/],
    [{ layerDevices: { a: 'dla' } }, 'fp16', /builder\.dla beside it/],
  ] as const)('%j beside %s is refused', (builder, precision, message) => {
    expect(() => plan(builder, precision)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it.each(['v11', 'rtx'] as const)('on %s an error names what replaced them', (line) => {
    const asked = [{ layerPrecisions: { a: 'fp16' } }, { layerOutputTypes: { a: 'fp16' } }]
    for (const builder of asked) {
      expect(() => plan({ ...builder, precisionConstraints: 'obey' }, 'fp16', line)).toThrow(
        expect.objectContaining({
          code: 'TENSORRT_OPTION_UNSUPPORTED',
          cure: expect.stringMatching(/halfPrecision\.ignored.*quantization\.ignored/),
        }),
      )
    }
  })

  it('TensorRT-RTX has no DLA', () => {
    expect(() => plan({ layerDevices: { a: 'gpu' } }, 'fp16', 'rtx')).toThrow(
      expect.objectContaining({ code: 'TENSORRT_OPTION_UNSUPPORTED' }),
    )
  })

  it('are taken as trtexec has them, the last of a name behind the others', () => {
    const { options } = parseTrtexecOptions([
      '--onnx=m.onnx',
      '--fp16',
      '--precisionConstraints=obey',
      "--layerPrecisions=/a/Conv:fp32,*:fp16,'b:c':fp32,/a/Conv:fp16",
      '--layerOutputTypes=x:fp16+fp32,y*:FP16',
      '--layerDeviceTypes=*:GPU,z:DLA',
    ])
    expect(Object.entries(options.builder.layerPrecisions ?? {})).toEqual([
      ['*', 'fp16'],
      ['b:c', 'fp32'],
      ['/a/Conv', 'fp16'],
    ])
    expect(options.builder).toMatchObject({
      layerOutputTypes: { x: ['fp16', 'fp32'], 'y*': ['fp16'] },
      layerDevices: { '*': 'gpu', z: 'dla' },
    })
    expect(() => parseTrtexecOptions(['--layerPrecisions=a:fp12'])).toThrow(/expected one of fp32, fp16/)
  })
})

describe('a rule that says nothing of the network', () => {
  const layers = ['/backbone/stem/Conv', '/head/cls/Conv', '/head/box/Conv']

  it('is an error with names that are like it', () => {
    const error = unusedRuleError('m.onnx', [{ group: 'precision', pattern: '/head/clas/Conv', reason: 'no-layer' }], layers)
    expect(error).toMatchObject({
      code: 'TENSORRT_LAYER_UNKNOWN',
      message: expect.stringMatching(/builder\.layerPrecisions names \/head\/clas\/Conv, and no layer of m\.onnx/),
      cure: expect.stringMatching(/^Layers called alike: \/head\/cls\/Conv, \/head\/box\/Conv/),
    })
  })

  it('says what else is wrong, and of how many', () => {
    const rules = [
      { group: 'output-type', pattern: '*', reason: 'not-float' },
      { group: 'device', pattern: 'x', reason: 'no-layer' },
    ] as const
    expect(unusedRuleError('m.onnx', rules, layers).message).toMatch(
      /layerOutputTypes names \*.*integers or shapes.*and 1 more such/,
    )
    expect(unusedRuleError('m.onnx', [{ group: 'output-type', pattern: 'y', reason: 'outputs' }], layers).message).toMatch(
      /another number of outputs/,
    )
  })
})
