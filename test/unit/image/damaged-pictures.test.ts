import sharp from 'sharp'
import { expect, it } from 'vitest'
import { isEngineryError } from '../../../lib/errors/enginery-error.js'
import { decodeImage } from '../../../lib/image/decode-image.js'
import { makePicture } from './make-picture.js'

/** A small generator of numbers below 2^32, the same on every machine. */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state
  }
}

function damage(bytes: Uint8Array, seed: number): Uint8Array {
  const next = numbersFrom(seed)
  const damaged = bytes.slice(0, next() % 3 === 0 ? next() % bytes.length : bytes.length)
  for (let count = 1 + (next() % 12); count > 0 && damaged.length > 0; count--) damaged[next() % damaged.length] = next() >>> 24
  return damaged
}

it.each(['jpeg', 'png', 'webp', 'tiff', 'gif'] as const)(
  '%s: 500 damaged files give a picture or an error that says so',
  async (format) => {
    const [width, height] = [33, 21]
    const intact = await sharp(makePicture(width, height), { raw: { width, height, channels: 3 } })
      .toFormat(format)
      .toBuffer()
    const outcomes = { decoded: 0, refused: 0 }
    for (let seed = 1; seed <= 500; seed++) {
      try {
        const image = await decodeImage(damage(intact, seed), { maxPixels: 2 ** 22 })
        expect(image.data.length).toBe(image.width * image.height * 3)
        outcomes.decoded++
      } catch (error) {
        expect(isEngineryError(error, 'IMAGE_CORRUPT') || isEngineryError(error, 'IMAGE_TOO_LARGE'), `${seed}: ${error}`).toBe(
          true,
        )
        outcomes.refused++
      }
    }
    expect(outcomes.refused).toBeGreaterThan(50)
  },
  120_000,
)
