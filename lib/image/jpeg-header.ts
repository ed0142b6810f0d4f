import { readExifOrientation } from './exif-orientation.js'

/** What the frame header of a JPEG says. */
export interface JpegHeader {
  /** Pixels as stored, before any EXIF rotation. */
  readonly width: number
  readonly height: number
  /** 1 is gray, 3 is colour, 4 is CMYK or YCCK. */
  readonly components: number
  /** Coded with one Huffman code after the other from top to bottom, as opposed to progressive, arithmetic or lossless. */
  readonly isSequential: boolean
  /** What EXIF says of how the picture is to be turned; 1 where it says nothing, undefined where that is not clear. */
  readonly orientation: number | undefined
}

const startOfImage = 0xd8
const startOfScan = 0xda
const application1 = 0xe1
const notFrames = new Set([0xc4, 0xc8, 0xcc])

/**
 * Reads a JPEG up to its pixels (ITU-T T.81, B.2); undefined where it is no JPEG, or has no frame header before them:
 * the decoder will say what is wrong. Saves a decoder's opening of the file for these few bytes.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage) return undefined
  let frame: Omit<JpegHeader, 'orientation'> | undefined
  let orientation: number | undefined = 1
  let hasExif = false
  let at = 2
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) break
    const marker = bytes[at + 1] as number
    if (marker === 0xff) {
      at += 1 // any number of fill bytes
      continue
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2 // markers without a segment
      continue
    }
    if (marker === startOfScan) break
    const end = at + 2 + readUint16(bytes, at + 2)
    if (marker === application1 && isExif(bytes, at + 4)) {
      // Which of two counts is the decoder's choice.
      orientation = hasExif ? undefined : readExifOrientation(bytes.subarray(at + 10, end))
      hasExif = true
    }
    if (marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker)) {
      frame ??= {
        width: readUint16(bytes, at + 7),
        height: readUint16(bytes, at + 5),
        components: bytes[at + 9] as number,
        isSequential: marker === 0xc0 || marker === 0xc1,
      }
    }
    at = end
  }
  // A height of 0 is given later, by a DNL segment.
  return frame === undefined || frame.width === 0 || frame.height === 0 ? undefined : { ...frame, orientation }
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}

function isExif(bytes: Uint8Array, at: number): boolean {
  return [0x45, 0x78, 0x69, 0x66, 0].every((letter, index) => bytes[at + index] === letter)
}
