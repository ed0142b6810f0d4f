import { expect, it } from 'vitest'
import { describePreprocess } from '../../../lib/preprocess/describe-preprocess.js'
import type { PreprocessDescription } from '../../../lib/preprocess/preprocess-schema.js'
import { resolvePreprocess } from '../../../lib/preprocess/resolve-preprocess.js'

it.each<[PreprocessDescription, string]>([
  [{ preset: 'efficientnet-lite' }, 'short side 256 (pillow-bicubic), crop 224 x 224, RGB, (x - 127) / 128, NCHW f32'],
  [{ preset: 'yolox' }, 'letterbox ? x ? top-left (opencv-linear), pad 114, BGR, NCHW f32'],
  [{ preset: 'rtdetr', type: 'f16' }, 'stretched to ? x ? (pillow-bilinear), RGB, x / 255, NCHW f16'],
  [
    { preset: 'nanodet', resize: { width: 416, height: 320 } },
    'letterbox 416 x 320 center (opencv-linear), pad 0, BGR, (x - [103.53 116.28 123.675]) / [57.375 57.12 58.395], NCHW f32',
  ],
  [{ preset: 'ppocr-rec' }, 'height 48, width at most 320 (opencv-linear), pad 127.5, BGR, (x / 255 - 0.5) / 0.5, NCHW f32'],
  [{ preset: 'ppocr-det' }, 'short side at least 736, multiples of 32 (opencv-linear), BGR, (x / 255 - 0.5) / 0.5, NCHW f32'],
  [{ resize: { mode: 'none' }, layout: 'NHWC', type: 'u8', color: 'GRAY' }, 'not resized, GRAY, NHWC u8'],
])('%o', (description, expected) => {
  expect(describePreprocess(resolvePreprocess(description))).toBe(expected)
})
