import { describeValue } from '../errors/describe-value.js'
import { type Caller, engineryError } from '../errors/enginery-error.js'
import { fromNative } from '../errors/from-native.js'
import type { NativePicture, NativeResize, ResizeFilter } from '../native/kernels-addon.js'
import { loadKernels } from '../native/load-addon.js'
import type { Image } from './image.js'

export type { ResizeFilter } from '../native/kernels-addon.js'

/** The names of {@link ResizeFilter}. */
export const resizeFilters: readonly ResizeFilter[] = [
  'pillow-nearest',
  'pillow-box',
  'pillow-bilinear',
  'pillow-bicubic',
  'pillow-lanczos',
  'opencv-nearest',
  'opencv-linear',
  'opencv-cubic',
  'opencv-area',
]

/** The largest side that is resampled, in pixels. */
export const largestSide = 2 ** 24

/** What {@link resizeImage} is to make of a picture. */
export interface ResizeOptions {
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly filter: ResizeFilter
  /**
   * The part of the picture to resample, `[left, top, right, bottom]` in pixels; all of it by default. Fractions are for
   * Pillow's filters alone, whose support reaches beyond the box, as in `Image.resize(size, filter, box)`. OpenCV's
   * filters see the box only, as if it had been sliced out.
   */
  readonly box?: readonly [left: number, top: number, right: number, bottom: number] | undefined
}

/**
 * Resamples a picture as Pillow or OpenCV would, pixel by pixel. Pillow's filters average when they shrink; OpenCV's
 * nearest, linear and cubic skip pixels, its area averages.
 *
 * Pillow 13 changed its own results: where the height loses more than twice as many pixels as the width, it now begins
 * with the rows, and so does this. Resizing that keeps the aspect ratio is hardly ever affected; for pictures squeezed
 * that way, earlier versions differ by a level with bilinear and by more at steep edges with bicubic and Lanczos.
 *
 * Runs on libuv's pool; the picture must not change until the promise settles.
 *
 * @throws IMAGE_INVALID where the picture, the size, the filter or the box is not usable; OUT_OF_MEMORY
 * @example const small = await resizeImage(image, { width: 224, height: 224, filter: 'pillow-bicubic' })
 */
export async function resizeImage(image: Image, options: ResizeOptions): Promise<Image> {
  const picture = checkPicture(image, resizeImage)
  const { width, height } = checkResize(image, options, resizeImage)
  try {
    const data = new Uint8Array(width * height * 3)
    await loadKernels().resizeImage(picture, data, options)
    return { width, height, data }
  } catch (error) {
    throw explainKernelFailure(error, resizeImage)
  }
}

/** The picture as native code takes it. @throws IMAGE_INVALID */
export function checkPicture({ width, height, data }: Image, caller: Caller): NativePicture {
  checkSide('width of the picture', width, caller)
  checkSide('height of the picture', height, caller)
  if (!(data instanceof Uint8Array) || data.length !== width * height * 3) {
    throw invalidImage(
      `expected the data of a picture of ${width} x ${height} to be a Uint8Array of ${width * height * 3} bytes (R, G, B), received ${describeValue(data)}`,
      caller,
    )
  }
  return { width, height, data, channels: 3 }
}

/** @throws IMAGE_INVALID */
export function checkResize(image: Image, resize: NativeResize, caller: Caller): NativeResize {
  checkSide('width to resize to', resize.width, caller)
  checkSide('height to resize to', resize.height, caller)
  if (!resizeFilters.includes(resize.filter)) {
    throw invalidImage(`expected a filter out of ${resizeFilters.join(', ')}, received ${describeValue(resize.filter)}`, caller)
  }
  if (resize.box !== undefined) checkBox(image, resize.filter, resize.box, caller)
  return resize
}

/** What native code, or an allocation for it, failed with. */
export function explainKernelFailure(error: unknown, caller: Caller): Error {
  if (error instanceof RangeError) return engineryError('OUT_OF_MEMORY', { reason: error.message }, { cause: error, caller })
  return fromNative(error, { caller })
}

export function invalidImage(reason: string, caller: Caller): Error {
  return engineryError('IMAGE_INVALID', { reason }, { caller })
}

/** @throws IMAGE_INVALID */
export function checkSide(what: string, side: number, caller: Caller): void {
  if (Number.isInteger(side) && side >= 1 && side <= largestSide) return
  throw invalidImage(`expected the ${what} to be an integer of 1 to ${largestSide}, received ${describeValue(side)}`, caller)
}

function checkBox(image: Image, filter: ResizeFilter, box: NonNullable<NativeResize['box']>, caller: Caller): void {
  const [left, top, right, bottom] = box
  const inside = left >= 0 && top >= 0 && right <= image.width && bottom <= image.height && left < right && top < bottom
  if (box.length !== 4 || !inside) {
    throw invalidImage(
      `expected the box to be [left, top, right, bottom], not empty and within ${image.width} x ${image.height}, received ${describeValue(box)}`,
      caller,
    )
  }
  if (filter.startsWith('opencv-') && !box.every(Number.isInteger)) {
    throw invalidImage(`expected the box for ${filter} to be whole pixels, received ${describeValue(box)}`, caller)
  }
}
