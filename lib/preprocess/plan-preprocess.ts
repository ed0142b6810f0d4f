import { engineryError } from '../errors/enginery-error.js'
import type { ImageSize } from '../image/image.js'
import type { PreparationPlan } from '../image/prepare-image.js'
import type { ImageGeometry } from './geometry.js'
import { open, resizedSize } from './resized-size.js'
import type { ResolvedPreprocess } from './resolve-preprocess.js'
import { roundHalfEven } from './round-half-even.js'

/** What is done to one picture, and how to map back what is found in it. */
export interface PicturePlan {
  readonly plan: PreparationPlan
  readonly geometry: ImageGeometry
}

/** Plans for the pictures of one batch, which share the size of the input. */
export interface BatchPlan {
  readonly input: ImageSize
  readonly pictures: readonly PicturePlan[]
}

/**
 * Plans a batch. Where the size of the input follows the pictures, it is that of the widest and of the highest of
 * them, and the others are padded at the right and below.
 *
 * @param fixed sides of the input that cannot be otherwise
 * @throws PREPROCESS_INVALID where the pictures do not come out in that size
 */
export function planBatch(
  description: ResolvedPreprocess,
  sizes: readonly ImageSize[],
  fixed: Partial<ImageSize> = {},
): BatchPlan {
  const boxes = sizes.map((size) => sourceBox(description, size))
  const resized = boxes.map((box) => resizedSize(description.resize, box))
  const input = canvasSize(description, resized, fixed)
  return {
    input,
    pictures: resized.map((size, index) => {
      const original = sizes[index] as ImageSize
      return planPicture(description, original, boxes[index] as Box, size, input)
    }),
  }
}

interface Box extends ImageSize {
  readonly x: number
  readonly y: number
}

function sourceBox({ sourceCrop }: ResolvedPreprocess, size: ImageSize): Box {
  if (sourceCrop === undefined) return { x: 0, y: 0, ...size }
  const width = Math.max(1, Math.floor(size.width * sourceCrop.width))
  const height = Math.max(1, Math.floor(size.height * sourceCrop.height))
  return { x: Math.floor((size.width - width) / 2), y: Math.floor((size.height - height) / 2), width, height }
}

function canvasSize(description: ResolvedPreprocess, resized: readonly ImageSize[], fixed: Partial<ImageSize>): ImageSize {
  const { padTo } = description
  const natural = naturalCanvas(description, resized)
  const multiple = padTo?.multipleOf ?? 1
  const canvas = { width: ceilTo(natural.width, multiple), height: ceilTo(natural.height, multiple) }
  // A tensor that is wider than needed is padded; anything else would squeeze or cut.
  if (followsPictures(description) || padTo !== undefined) {
    if (fixed.width !== undefined && fixed.width > canvas.width) canvas.width = fixed.width
    if (fixed.height !== undefined && fixed.height > canvas.height) canvas.height = fixed.height
  }
  for (const side of ['width', 'height'] as const) {
    if (fixed[side] === undefined || fixed[side] === canvas[side]) continue
    const reason = `preprocessing makes a picture of ${canvas.width} x ${canvas.height}, the ${side} of the input is ${fixed[side]}`
    throw engineryError('PREPROCESS_INVALID', { reason })
  }
  return canvas
}

function naturalCanvas({ resize, crop }: ResolvedPreprocess, resized: readonly ImageSize[]): ImageSize {
  if (crop !== undefined) {
    if (crop.width === undefined) throw open('width', 'crop')
    if (crop.height === undefined) throw open('height', 'crop')
    return { width: crop.width, height: crop.height }
  }
  const widest = Math.max(...resized.map(({ width }) => width))
  const highest = Math.max(...resized.map(({ height }) => height))
  if (resize.mode === 'letterbox') return { width: resize.width ?? widest, height: resize.height ?? highest }
  if (resize.mode === 'height') return { width: resize.width ?? ceilTo(widest, resize.multipleOf), height: highest }
  return { width: widest, height: highest }
}

/** True where the size of the input depends on the pictures. */
export function followsPictures({ resize, crop }: ResolvedPreprocess): boolean {
  if (crop !== undefined) return false
  if (resize.mode === 'height') return resize.width === undefined
  return resize.mode === 'none' || resize.mode === 'short-side' || resize.mode === 'limit-side'
}

function ceilTo(length: number, multiple: number): number {
  return Math.ceil(length / multiple) * multiple
}

function planPicture(
  description: ResolvedPreprocess,
  original: ImageSize,
  box: Box,
  resized: ImageSize,
  input: ImageSize,
): PicturePlan {
  const { resize, color, layout, scale, mean, std } = description
  const place = {
    x: placeOf(description, resized.width, input.width),
    y: placeOf(description, resized.height, input.height),
  }
  const whole = box.width === original.width && box.height === original.height
  const same = whole && resized.width === original.width && resized.height === original.height
  // Without resizing the box still has to be cut out: to its own size any filter copies.
  const filter = 'filter' in resize ? resize.filter : 'pillow-nearest'
  const [scaleX, scaleY] = [resized.width / box.width, resized.height / box.height]
  return {
    plan: {
      resize: same
        ? undefined
        : { ...resized, filter, box: whole ? undefined : [box.x, box.y, box.x + box.width, box.y + box.height] },
      place,
      canvas: input,
      pad: padInRgb(description),
      color,
      layout,
      scale: scale.map((each, channel) => each / (std[channel] as number)),
      bias: mean.map((each, channel) => -each / (std[channel] as number) || 0),
    },
    geometry: { original, input, scaleX, scaleY, offsetX: place.x - box.x * scaleX, offsetY: place.y - box.y * scaleY },
  }
}

function placeOf({ resize, crop }: ResolvedPreprocess, resized: number, canvas: number): number {
  if (crop !== undefined) {
    // As torchvision's center_crop: too small a picture is padded, the odd pixel at the end.
    if (resized < canvas) return Math.floor((canvas - resized) / 2)
    const rest = (resized - canvas) / 2
    return -(crop.rounding === 'round' ? roundHalfEven(rest) : Math.floor(rest)) || 0
  }
  return resize.mode === 'letterbox' && resize.align === 'center' ? Math.floor((canvas - resized) / 2) : 0
}

function padInRgb({ pad, color }: ResolvedPreprocess): [red: number, green: number, blue: number] {
  const [first, second = first, third = first] = pad as [number, number?, number?]
  return color === 'BGR' ? [third, second, first] : [first, second, third]
}
