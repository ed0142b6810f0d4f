import type { ImageSize } from '../image/image.js'

/**
 * How a picture came to lie in a model's input, so that what the model finds can be mapped back:
 * `xInput = xOriginal * scaleX + offsetX`, the same for y, in continuous coordinates with 0 at the left edge of the
 * first pixel.
 */
export interface ImageGeometry {
  /** The picture as decoded (after its EXIF rotation). */
  readonly original: ImageSize
  /** The model's input. */
  readonly input: ImageSize
  readonly scaleX: number
  readonly scaleY: number
  /** Pixels of the input; positive where there is padding to the left, negative where the picture was cropped. */
  readonly offsetX: number
  readonly offsetY: number
}

/** Maps a point of the model's input to the picture; nothing is clipped. */
export function pointToOriginal(geometry: ImageGeometry, x: number, y: number): [x: number, y: number] {
  return [(x - geometry.offsetX) / geometry.scaleX, (y - geometry.offsetY) / geometry.scaleY]
}
