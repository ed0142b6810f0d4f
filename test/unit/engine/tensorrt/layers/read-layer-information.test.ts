import { describe, expect, it } from 'vitest'
import { countReformats, precisionsOfEngine } from '../../../../../lib/engine/tensorrt/layers/engine-precision.js'
import type { OptimizedLayers } from '../../../../../lib/engine/tensorrt/layers/optimized-layers.js'
import { readLayerInformation } from '../../../../../lib/engine/tensorrt/layers/read-layer-information.js'

// Written by hand from the documentation of IEngineInspector and of trtexec --exportLayerInfo: no GPU has made it.
const tensor = (name: string, format: string) => ({
  Name: name,
  Location: 'Device',
  Dimensions: [1, 8, 4, 4],
  'Format/Datatype': format,
})

const writtenByHand = {
  Layers: [
    {
      Name: 'Reformatting CopyNode for Input Tensor 0 to conv1 + relu1',
      LayerType: 'Reformat',
      Inputs: [tensor('x', 'Row major linear FP32')],
      Outputs: [tensor('x8', 'Thirty-two wide channel vectorized row major Int8 format')],
      ParameterType: 'Reformat',
      Origin: 'REFORMAT',
      TacticValue: '0x00',
      StreamId: 0,
      Metadata: '',
    },
    {
      Name: 'conv1 + relu1',
      LayerType: 'CaskConvolution',
      Inputs: [tensor('x8', 'Thirty-two wide channel vectorized row major Int8 format')],
      Outputs: [tensor('a', 'Channel major FP16 format where channel % 8 == 0')],
      ParameterType: 'Convolution',
      Weights: { Type: 'Int8', Count: 576 },
      Bias: { Type: 'Float', Count: 8 },
      TacticName: 'sm80_xmma_fprop_implicit_gemm_interleaved_i8i8_i8i32_f32',
      Metadata: '[ONNX Layer: conv1]\u001e[ONNX Layer: relu1]',
    },
    {
      Name: 'head/MatMul_myl0_3',
      LayerType: 'gemm',
      Inputs: [{ Name: 'a', Dimensions: [1, 128], Datatype: 'Half', Format: '(Linear) Row major linear format' }],
      Outputs: [{ Name: 'y', Dimensions: [1, 10], Datatype: 'Half', Format: '(Linear) Row major linear format' }],
      TacticName: 'sm80_xmma_gemm_f16f16_f16f16_f16',
      Metadata: '[ONNX Layer: head/MatMul]',
    },
    { Name: '{ForeignNode[a...b]}', LayerType: 'Myelin', Inputs: [], Outputs: [] },
  ],
  Bindings: ['x', 'y'],
}

function layersOf(found: OptimizedLayers) {
  if (!found.available) throw new Error(found.reason)
  return found.layers
}

describe("what TensorRT's inspector says (written by hand from its documentation)", () => {
  it('is read: types, formats, kernels, and the nodes that a layer is made of', () => {
    const found = readLayerInformation(JSON.stringify(writtenByHand))
    expect(found).toMatchObject({ available: true, source: 'inspector', hasDetails: true })
    expect(layersOf(found)[1]).toEqual({
      name: 'conv1 + relu1',
      type: 'CaskConvolution',
      operation: 'Convolution',
      inputs: [
        { name: 'x8', shape: [1, 8, 4, 4], type: 'i8', format: 'Thirty-two wide channel vectorized row major Int8 format' },
      ],
      outputs: [{ name: 'a', shape: [1, 8, 4, 4], type: 'f16', format: 'Channel major FP16 format where channel % 8 == 0' }],
      weights: 'i8',
      tactic: 'sm80_xmma_fprop_implicit_gemm_interleaved_i8i8_i8i32_f32',
      nodes: ['conv1', 'relu1'],
    })
    expect(layersOf(found)[2]?.inputs[0]).toMatchObject({ type: 'f16', format: '(Linear) Row major linear format' })
  })

  it('is counted: reformats apart, regions as unknown, with reasons', () => {
    const layers = layersOf(readLayerInformation(JSON.stringify(writtenByHand)))
    expect(countReformats(layers)).toBe(1)
    expect(precisionsOfEngine(layers, new Set(), () => null)).toEqual([
      { name: 'conv1 + relu1', type: 'CaskConvolution', precision: 'i8', isHeavy: true, reason: null },
      {
        name: 'head/MatMul_myl0_3',
        type: 'gemm',
        precision: 'f16',
        isHeavy: true,
        reason: 'TensorRT found this kernel to be the fastest of those allowed: sm80_xmma_gemm_f16f16_f16f16_f16',
      },
      expect.objectContaining({
        precision: 'unknown',
        isHeavy: true,
        reason: expect.stringContaining('does not say what is in it'),
      }),
    ])
    const told = precisionsOfEngine(layers, new Set(), (node) => (node === 'head/MatMul' ? 'its input a is not quantized' : null))
    expect(told[1]?.reason).toBe('its input a is not quantized')
  })

  it('a heavy node without a kernel of its kind counts where it went', () => {
    const json = { Layers: [{ ...writtenByHand.Layers[2], Name: '__myl_MulSum', LayerType: 'kgen' }] }
    const layers = layersOf(readLayerInformation(JSON.stringify(json)))
    const find = (heavy: string[]) => precisionsOfEngine(layers, new Set(heavy), () => 'why not')[0]
    expect(find([])).toMatchObject({ isHeavy: false, reason: null })
    expect(find(['head/MatMul'])).toMatchObject({ isHeavy: true, precision: 'f16', reason: 'head/MatMul: why not' })
  })

  it.each([
    ['Row major linear FP32', 'f32'],
    ['Float', 'f32'],
    ['Two wide channel vectorized row major FP16 format', 'f16'],
    ['Half', 'f16'],
    ['Channel major BFloat16 format where channel % 8 == 0', 'bf16'],
    ['Channel major INT8 format where channel % 16 == 0', 'i8'],
    ['Row major linear FP8 format', 'f8e4m3'],
    ['Row major linear Int64 format', 'i64'],
    ['Row major linear BOOL', 'bool'],
    ['N/A due to dynamic shapes', null],
    ['Unknown format', null],
  ])('the format "%s" is of type %s', (format, type) => {
    const json = { Layers: [{ Name: 'l', LayerType: 'PointWise', Inputs: [tensor('t', format)], Outputs: [] }] }
    expect(layersOf(readLayerInformation(JSON.stringify(json)))[0]?.inputs[0]?.type).toBe(type)
  })

  it('of a plan with names alone, these are known; of one without details, nothing', () => {
    const names = readLayerInformation(
      '{"Layers": ["conv1 + relu1"\n,"Reformatting CopyNode for Output Tensor 0"\n],\n"Bindings": ["x"]}',
    )
    expect(names).toMatchObject({ available: true, hasDetails: false })
    expect(countReformats(layersOf(names))).toBe(1)
    expect(readLayerInformation('{"Layers": [], "Bindings": []}')).toEqual({
      available: false,
      reason: expect.stringContaining('profilingVerbosity none'),
    })
  })

  it('control characters as they are do no harm', () => {
    const raw = JSON.stringify(writtenByHand).replace('\\u001e', '\u001e')
    expect(() => JSON.parse(raw)).toThrow()
    expect(layersOf(readLayerInformation(raw))[1]?.nodes).toEqual(['conv1', 'relu1'])
  })

  it.each(['', 'nothing', '[]', '{"Layers": 3}', '{"Layers": [{"LayerType": "x"}]}', '{"Layers": [null]}'])(
    'what is otherwise is a reason and no error: %s',
    (text) => {
      expect(readLayerInformation(text)).toEqual({ available: false, reason: expect.stringContaining('cannot be read') })
    },
  )

  it('fields of other kinds than expected are left out', () => {
    const odd = {
      Layers: [{ Name: 'l', LayerType: 7, Inputs: 'many', Outputs: [{ Name: 3, Dimensions: 'x' }], Weights: 'Int8' }],
    }
    expect(layersOf(readLayerInformation(JSON.stringify(odd)))[0]).toMatchObject({
      type: null,
      inputs: [],
      outputs: [{ name: '', shape: [], type: null }],
      weights: null,
    })
  })
})
