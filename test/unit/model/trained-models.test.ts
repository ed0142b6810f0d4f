import { join } from 'node:path'
import { expect, it } from 'vitest'
import { detectModelFormat } from '../../../lib/model/model-format.js'
import { readOnnxModel } from '../../../lib/model/onnx-reader.js'
import { dataFolder, describeWithData } from '../../data-folder.js'

describeWithData('trained models', () => {
  // Counted with the onnx package of Python, over all graphs: nodes, tensors held by the file, elements of these.
  it.each([
    ['ch_PP-OCRv4_det_infer', 672, 342, 1_171_841],
    ['ch_PP-OCRv4_rec_infer', 860, 420, 2_690_407],
    ['ch_ppocr_mobile_v2.0_cls_infer', 566, 308, 133_777],
    ['digits_cnn_bn', 28, 42, 175_674],
    ['digits_cnn_bnfolded', 20, 18, 174_378],
    ['efficientnet_lite0_224', 100, 105, 4_631_005],
    ['nanodet_m_416', 225, 158, 941_863],
    ['squeezenet_fp32', 70, 53, 1_235_497],
    ['tiny_dense_digits_96', 129, 68, 186_470],
    ['tiny_detr_digits_96', 497, 240, 380_984],
    ['yolox_nano_416', 369, 236, 904_481],
  ])('%s', async (name, nodeCount, weightCount, parameters) => {
    const path = join(dataFolder, 'models', `${name}.onnx`)
    expect(await detectModelFormat(path)).toMatchObject({ format: 'onnx' })
    const found = await readOnnxModel(path)
    expect({ ...found, weights: found.weights.length }).toMatchObject({ nodeCount, weights: weightCount, parameters })
    expect(found.operators.reduce((sum, { count }) => sum + count, 0)).toBe(nodeCount)
  })

  it('keeps weights out of the inputs, and metadata whole', async () => {
    const { inputs } = await readOnnxModel(join(dataFolder, 'models', 'nanodet_m_416.onnx'))
    expect(inputs).toEqual([{ name: 'input.1', type: 'f32', shape: [1, 3, 416, 416] }])
    const { metadata } = await readOnnxModel(join(dataFolder, 'models', 'ch_PP-OCRv4_rec_infer.onnx'))
    expect(metadata.character?.split('\n').length).toBeGreaterThan(6000)
  })

  it.each(['vww_96_float', 'mobilenet_v1_0.25_128_quant'])('%s', async (name) => {
    expect(await detectModelFormat(join(dataFolder, 'models', `${name}.tflite`))).toMatchObject({ format: 'tflite' })
  })
})
