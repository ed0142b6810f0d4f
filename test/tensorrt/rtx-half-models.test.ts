import { join } from 'node:path'
import { expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { coreLibraries, describeWithTensorRt } from './libraries.js'

const products = new Set(['convolution', 'deconvolution', 'matrix-multiply'])

describeWithData('in FP16', () => {
  describeWithTensorRt('TensorRT-RTX 1.7', 'models of the test data', () => {
    it.each([
      ['squeezenet_fp32.onnx', {}],
      ['yolox_nano_416.onnx', {}],
      ['tiny_detr_digits_96.onnx', {}],
    ])('%s becomes a plan that is smaller than in float32, all of its products in f16', async (name, shapes) => {
      const model = join(dataFolder, 'models', name)
      const builder = { computeCapabilities: ['8.9'] }
      const common = { backend: 'tensorrt', library: coreLibraries['TensorRT-RTX 1.7'], model, shapes, builder } as const
      const half = await buildEngine({ ...common, precision: 'fp16' })
      const float = await buildEngine(common)
      const types = half.layers
        ?.filter(({ type }) => products.has(type))
        .flatMap(({ outputs }) => outputs.map(({ type }) => type))
      expect(types?.length).toBeGreaterThan(20)
      expect(new Set(types)).toEqual(new Set(['f16']))
      expect(half.bytes.byteLength).toBeLessThan(float.bytes.byteLength)
      expect([...half.inputs, ...half.outputs].map(({ type }) => type)).not.toContain('f16')
    })
  })
})
