import type { PreprocessDescription } from './preprocess-schema.js'

const imagenetMean = [0.485, 0.456, 0.406]
const imagenetStd = [0.229, 0.224, 0.225]

// ultralytics: LetterBox in data/augment.py, as its exported models of fixed size see pictures. Its own validation does
// not enlarge: `allowUpscale: false`.
const ultralytics: PreprocessDescription = {
  resize: { mode: 'letterbox', align: 'center', rounding: 'round', filter: 'opencv-linear' },
  pad: 114,
  color: 'RGB',
  scale: 1 / 255,
}

// PaddleOCR: resize_norm_img in tools/infer/predict_rec.py. It pads after normalising, with 0: that is level 127.5.
const ppocrRec: PreprocessDescription = {
  resize: { mode: 'height', height: 48, width: 320, rounding: 'ceil', filter: 'opencv-linear' },
  pad: 127.5,
  color: 'BGR',
  scale: 1 / 255,
  mean: 0.5,
  std: 0.5,
}

/** How well-known models want their pictures. Sizes that are open come from the model. */
export const presets = {
  // timm: defaults of resolve_data_config (bicubic, crop_pct 0.875 of 256). torchvision's are bilinear.
  imagenet: {
    resize: { mode: 'short-side', size: 256, rounding: 'floor', filter: 'pillow-bicubic' },
    crop: { width: 224, height: 224, rounding: 'round' },
    color: 'RGB',
    scale: 1 / 255,
    mean: imagenetMean,
    std: imagenetStd,
  },
  // TensorFlow's EfficientNet-Lite: MEAN_RGB and STDDEV_RGB in efficientnet_lite_builder.py.
  'efficientnet-lite': {
    resize: { mode: 'short-side', size: 256, rounding: 'floor', filter: 'pillow-bicubic' },
    crop: { width: 224, height: 224, rounding: 'round' },
    color: 'RGB',
    mean: 127,
    std: 128,
  },
  // YOLOX: preproc in yolox/data/data_augment.py, from release 0.1.1 on: no mean, no std.
  yolox: {
    resize: { mode: 'letterbox', align: 'top-left', rounding: 'floor', filter: 'opencv-linear' },
    pad: 114,
    color: 'BGR',
  },
  // NanoDet: ShapeTransform in nanodet/data/transform/warp.py with keep_ratio; means of its configurations.
  nanodet: {
    resize: { mode: 'letterbox', align: 'center', rounding: 'round', filter: 'opencv-linear' },
    pad: 0,
    color: 'BGR',
    mean: [103.53, 116.28, 123.675],
    std: [57.375, 57.12, 58.395],
  },
  yolov5: ultralytics,
  yolov8: ultralytics,
  yolov11: ultralytics,
  // RT-DETR: Resize and ToTensor of rtdetr_pytorch/configs/rtdetr/include/dataloader.yml; torchvision resizes with Pillow.
  rtdetr: { resize: { mode: 'stretch', filter: 'pillow-bilinear' }, color: 'RGB', scale: 1 / 255 },
  // The SSD paper's Caffe code: AnnotatedData with WARP and mean_value 104, 117, 123.
  ssd: { resize: { mode: 'stretch', filter: 'opencv-linear' }, color: 'BGR', mean: [104, 117, 123] },
  // automl's EfficientDet: DetectionInputProcessor in dataloader.py. It pads after normalising, with 0: that is the mean.
  efficientdet: {
    resize: { mode: 'letterbox', align: 'top-left', rounding: 'floor', filter: 'opencv-linear' },
    pad: imagenetMean.map((mean) => mean * 255),
    color: 'RGB',
    scale: 1 / 255,
    mean: imagenetMean,
    std: imagenetStd,
  },
  // PaddleOCR: DetResizeForTest without arguments in ppocr/data/imaug/operators.py, means as PP-OCRv4's deployment has them.
  'ppocr-det': {
    resize: { mode: 'limit-side', side: 'short', size: 736, maxSide: 4000, multipleOf: 32, filter: 'opencv-linear' },
    color: 'BGR',
    scale: 1 / 255,
    mean: 0.5,
    std: 0.5,
  },
  'ppocr-rec': ppocrRec,
  // PaddleOCR: resize_norm_img in tools/infer/predict_cls.py.
  'ppocr-cls': { ...ppocrRec, resize: { mode: 'height', height: 48, width: 192, rounding: 'ceil', filter: 'opencv-linear' } },
  /** The same as `ppocr-rec`. */
  ppocr: ppocrRec,
} satisfies Readonly<Record<string, PreprocessDescription>>

export type PresetName = keyof typeof presets

export const presetNames = Object.keys(presets) as readonly PresetName[]

export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}
