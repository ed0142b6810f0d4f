import type { ResizeFilter } from '../../image/resize-image.js'
import type { PreprocessDescription } from '../preprocess-schema.js'

type Draft = { -readonly [K in keyof PreprocessDescription]: PreprocessDescription[K] }
type Params = Readonly<Record<string, unknown>>

/** The description as far as the operators before have made it. */
export interface PaddleState {
  readonly draft: Draft
  readonly notes: string[]
  normalized: boolean
  /** Throws, naming the operator. */
  readonly refuse: (reason: string) => never
}

interface PaddleOperator {
  /** Keys that are understood; others are refused. */
  readonly keys: readonly string[]
  readonly apply: (params: Params, state: PaddleState) => void
}

const number = (value: unknown, key: string, { refuse }: PaddleState): number =>
  typeof value === 'number' ? value : refuse(`${key}: expected a number, received ${JSON.stringify(value)}`)

/** One number for both sides, or two. */
function pair(value: unknown, key: string, state: PaddleState): [number, number] {
  const list = Array.isArray(value) ? value : [value, value]
  if (list.length !== 2) state.refuse(`${key}: expected one number or two, received ${JSON.stringify(value)}`)
  return [number(list[0], key, state), number(list[1], key, state)]
}

function numbers(value: unknown, key: string, state: PaddleState): number[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return value
  return state.refuse(`${key}: expected a list of numbers, received ${JSON.stringify(value)}`)
}

// `1.0/255.0` is evaluated there; here it is read.
function scaleOf(value: unknown, state: PaddleState): number {
  if (typeof value === 'number') return value
  const match = typeof value === 'string' ? /^\s*([\d.]+)\s*\/\s*([\d.]+)\s*$/.exec(value) : null
  const ratio = match && Number(match[1]) / Number(match[2])
  return ratio && Number.isFinite(ratio)
    ? ratio
    : state.refuse(`scale: expected a number or a ratio, received ${JSON.stringify(value)}`)
}

const opencvFilters: readonly ResizeFilter[] = ['opencv-nearest', 'opencv-linear', 'opencv-cubic', 'opencv-area']
const filtersByName: Readonly<Record<string, Readonly<Record<string, ResizeFilter>>>> = {
  cv2: { nearest: 'opencv-nearest', bilinear: 'opencv-linear', bicubic: 'opencv-cubic', area: 'opencv-area' },
  pil: {
    nearest: 'pillow-nearest',
    bilinear: 'pillow-bilinear',
    bicubic: 'pillow-bicubic',
    box: 'pillow-box',
    lanczos: 'pillow-lanczos',
  },
}

function filterOf(interp: unknown, state: PaddleState): ResizeFilter {
  const filter = opencvFilters[Number(interp ?? 1)]
  return filter ?? state.refuse(`interp: expected 0 to 3, received ${JSON.stringify(interp)}`)
}

function namedFilter({ interpolation, backend }: Params, state: PaddleState): ResizeFilter {
  if (typeof interpolation === 'number') return filterOf(interpolation, state)
  const filters = filtersByName[String(backend ?? 'cv2').toLowerCase()]
  if (filters === undefined) return state.refuse(`backend: expected cv2 or pil, received ${JSON.stringify(backend)}`)
  const filter = filters[String(interpolation ?? 'bilinear').toLowerCase()]
  return filter ?? state.refuse(`interpolation: received ${JSON.stringify(interpolation)}`)
}

const ignore: PaddleOperator = { keys: [], apply: () => {} }

const decode: PaddleOperator = {
  keys: ['to_rgb', 'to_np', 'channel_first', 'img_mode', 'ignore_orientation'],
  apply(params, state) {
    const mode = params.img_mode ?? (params.to_rgb === false ? 'BGR' : 'RGB')
    if (mode !== 'RGB' && mode !== 'BGR') state.refuse(`img_mode: expected RGB or BGR, received ${JSON.stringify(mode)}`)
    if (params.channel_first === true) state.refuse('channel_first: expected false')
    if (params.ignore_orientation === true) state.notes.push("ignore_orientation: decode with orient: 'none' to do the same")
    state.draft.color = mode as 'RGB' | 'BGR'
  },
}

// PaddleDetection: [height, width].
const resizeDetection: PaddleOperator = {
  keys: ['target_size', 'keep_ratio', 'interp'],
  apply(params, state) {
    const [height, width] = pair(params.target_size, 'target_size', state)
    const filter = filterOf(params.interp, state)
    if (params.keep_ratio === false) {
      state.draft.resize = { mode: 'stretch', width, height, filter }
      return
    }
    const [size, longSide] = [Math.min(width, height), Math.max(width, height)]
    state.draft.resize = { mode: 'short-side', size, longSide, rounding: 'round', filter }
    state.notes.push('keep_ratio: sizes are rounded before resizing; PaddleDetection samples at the exact ratio')
  },
}

const resizeOcr: PaddleOperator = {
  keys: ['size'],
  apply(params, state) {
    const [height, width] = pair(params.size, 'size', state)
    state.draft.resize = { mode: 'stretch', width, height, filter: 'opencv-linear' }
  },
}

const normalizeKeys = ['mean', 'std', 'scale', 'is_scale', 'norm_type', 'order', 'output_fp16', 'channel_num']
const normalize: PaddleOperator = {
  keys: normalizeKeys,
  apply(params, state) {
    if (params.channel_num !== undefined && params.channel_num !== 3) state.refuse('channel_num: expected 3')
    const { draft } = state
    // PaddleDetection says is_scale, the others scale; all mean 1/255 where nothing is said.
    draft.scale =
      params.scale !== undefined && params.scale !== null ? scaleOf(params.scale, state) : params.is_scale === false ? 1 : 1 / 255
    if (params.norm_type !== 'none') {
      draft.mean = numbers(params.mean ?? [0.485, 0.456, 0.406], 'mean', state)
      draft.std = numbers(params.std ?? [0.229, 0.224, 0.225], 'std', state)
    }
    if (params.output_fp16 === true) draft.type = 'f16'
    state.normalized = true
  },
}

const permute: PaddleOperator = {
  keys: ['to_bgr', 'channel_first'],
  apply(params, state) {
    if (params.to_bgr === true) state.refuse('to_bgr: expected false')
    if (params.channel_first !== false) state.draft.layout = 'NCHW'
  },
}

function padStride(key: string): PaddleOperator {
  return {
    keys: [key],
    apply(params, state) {
      const multipleOf = number(params[key] ?? 0, key, state)
      if (multipleOf <= 0) return
      state.draft.padTo = { multipleOf }
      // Zeros after normalising are the mean's grey level.
      if (state.normalized) state.draft.pad = levelOfZero(state.draft)
    },
  }
}

function levelOfZero({ mean, scale }: Draft): number[] {
  const factor = typeof scale === 'number' ? scale : 1
  return (Array.isArray(mean) ? mean : [mean ?? 0]).map((each) => (each as number) / factor)
}

/** Operators by name. Sources are named beside them; where they differ between Paddle's projects, keys tell them apart. */
export const paddleOperators: Readonly<Record<string, PaddleOperator>> = {
  // PaddleClas deploy/python/preprocess.py, PaddleOCR ppocr/data/imaug/operators.py
  DecodeImage: decode,
  // PaddleDetection ppdet/data/transform/operators.py: RGB
  Decode: ignore,
  // PaddleDetection deploy/python/preprocess.py; PaddleOCR's of the same name has `size`
  Resize: {
    keys: [...resizeDetection.keys, ...resizeOcr.keys],
    apply: (params, state) => ('size' in params ? resizeOcr : resizeDetection).apply(params, state),
  },
  DetResize: resizeDetection,
  // PaddleDetection deploy/python/preprocess.py
  LetterBoxResize: {
    keys: ['target_size'],
    apply(params, state) {
      const [height, width] = pair(params.target_size, 'target_size', state)
      state.draft.resize = { mode: 'letterbox', width, height, align: 'center', rounding: 'round', filter: 'opencv-area' }
      state.draft.pad = 127.5
    },
  },
  // PaddleClas deploy/python/preprocess.py: [width, height]
  ResizeImage: {
    keys: ['size', 'resize_short', 'interpolation', 'backend', 'return_numpy'],
    apply(params, state) {
      const filter = namedFilter(params, state)
      if (params.resize_short !== undefined && params.resize_short !== null) {
        const size = number(params.resize_short, 'resize_short', state)
        state.draft.resize = { mode: 'short-side', size, rounding: 'round', filter }
      } else {
        const [width, height] = pair(params.size, 'size', state)
        state.draft.resize = { mode: 'stretch', width, height, filter }
      }
    },
  },
  // PaddleClas deploy/python/preprocess.py
  CropImage: {
    keys: ['size'],
    apply(params, state) {
      const [width, height] = pair(params.size, 'size', state)
      state.draft.crop = { width, height, rounding: 'floor' }
    },
  },
  NormalizeImage: normalize,
  DetNormalizeImage: normalize,
  Permute: permute,
  DetPermute: permute,
  ToCHWImage: { keys: [], apply: (_params, state) => permute.apply({}, state) },
  PadStride: padStride('stride'),
  DetPadStride: padStride('stride'),
  // PaddleDetection's batch_transforms
  PadBatch: padStride('pad_to_stride'),
  // PaddleOCR ppocr/data/imaug/operators.py
  DetResizeForTest: {
    keys: ['limit_side_len', 'limit_type', 'max_side_limit', 'image_shape', 'keep_ratio'],
    apply(params, state) {
      const filter = 'opencv-linear'
      if (params.image_shape !== undefined) {
        if (params.keep_ratio === true) state.refuse('keep_ratio: expected false with image_shape')
        const [height, width] = pair(params.image_shape, 'image_shape', state)
        state.draft.resize = { mode: 'stretch', width, height, filter }
        return
      }
      const type = params.limit_type ?? 'min'
      if (type !== 'min' && type !== 'max') state.refuse(`limit_type: expected min or max, received ${JSON.stringify(type)}`)
      const size = number(params.limit_side_len ?? 736, 'limit_side_len', state)
      const maxSide = number(params.max_side_limit ?? 4000, 'max_side_limit', state)
      state.draft.resize = { mode: 'limit-side', side: type === 'max' ? 'long' : 'short', size, maxSide, multipleOf: 32, filter }
    },
  },
  // PaddleOCR ppocr/data/imaug/rec_img_aug.py: normalises by itself and pads with zeros afterwards
  RecResizeImg: {
    keys: ['image_shape'],
    apply(params, state) {
      const [channels, height, width, ...rest] = numbers(params.image_shape, 'image_shape', state)
      if (channels !== 3 || height === undefined || width === undefined || rest.length > 0) {
        state.refuse(`image_shape: expected [3, height, width], received ${JSON.stringify(params.image_shape)}`)
      }
      const draft = state.draft
      draft.resize = {
        mode: 'height',
        height: height as number,
        width: width as number,
        rounding: 'ceil',
        filter: 'opencv-linear',
      }
      Object.assign(draft, { scale: 1 / 255, mean: 0.5, std: 0.5, pad: 127.5, layout: 'NCHW' })
      state.normalized = true
    },
  },
}

/** Operators about labels and batches, which say nothing about pixels. */
export function isAboutLabels(name: string): boolean {
  return /^(KeepKeys|\w*LabelEncode|DetLabelEncode)$/.test(name)
}
