import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseOptions } from '../../../lib/errors/parse-options.js'
import { digestPreprocess } from '../../../lib/preprocess/digest-preprocess.js'
import type { InputPort } from '../../../lib/preprocess/input-port.js'
import type { PreprocessDescription } from '../../../lib/preprocess/preprocess-schema.js'
import { presetNames } from '../../../lib/preprocess/presets.js'
import { preprocessDescriptionSchema, resolvePreprocess } from '../../../lib/preprocess/resolve-preprocess.js'

const port = (shape: InputPort['shape'], type: InputPort['type'] = 'f32'): InputPort => ({ name: 'images', type, shape })
const digestOf = (description: PreprocessDescription, input?: InputPort) =>
  digestPreprocess(resolvePreprocess(description, input))
const failure = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('expected an error')
}

describe('resolvePreprocess', () => {
  it('fills in defaults', () => {
    expect(resolvePreprocess({})).toEqual({
      resize: { mode: 'stretch', filter: 'pillow-bilinear' },
      color: 'RGB',
      layout: 'NCHW',
      type: 'f32',
      pad: [0, 0, 0],
      scale: [1, 1, 1],
      mean: [0, 0, 0],
      std: [1, 1, 1],
    })
  })

  it('takes size, layout and type from the input', () => {
    const { resize, layout, type } = resolvePreprocess({}, port([1, 96, 128, 3], 'f16'))
    expect({ resize, layout, type }).toEqual({
      resize: { mode: 'stretch', filter: 'pillow-bilinear', width: 128, height: 96 },
      layout: 'NHWC',
      type: 'f16',
    })
  })

  it('leaves open dimensions open', () => {
    const shape = ['dynamic', 3, [32, 640], 'dynamic'] as const
    expect(resolvePreprocess({}, port(shape)).resize).toEqual({ mode: 'stretch', filter: 'pillow-bilinear' })
    expect(resolvePreprocess({}, port(null)).layout).toBe('NCHW')
  })

  it('expands presets and overrides them key by key', () => {
    const resolved = resolvePreprocess(
      { preset: 'yolov8', resize: { align: 'top-left' }, std: [1, 2, 3] },
      port([1, 3, 320, 320]),
    )
    expect(resolved.resize).toEqual({
      mode: 'letterbox',
      align: 'top-left',
      rounding: 'round',
      allowUpscale: true,
      filter: 'opencv-linear',
      width: 320,
      height: 320,
    })
    expect(resolved).toMatchObject({ pad: [114, 114, 114], scale: [1 / 255, 1 / 255, 1 / 255], std: [1, 2, 3] })
  })

  it('replaces resize as a whole where the mode changes', () => {
    const { resize } = resolvePreprocess({ preset: 'imagenet', crop: null, resize: { mode: 'stretch', width: 8, height: 9 } })
    expect(resize).toEqual({ mode: 'stretch', width: 8, height: 9, filter: 'pillow-bilinear' })
  })

  it('removes what a preset says with null', () => {
    const resolved = resolvePreprocess({ preset: 'ppocr-rec', resize: { width: null } })
    expect(resolved.resize).toMatchObject({ mode: 'height', height: 48 })
    expect(resolved.resize).not.toHaveProperty('width')
    expect(resolvePreprocess({ preset: 'imagenet', mean: null }).mean).toEqual([0, 0, 0])
  })

  it.each(presetNames)('has a preset %s that is complete', (preset) => {
    expect(() => resolvePreprocess({ preset })).not.toThrow()
  })

  it('expresses the models of the test data', () => {
    const squeezenet: PreprocessDescription = { preset: 'imagenet', color: 'BGR', scale: 1, mean: [104, 117, 123], std: 1 }
    expect(resolvePreprocess(squeezenet)).toMatchObject({ color: 'BGR', mean: [104, 117, 123], std: [1, 1, 1], scale: [1, 1, 1] })
    const digits: PreprocessDescription = { resize: { mode: 'none' }, color: 'GRAY', scale: '1/255', mean: 0.5, std: 0.5 }
    expect(resolvePreprocess(digits, port([1, 1, 32, 32]))).toMatchObject({ color: 'GRAY', scale: [1 / 255], pad: [0] })
    const mobilenet: PreprocessDescription = {
      resize: { mode: 'short-side', size: 146 },
      crop: {},
    }
    expect(resolvePreprocess(mobilenet, port([1, 128, 128, 3], 'u8'))).toMatchObject({
      type: 'u8',
      layout: 'NHWC',
      crop: { width: 128, height: 128, rounding: 'round' },
    })
  })

  it.each<[string, unknown, RegExp]>([
    ['unknown keys', { means: 1 }, /option means: there is no such option/],
    ['keys of another mode', { resize: { mode: 'stretch', size: 3 } }, /option resize.size: there is no such option/],
    ['unknown modes', { resize: { mode: 'squash' } }, /option resize.mode: expected "none" or "stretch".* received "squash"/],
    ['unknown presets', { preset: 'yolov99' }, /option preset: .*received "yolov99"/],
    ['unknown filters', { resize: { mode: 'stretch', filter: 'lanczos' } }, /option resize.filter: .*"pillow-lanczos"/],
    ['lists of the wrong length', { mean: [1, 2] }, /option mean: expected a number or 3 for RGB, received 2/],
    ['colours for grey', { color: 'GRAY', std: [1, 2, 3] }, /option std: expected a number or 1 for GRAY, received 3/],
    ['std of 0', { std: 0 }, /option std: .*>0/],
    [
      'scales that are no ratio',
      { scale: '1:255' },
      /option scale: expected number or a ratio such as 1\/255 or array, received "1:255"/,
    ],
    ['u8 that is normalised', { type: 'u8', mean: 5 }, /option type: u8 holds pixels as they are/],
    ['a crop of a letterbox', { preset: 'yolox', crop: {} }, /option crop: expected no crop after a resize of mode letterbox/],
    ['NaN', { mean: Number.NaN }, /option mean/],
    ['no object', 'yolox', /resolvePreprocess: option \(options\): expected object/],
  ])('refuses %s', (_, description, message) => {
    const { code, message: text } = failure(() => resolvePreprocess(description as PreprocessDescription))
    expect(code).toBe('OPTION_INVALID')
    expect(text).toMatch(message)
  })

  it.each<[string, PreprocessDescription, InputPort, RegExp]>([
    [
      'another size',
      { preset: 'yolox', resize: { width: 640, height: 640 } },
      port([1, 3, 416, 416]),
      /width is 416.*makes it 640/,
    ],
    ['another crop', { preset: 'imagenet' }, port([1, 3, 299, 299]), /width is 299, the description makes it 224/],
    ['grey for colour', { color: 'GRAY' }, port([1, 3, 32, 32]), /expected 1 channels, received \[1, 3, 32, 32\]/],
    ['another layout', { layout: 'NHWC' }, port([1, 3, 32, 32]), /expected 3 channels in NHWC/],
    ['too few dimensions', {}, port([1, 784]), /expected four dimensions/],
    ['other types', {}, port([1, 3, 32, 32], 'i64'), /expected an input of type f32, f16 or u8/],
    ['values for bytes', { mean: 3 }, port([1, 3, 32, 32], 'u8'), /takes u8, pixels as they are/],
  ])('refuses a model with %s', (_, description, input, message) => {
    const { code, message: text } = failure(() => resolvePreprocess(description, input))
    expect(code).toBe('PREPROCESS_INVALID')
    expect(text).toMatch(message)
    expect(text).toMatch(/input images/)
  })
})

describe('digestPreprocess', () => {
  it('is the same for the same meaning', () => {
    const preset = digestOf({ preset: 'yolox' })
    const written: PreprocessDescription = {
      color: 'BGR',
      pad: [114, 114, 114],
      std: [1, 1, 1],
      resize: { filter: 'opencv-linear', rounding: 'floor', align: 'top-left', mode: 'letterbox', allowUpscale: true },
    }
    expect(digestOf(written)).toBe(preset)
    expect(digestOf(JSON.parse(JSON.stringify(written)))).toBe(preset)
    expect(digestOf({ preset: 'ppocr' })).toBe(digestOf({ preset: 'ppocr-rec' }))
  })

  it('differs where pixels do', () => {
    const variants: PreprocessDescription[] = [
      { preset: 'yolox' },
      { preset: 'yolox', pad: 113 },
      { preset: 'yolox', color: 'RGB' },
      { preset: 'yolox', type: 'f16' },
      { preset: 'yolox', layout: 'NHWC' },
      { preset: 'yolox', resize: { rounding: 'round' } },
      { preset: 'yolox', mean: [1, 2, 3] },
      { preset: 'yolox', mean: [3, 2, 1] },
    ]
    expect(new Set(variants.map((each) => digestOf(each))).size).toBe(variants.length)
    expect(digestOf({}, port([1, 3, 32, 32]))).not.toBe(digestOf({}, port([1, 3, 64, 64])))
  })

  it('is stable across releases', () => {
    expect(digestOf({ preset: 'imagenet' })).toMatchInlineSnapshot(
      `"812806dbdb01c9d75e7f0a3540e555ed627663aed8713d97a8b30e6712f45232"`,
    )
  })
})

describe('preprocessDescriptionSchema', () => {
  it('names problems from the top of what holds it, and changes nothing', () => {
    const recipe = z.strictObject({ preprocess: preprocessDescriptionSchema })
    const written = { preprocess: { preset: 'yolox', resize: { width: 64 } } }
    expect(recipe.parse(written)).toEqual(written)
    const parse = (preprocess: unknown) => failure(() => parseOptions(recipe, { preprocess }, parse)).message
    expect(parse({ preset: 'yolox', resize: { width: 0 } })).toMatch(/option preprocess.resize.width: .*>=1.*received 0/)
    expect(parse({ resize: { mode: 'squash' } })).toMatch(/option preprocess.resize.mode: expected "none"/)
    expect(parse({ colour: 'RGB' })).toMatch(/option preprocess.colour: there is no such option/)
  })
})
