import { readFile } from 'node:fs/promises'
import { describeValue } from '../errors/describe-value.js'
import { type Caller, engineryError, isEngineryError } from '../errors/enginery-error.js'
import { explainFileFailure } from '../errors/explain-file-failure.js'
import { requireObject } from '../errors/require-argument.js'
import { decodeBaselineJpeg } from './decode-baseline-jpeg.js'
import { freeMemory } from './free-memory.js'
import type { Image } from './image.js'
import { type JpegHeader, readJpegHeader } from './jpeg-header.js'
import { loadSharp } from './load-sharp.js'

export interface DecodeImageOptions {
  /** Whether to turn the picture as its EXIF tag says, as OpenCV and browsers do and Pillow does not. Default `exif`. */
  readonly orient?: 'exif' | 'none' | undefined
  /** Pictures of more pixels are refused before they are decoded. Default 2^28, a picture of 16384 x 16384. */
  readonly maxPixels?: number | undefined
  /** Looked at before each step; a decoder at work is not interrupted. */
  readonly signal?: AbortSignal | undefined
  /** What to call the picture in errors; the path by default. */
  readonly name?: string | undefined
}

const defaultMaxPixels = 2 ** 28

/**
 * Decodes a JPEG, PNG, WebP, TIFF, GIF or AVIF file, or its bytes, into 8 bits of R, G and B.
 *
 * As Pillow's `Image.open(file).convert('RGB')` does it: gray is repeated, alpha is dropped and not blended, a palette is
 * looked up, of 16 bits the upper 8 are kept, of an animation the first frame; colour profiles are not applied. Unlike
 * Pillow's, CMYK goes through its profile, or through a standard one where it has none.
 *
 * @param source path, or the bytes of a file
 * @throws IMAGE_DECODER_MISSING without the package sharp, which all but usual JPEGs take; FILE_NOT_FOUND, FILE_NOT_READ; IMAGE_CORRUPT, IMAGE_TOO_LARGE,
 * IMAGE_INVALID for options out of range, ABORTED
 * @example const image = await decodeImage('cat.jpg')
 */
export async function decodeImage(source: string | Uint8Array, options: DecodeImageOptions = {}): Promise<Image> {
  requireObject(options, 'an object', '(options)', decodeImage)
  const { orient = 'exif', maxPixels = defaultMaxPixels, signal } = options
  checkArguments(source, orient, maxPixels)
  const name = options.name ?? (typeof source === 'string' ? source : `The picture of ${source.length} bytes`)
  throwIfAborted(signal, name)
  const bytes = typeof source === 'string' ? await readBytes(source, signal, name) : source
  if (bytes.length === 0) throw engineryError('IMAGE_CORRUPT', { image: name, reason: 'it is empty' }, { caller: decodeImage })
  throwIfAborted(signal, name)
  try {
    const { width, height, isCmyk, jpeg } = await readHeader(bytes)
    if (width * height > maxPixels) {
      throw engineryError('IMAGE_TOO_LARGE', { image: name, width, height, limit: maxPixels }, { caller: decodeImage })
    }
    throwIfAborted(signal, name)
    const usual = jpeg && (orient === 'none' || jpeg.orientation === 1) && (await decodeBaselineJpeg(bytes, jpeg))
    throwIfAborted(signal, name)
    if (usual) {
      if (bytes !== source) freeMemory(bytes)
      return usual
    }
    const sharp = await loadSharp(decodeImage)
    // Errors of the data are fatal, mere warnings are not: as in libjpeg's and libpng's other users.
    const picture = sharp(bytes, {
      failOn: 'error',
      limitInputPixels: Math.min(Math.floor(maxPixels), Number.MAX_SAFE_INTEGER),
      ignoreIcc: !isCmyk,
    })
    if (orient === 'exif') picture.rotate()
    const { data, info } = await picture.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
    throwIfAborted(signal, name)
    if (bytes !== source) freeMemory(bytes)
    return { width: info.width, height: info.height, data: asRgb(data, info.channels) }
  } catch (error) {
    throw explainDecoderFailure(error, name)
  }
}

function checkArguments(source: unknown, orient: unknown, maxPixels: unknown): void {
  const refuse = (reason: string) => engineryError('IMAGE_INVALID', { reason }, { caller: decodeImage })
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw refuse(`expected a path or a Uint8Array of a file's bytes, received ${describeValue(source)}`)
  }
  if (orient !== 'exif' && orient !== 'none')
    throw refuse(`expected orient to be exif or none, received ${describeValue(orient)}`)
  if (typeof maxPixels !== 'number' || !(maxPixels >= 1)) {
    throw refuse(`expected maxPixels to be a number of at least 1, received ${describeValue(maxPixels)}`)
  }
}

async function readBytes(path: string, signal: AbortSignal | undefined, name: string): Promise<Uint8Array> {
  try {
    return await readFile(path, signal === undefined ? {} : { signal })
  } catch (error) {
    throwIfAborted(signal, name)
    const rest = { cause: error, caller: decodeImage as Caller }
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw engineryError('FILE_NOT_FOUND', { path }, rest)
    throw engineryError('FILE_NOT_READ', { path, reason: explainFileFailure(error) }, rest)
  }
}

interface PictureHeader {
  readonly width: number
  readonly height: number
  readonly isCmyk: boolean
  readonly jpeg?: JpegHeader
}

async function readHeader(bytes: Uint8Array): Promise<PictureHeader> {
  const jpeg = readJpegHeader(bytes)
  if (jpeg !== undefined) return { width: jpeg.width, height: jpeg.height, isCmyk: jpeg.components === 4, jpeg }
  const sharp = await loadSharp(decodeImage)
  const { width, height, space } = await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata()
  return { width, height, isCmyk: space === 'cmyk' }
}

function asRgb(pixels: Buffer, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length)
  // What libvips has no colours for: a TIFF of seven bands, say.
  if (channels !== 1) throw new Error(`it has ${channels} channels that are no colours`)
  return Uint8Array.from({ length: pixels.length * 3 }, (_, index) => pixels[Math.floor(index / 3)] as number)
}

function explainDecoderFailure(error: unknown, image: string): Error {
  if (isEngineryError(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  // libvips repeats the format's name and a line for each damaged part.
  const reason = message.split('\n', 2).join('; ').trim()
  return engineryError('IMAGE_CORRUPT', { image, reason }, { cause: error, caller: decodeImage })
}

function throwIfAborted(signal: AbortSignal | undefined, name: string): void {
  if (signal?.aborted) {
    throw engineryError('ABORTED', { what: `Decoding ${name}` }, { cause: signal.reason, caller: decodeImage })
  }
}
