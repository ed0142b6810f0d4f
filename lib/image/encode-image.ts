import { extname } from 'node:path'
import { requireObject, requireText } from '../errors/require-argument.js'
import { replaceFile } from '../model/replace-file.js'
import type { Image } from './image.js'
import { loadSharp } from './load-sharp.js'
import { checkPicture, invalidImage } from './resize-image.js'

export type ImageFormat = 'png' | 'jpeg'

export interface EncodeImageOptions {
  readonly format: ImageFormat
  /** Of JPEG, 1 to 100. Default 90, with colours at full resolution. */
  readonly quality?: number | undefined
}

/**
 * The bytes of a PNG or JPEG file.
 *
 * @throws IMAGE_DECODER_MISSING without the package sharp; IMAGE_INVALID
 * @example const bytes = await encodeImage(image, { format: 'png' })
 */
export async function encodeImage(image: Image, options: EncodeImageOptions): Promise<Uint8Array> {
  const { width, height, data } = checkPicture(image, encodeImage)
  requireObject(options, 'an object with the format', '(options)', encodeImage)
  const { format, quality = 90 } = options
  if (format !== 'png' && format !== 'jpeg')
    throw invalidImage(`expected the format png or jpeg, received ${format}`, encodeImage)
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw invalidImage(`expected quality to be an integer of 1 to 100, received ${quality}`, encodeImage)
  }
  const sharp = await loadSharp(encodeImage)
  const picture = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
  try {
    const bytes = await (format === 'png' ? picture.png() : picture.jpeg({ quality, chromaSubsampling: '4:4:4' })).toBuffer()
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  } catch (error) {
    // JPEG ends at 65535 pixels a side, for one.
    throw invalidImage(`it cannot be written as ${format}: ${(error as Error).message.trim()}`, encodeImage)
  }
}

/**
 * Writes a picture; the ending says the format: `.png`, `.jpg` or `.jpeg`.
 *
 * @throws as {@link encodeImage}; FILE_NOT_WRITTEN
 * @example await writeImage('result.png', image)
 */
export async function writeImage(path: string, image: Image): Promise<void> {
  requireText(path, 'a path that ends in .png, .jpg or .jpeg', 'path', writeImage)
  const ending = extname(path).toLowerCase()
  const format = ending === '.png' ? 'png' : ending === '.jpg' || ending === '.jpeg' ? 'jpeg' : undefined
  if (format === undefined) throw invalidImage(`expected a path that ends in .png, .jpg or .jpeg, received ${path}`, writeImage)
  const bytes = await encodeImage(image, { format })
  await replaceFile(path, (file) => file.writeFile(bytes))
}
