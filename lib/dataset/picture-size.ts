import type { ImageSize } from '../image/image.js'
import { loadSharp } from '../image/load-sharp.js'

/** The size of a picture as it will be decoded, turned as its EXIF tag says; only its header is read. */
export async function readPictureSize(path: string): Promise<ImageSize> {
  const sharp = await loadSharp(readPictureSize)
  const { width, height, orientation = 1 } = await sharp(path, { limitInputPixels: false }).metadata()
  return orientation >= 5 ? { width: height, height: width } : { width, height }
}
