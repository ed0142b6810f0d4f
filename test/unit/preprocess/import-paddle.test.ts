import { describe, expect, it } from 'vitest'
import { importPaddlePreprocess } from '../../../lib/preprocess/importers/import-paddle.js'
import { resolvePreprocess } from '../../../lib/preprocess/resolve-preprocess.js'

const failed = (message: RegExp) =>
  expect.objectContaining({ code: 'PREPROCESS_IMPORT_FAILED', message: expect.stringMatching(message) })

describe('importPaddlePreprocess', () => {
  it('reads infer_cfg.yml of PaddleDetection', () => {
    const { description, notes } = importPaddlePreprocess(`
mode: paddle
arch: PicoDet
Preprocess:
- interp: 2
  keep_ratio: false
  target_size:
  - 416
  - 320
  type: Resize
- is_scale: true
  mean: [0.485, 0.456, 0.406]
  std: [0.229, 0.224, 0.225]
  type: NormalizeImage
- type: Permute
label_list:
- person
`)
    expect(description).toEqual({
      color: 'RGB',
      layout: 'NCHW',
      resize: { mode: 'stretch', width: 320, height: 416, filter: 'opencv-cubic' },
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    })
    expect(notes).toEqual([])
    expect(() => resolvePreprocess(description)).not.toThrow()
  })

  it('reads a reader with tags, keep_ratio and PadBatch', () => {
    const { description, notes } = importPaddlePreprocess(`
worker_num: 2
EvalReader: !EvalReader
  sample_transforms:
  - Decode: {}
  - Resize: {interp: 2, target_size: [800, 1333], keep_ratio: True}
  - NormalizeImage: {is_scale: true, mean: [0.485,0.456,0.406], std: [0.229, 0.224,0.225]}
  - Permute: {}
  batch_transforms:
  - PadBatch: {pad_to_stride: 32}
  batch_size: 1
`)
    expect(description.resize).toEqual({
      mode: 'short-side',
      size: 800,
      longSide: 1333,
      rounding: 'round',
      filter: 'opencv-cubic',
    })
    expect(description.padTo).toEqual({ multipleOf: 32 })
    // Zeros after normalising: the grey level that normalises to 0.
    const { pad, scale, mean } = resolvePreprocess(description)
    for (const [channel, level] of pad.entries()) {
      expect(level * (scale[channel] as number)).toBeCloseTo(mean[channel] as number, 12)
    }
    expect(notes).toEqual([expect.stringContaining('keep_ratio')])
  })

  it('reads transform_ops of PaddleClas', () => {
    const { description } = importPaddlePreprocess({
      PreProcess: {
        transform_ops: [
          { ResizeImage: { resize_short: 256, interpolation: 'bicubic', backend: 'pil' } },
          { CropImage: { size: 224 } },
          {
            NormalizeImage: {
              scale: '1.0/255.0',
              mean: [0.485, 0.456, 0.406],
              std: [0.229, 0.224, 0.225],
              order: '',
              channel_num: 3,
            },
          },
          { ToCHWImage: null },
        ],
      },
    })
    expect(description).toMatchObject({
      resize: { mode: 'short-side', size: 256, rounding: 'round', filter: 'pillow-bicubic' },
      crop: { width: 224, height: 224, rounding: 'floor' },
      scale: 1 / 255,
      layout: 'NCHW',
    })
  })

  it('reads inference.yml of PP-OCR detection, which says hardly anything', () => {
    const { description } = importPaddlePreprocess(`
PreProcess:
  transform_ops:
  - DecodeImage: {channel_first: false, img_mode: BGR}
  - DetLabelEncode: null
  - DetResizeForTest: null
  - NormalizeImage: {mean: [0.5, 0.5, 0.5], order: hwc, scale: 1./255., std: [0.5, 0.5, 0.5]}
  - ToCHWImage: null
  - KeepKeys: {keep_keys: [image, shape, polys, ignore_tags]}
`)
    expect(resolvePreprocess(description)).toEqual(resolvePreprocess({ preset: 'ppocr-det' }))
  })

  it('reads RecResizeImg as the preset does', () => {
    const { description } = importPaddlePreprocess([
      { DecodeImage: { img_mode: 'BGR' } },
      { RecResizeImg: { image_shape: [3, 48, 320] } },
    ])
    expect(resolvePreprocess(description)).toEqual(resolvePreprocess({ preset: 'ppocr-rec' }))
  })

  it('reads LetterBoxResize and PadStride', () => {
    const letterbox = importPaddlePreprocess([{ type: 'LetterBoxResize', target_size: [608, 1088] }]).description
    expect(letterbox).toMatchObject({
      resize: { mode: 'letterbox', width: 1088, height: 608, filter: 'opencv-area' },
      pad: 127.5,
      layout: 'NHWC',
    })
    expect(importPaddlePreprocess([{ PadStride: { stride: 32 } }]).description).toMatchObject({
      padTo: { multipleOf: 32 },
      resize: { mode: 'none' },
    })
    expect(importPaddlePreprocess([{ PadStride: { stride: 0 } }]).description).not.toHaveProperty('padTo')
  })

  it('takes the section that is named', () => {
    const config = { RecPreProcess: { transform_ops: [{ ResizeImage: { size: [100, 50] } }] } }
    const { description } = importPaddlePreprocess(config, { section: 'RecPreProcess.transform_ops' })
    expect(description.resize).toEqual({ mode: 'stretch', width: 100, height: 50, filter: 'opencv-linear' })
    expect(() => importPaddlePreprocess(config)).toThrow(
      failed(/expected a list of operators at Preprocess, PreProcess.transform_ops/),
    )
  })

  it.each<[string, unknown, RegExp]>([
    ['unknown operators', [{ RandomFlip: {} }], /the operator RandomFlip is not understood/],
    ['names of the prototype', [{ constructor: {} }], /the operator constructor is not understood/],
    ['unknown keys', [{ Resize: { target_size: 3, jitter: 1 } }], /Resize: the key jitter is not understood/],
    ['sizes that are none', [{ Resize: { target_size: 'big' } }], /Resize: target_size: expected a number, received "big"/],
    ['other interpolations', [{ Resize: { target_size: 3, interp: 4 } }], /Resize: interp: expected 0 to 3, received 4/],
    [
      'resizing after normalising',
      [{ NormalizeImage: {} }, { CropImage: { size: 3 } }],
      /CropImage: expected it before NormalizeImage/,
    ],
    ['operators that are none', [3], /expected an operator such as/],
    ['broken YAML', 'a: [', /it is no YAML/],
    ['expressions', [{ NormalizeImage: { scale: '__import__("os")' } }], /NormalizeImage: scale: expected a number or a ratio/],
  ])('refuses %s', (_, config, message) => {
    expect(() => importPaddlePreprocess(config)).toThrow(failed(message))
  })
})
