import { describe, expect, it } from 'vitest'
import { importMnnPreprocess } from '../../../lib/preprocess/importers/import-mnn.js'
import { resolvePreprocess } from '../../../lib/preprocess/resolve-preprocess.js'

const failed = (message: RegExp) =>
  expect.objectContaining({ code: 'PREPROCESS_IMPORT_FAILED', message: expect.stringMatching(message) })

describe('importMnnPreprocess', () => {
  it('reads what the documentation shows', () => {
    const { description, notes, pictures } = importMnnPreprocess(`{
      "format": "RGB", "mean": [127.5, 127.5, 127.5], "normal": [0.00784314, 0.00784314, 0.00784314],
      "center_crop_h": 0.875, "width": 224, "height": 192, "path": "path/to/images", "used_sample_num": 500,
      "feature_quantize_method": "EMA", "weight_quantize_method": "MAX_ABS", "batch_size": 32,
      "skip_quant_op_names": ["a"], "input_type": "image", "debug": false
    }`)
    expect(description).toEqual({
      resize: { mode: 'stretch', width: 224, height: 192, filter: 'opencv-linear' },
      sourceCrop: { width: 1, height: 0.875 },
      color: 'RGB',
      mean: [127.5, 127.5, 127.5],
      std: [1 / 0.00784314, 1 / 0.00784314, 1 / 0.00784314],
    })
    expect(pictures).toEqual({ folder: 'path/to/images', count: 500 })
    expect(notes.join('\n')).toMatch(/corner pixels[\s\S]*not used: feature_quantize_method, weight_quantize_method, batch_size/)
    expect(() => resolvePreprocess(description)).not.toThrow()
  })

  it('has the defaults of MNN', () => {
    const { description, pictures } = importMnnPreprocess({ used_image_num: 0 })
    expect(description).toEqual({ resize: { mode: 'stretch', filter: 'opencv-linear' }, color: 'BGR' })
    expect(pictures).toEqual({})
  })

  it('cuts lists to the channels of GRAY', () => {
    const { description } = importMnnPreprocess({ format: 'GRAY', mean: [1, 2, 3], normal: [0.5] })
    expect(description).toMatchObject({ mean: [1], std: [2] })
  })

  it.each<[string, unknown, RegExp]>([
    ['unknown keys', { men: [1] }, /there is no key men in MNN/],
    ['formats of four channels', { format: 'RGBA' }, /format: RGBA makes an input of four channels/],
    ['unknown formats', { format: 'YUV' }, /^.*format: /],
    ['sequences', { input_type: 'sequence' }, /input_type: expected image, received sequence/],
    ['a factor of 0', { normal: [0] }, /normal: expected numbers above 0, received 0/],
    ['texts that are no JSON', '{', /it is no JSON/],
    ['lists', [], /expected object/],
  ])('refuses %s', (_, config, message) => {
    expect(() => importMnnPreprocess(config)).toThrow(failed(message))
  })
})
