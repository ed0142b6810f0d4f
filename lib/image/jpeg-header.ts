/** What the frame header of a JPEG says. */
export interface JpegHeader {
  /** Pixels as stored, before any EXIF rotation. */
  readonly width: number
  readonly height: number
  /** 1 is gray, 3 is colour, 4 is CMYK or YCCK. */
  readonly components: number
}

const startOfImage = 0xd8
const startOfScan = 0xda
const notFrames = new Set([0xc4, 0xc8, 0xcc])

/**
 * Reads a JPEG up to its frame header (ITU-T T.81, B.2); undefined where it is no JPEG, or has none before its pixels:
 * the decoder will say what is wrong. Saves a decoder's opening of the file for these few bytes.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage) return undefined
  let at = 2
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] as number
    if (marker === 0xff) {
      at += 1 // any number of fill bytes
      continue
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2 // markers without a segment
      continue
    }
    if (marker === startOfScan) return undefined
    if (marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker)) {
      const width = readUint16(bytes, at + 7)
      const height = readUint16(bytes, at + 5)
      // A height of 0 is given later, by a DNL segment.
      return width === 0 || height === 0 ? undefined : { width, height, components: bytes[at + 9] as number }
    }
    at += 2 + readUint16(bytes, at + 2)
  }
  return undefined
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}
