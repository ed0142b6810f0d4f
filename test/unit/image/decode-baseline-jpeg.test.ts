import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeBaselineJpeg } from '../../../lib/image/decode-baseline-jpeg.js'
import { decodeImage } from '../../../lib/image/decode-image.js'
import { type JpegHeader, readJpegHeader } from '../../../lib/image/jpeg-header.js'
import { loadKernels } from '../../../lib/native/load-addon.js'
import { mutateBytes, truncateBytes } from '../../fuzz/mutate-bytes.js'
import { SeededRandom } from '../../fuzz/seeded-random.js'
import { jpegFiles } from './jpeg-files.js'
import { makePicture } from './make-picture.js'

interface Kind {
  readonly width: number
  readonly height: number
  readonly quality: number
  readonly chromaSubsampling: '4:4:4' | '4:2:0'
  readonly isSmooth?: boolean
}

function makeJpeg({ width, height, quality, chromaSubsampling, isSmooth }: Kind): Promise<Buffer> {
  const smooth = Uint8Array.from({ length: width * height * 3 }, (_, i) => 128 + 120 * Math.sin(i / (width * 1.7) + (i % 3)))
  return sharp(isSmooth ? smooth : makePicture(width, height), { raw: { width, height, channels: 3 } })
    .jpeg({ quality, chromaSubsampling })
    .toBuffer()
}

const decodeOurs = (bytes: Uint8Array) => decodeBaselineJpeg(bytes, readJpegHeader(bytes) as JpegHeader)

/** libjpeg's pixels. */
async function decodeTheirs(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await sharp(bytes, { ignoreIcc: true }).toColourspace('srgb').raw().toBuffer())
}

describe('decodeBaselineJpeg', () => {
  it.each(['4:4:4', '4:2:0'] as const)(
    'gives the pixels of libjpeg: %s, sizes on both sides of blocks',
    async (chromaSubsampling) => {
      let decoded = 0
      for (const width of [5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50, 67]) {
        for (const height of [1, 2, 7, 8, 9, 16, 17, 33]) {
          for (const quality of [3, 60, 98]) {
            const bytes = await makeJpeg({ width, height, quality, chromaSubsampling, isSmooth: quality === 60 })
            const image = await decodeOurs(bytes)
            const what = `${width} x ${height}, quality ${quality}`
            expect(image, what).toMatchObject({ width, height })
            if (!Buffer.from(await decodeTheirs(bytes)).equals(image?.data ?? Buffer.of())) expect.fail(`other pixels: ${what}`)
            decoded++
          }
        }
      }
      expect(decoded).toBe(13 * 8 * 3)
    },
  )

  it.each(Object.keys(jpegFiles))('%s: the pixels of libjpeg, or left to it', async (name) => {
    const bytes = Buffer.from(jpegFiles[name] as string, 'base64')
    const image = await decodeOurs(bytes)
    if (name === '4:4:0') expect(image).toBeUndefined()
    else expect(image).toEqual({ width: 45, height: 35, data: await decodeTheirs(bytes) })
  })

  it('repeats gray', async () => {
    const [width, height] = [21, 11]
    const gray = sharp(makePicture(width, height, 1), { raw: { width, height, channels: 1 } }).toColourspace('b-w')
    const bytes = await gray.jpeg({ quality: 80 }).toBuffer()
    expect((await decodeOurs(bytes))?.data).toEqual(await decodeTheirs(bytes))
  })

  it('leaves other kinds to sharp: progressive, CMYK, very narrow ones of half the colours', async () => {
    const picture = sharp(makePicture(20, 10), { raw: { width: 20, height: 10, channels: 3 } })
    expect(await decodeOurs(await picture.clone().jpeg({ progressive: true }).toBuffer())).toBeUndefined()
    expect(await decodeOurs(await picture.clone().toColourspace('cmyk').jpeg().toBuffer())).toBeUndefined()
    expect(await decodeOurs(await makeJpeg({ width: 4, height: 9, quality: 80, chromaSubsampling: '4:2:0' }))).toBeUndefined()
  })

  it('leaves a target of the wrong size alone', async () => {
    const bytes = await makeJpeg({ width: 16, height: 8, quality: 80, chromaSubsampling: '4:4:4' })
    const { decodeJpeg } = loadKernels()
    expect(await decodeJpeg(bytes, new Uint8Array(16 * 8 * 3))).toBe(true)
    for (const length of [0, 16 * 8 * 3 - 1, 16 * 8 * 3 + 1]) {
      expect(await decodeJpeg(bytes, new Uint8Array(length))).toBe(false)
    }
    const memory = new Uint8Array(bytes.length + 16 * 8 * 3)
    memory.set(bytes)
    const overlapping = () => decodeJpeg(memory.subarray(0, bytes.length), memory.subarray(10, 10 + 16 * 8 * 3))
    expect(overlapping).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }))
  })

  it('decodes damaged files as libjpeg does, or leaves them to it', async () => {
    const random = new SeededRandom('damaged JPEG')
    const seeds = [
      await makeJpeg({ width: 61, height: 43, quality: 85, chromaSubsampling: '4:2:0' }),
      await makeJpeg({ width: 40, height: 30, quality: 95, chromaSubsampling: '4:4:4' }),
      ...Object.values(jpegFiles).map((text) => Buffer.from(text, 'base64')),
    ]
    let decoded = 0
    for (let i = 0; i < 600; i++) {
      const seed = seeds[i % seeds.length] as Buffer
      const { bytes, what } = i % 8 === 0 ? truncateBytes(seed, random) : mutateBytes(seed, random)
      const header = readJpegHeader(bytes)
      // A damaged size must not make the test take gigabytes.
      if (header === undefined || header.width * header.height > 2 ** 22) continue
      const ours = await decodeBaselineJpeg(bytes, header)
      if (ours === undefined) continue
      decoded++
      const theirs = await decodeTheirs(bytes)
      if (!Buffer.from(theirs).equals(ours.data)) expect.fail(`${i}: other pixels after ${what}`)
    }
    // Damage that always shows would test nothing.
    expect(decoded).toBeGreaterThan(20)
  }, 60_000)
})

describe('decodeImage, of a JPEG', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('turns by EXIF orientation %i, and not where it is told not to', async (orientation) => {
    const stored = await makeJpeg({ width: 24, height: 13, quality: 90, chromaSubsampling: '4:2:0' })
    const bytes = await sharp(stored).withMetadata({ orientation }).jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer()
    const { data, info } = await sharp(bytes).rotate().raw().toBuffer({ resolveWithObject: true })
    expect(await decodeImage(bytes)).toEqual({ width: info.width, height: info.height, data: new Uint8Array(data) })
    const plain = { width: 24, height: 13, data: await decodeTheirs(bytes) }
    expect(await decodeImage(bytes, { orient: 'none' })).toEqual(plain)
  })

  it('leaves the bytes of the caller alone', async () => {
    const bytes = new Uint8Array(await makeJpeg({ width: 24, height: 13, quality: 90, chromaSubsampling: '4:4:4' }))
    const copy = bytes.slice()
    await decodeImage(bytes)
    expect(bytes).toEqual(copy)
  })
})
