import { describe, expect, it } from 'vitest'
import { countReformats, precisionsOfEngine } from '../../../../../lib/engine/tensorrt/layers/engine-precision.js'
import { readBuilderLayers } from '../../../../../lib/engine/tensorrt/layers/read-builder-layers.js'

// As TensorRT-RTX 1.7 writes it; shortened.
const linear = 'Format: (Linear) Row major linear format'
const major = 'Format: (NHWC) Channel major format'
const tensor = (name: string, shape: string, type: string, format = major) =>
  `{ Name: ${name}, Dimensions: [${shape}], Strides: [64,1,8,8], StrideOrder: [3,0,2,1], Datatype: ${type}, ${format} }`
const text = [
  'Layers:',
  `Name: __myl_Move_myl0_0, LayerType: kgen, Inputs: [ ${tensor('input', '1,3,8,8', 'Float', linear)}], Constants: [], Outputs: [ ${tensor('a', '1,3,8,8', 'Float')}], TacticName: __myl_Move_0x1, StreamId: 0, Metadata: `,
  `Name: /stem/Conv_myl0_1, LayerType: correlation, Inputs: [ ${tensor('a, b', '1,3,8,8', 'Int8')}], Constants: [ ${tensor('bias', '1', 'Float')}, ${tensor('w', '8,3,3,3', 'Int8')}], Outputs: [ ${tensor('c', '1,8,8,8', 'Float')}], TacticName: __myelin_CASK_STUB, StreamId: 0, Metadata: [ONNX Layer: /stem/Conv][ONNX Layer: node_of_input/dq]`,
  'Name: __mye1963_myl0_4, LayerType: signal, Inputs: [], Constants: [], Outputs: [], TacticName: , StreamId: 0, EventId: 1, Metadata: ',
  `Name: __myl_FcAdd_myl0_5, LayerType: runtime_fusion, Inputs: [ ${tensor('c', '1,8', 'Half')}, ${tensor('d', '', 'Half')}], Constants: [], Outputs: [ ${tensor('y', '1,8', 'Half')}], TacticName: , StreamId: 0, Metadata: [ONNX Layer: /fc/MatMul][ONNX Layer: /fc/Add]`,
  `Name: __myl_MulAddCast_myl0_6, LayerType: kgen, Inputs: [ ${tensor('c', '1,8', 'Half')}], Constants: [], Outputs: [], TacticName: , StreamId: 0, Metadata: [ONNX Layer: /stem/Conv]`,
  '',
  'I/O Tensors:',
  ' Name: input, IOMode: Input, DataType: Float',
].join('\n')

describe("what TensorRT's builder writes of the layers that it made", () => {
  it('is read up to the empty line', () => {
    const found = readBuilderLayers(text)
    if (!found.available) throw new Error(found.reason)
    expect(found).toMatchObject({ source: 'builder', hasDetails: true })
    expect(found.layers.map(({ type }) => type)).toEqual(['kgen', 'correlation', 'signal', 'runtime_fusion', 'kgen'])
    expect(found.layers[1]).toEqual({
      name: '/stem/Conv_myl0_1',
      type: 'correlation',
      operation: null,
      inputs: [{ name: 'a, b', shape: [1, 3, 8, 8], type: 'i8', format: '(NHWC) Channel major format' }],
      outputs: [{ name: 'c', shape: [1, 8, 8, 8], type: 'f32', format: '(NHWC) Channel major format' }],
      weights: 'i8',
      tactic: '__myelin_CASK_STUB',
      nodes: ['/stem/Conv', 'node_of_input/dq'],
    })
    expect(found.layers[3]?.inputs).toEqual([
      { name: 'c', shape: [1, 8], type: 'f16', format: '(NHWC) Channel major format' },
      { name: 'd', shape: [], type: 'f16', format: '(NHWC) Channel major format' },
    ])
  })

  it('is counted: what only moves elements is a reformat, and what ends a convolution is none', () => {
    const found = readBuilderLayers(text)
    if (!found.available) throw new Error(found.reason)
    expect(countReformats(found.layers)).toBe(1)
    const counted = precisionsOfEngine(found.layers, new Set(['/stem/Conv', '/fc/MatMul']), (node) => `${node} is float`)
    expect(counted.map(({ isHeavy, precision }) => [isHeavy, precision])).toEqual([
      [true, 'i8'],
      [true, 'f16'],
      [false, 'f16'],
    ])
    expect(counted[1]?.reason).toBe('/fc/MatMul: /fc/MatMul is float; /fc/Add: /fc/Add is float')
  })

  it('reads the form that has type and format in one', () => {
    const one =
      'Layers:\nName: m, LayerType: gemm, Inputs: [ { Name: a, Dimensions: [1,40,1024], Format/Datatype: Half }], Outputs: [ { Name: b, Dimensions: [1], Format/Datatype: Int8 }], TacticName: t, StreamId: 0, Metadata: '
    const found = readBuilderLayers(one)
    if (!found.available) throw new Error(found.reason)
    expect(found.layers[0]).toMatchObject({ inputs: [{ type: 'f16', format: 'Half' }], outputs: [{ type: 'i8' }] })
  })

  it.each([undefined, 'Layers:', 'Layers:\n\nI/O Tensors:', 'Layers:\nsomething else'])(
    'is a reason where it is otherwise: %j',
    (odd) => {
      expect(readBuilderLayers(odd)).toEqual({ available: false, reason: expect.stringMatching(/builder wrote/) })
    },
  )
})
