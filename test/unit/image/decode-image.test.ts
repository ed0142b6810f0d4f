import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeImage } from '../../../lib/image/decode-image.js'
import { encodeImage } from '../../../lib/image/encode-image.js'
import { makePicture } from './make-picture.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery pictures ä字 '))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const width = 12
const height = 7
const rgb = makePicture(width, height)
const raw = (channels: 1 | 2 | 3 | 4) => ({ raw: { width, height, channels } })

function pixel(image: { width: number; data: Uint8Array }, x: number, y: number): number[] {
  return [...image.data.subarray(3 * (y * image.width + x), 3 * (y * image.width + x) + 3)]
}

describe('decodeImage', () => {
  it.each(['png', 'webp', 'tiff'] as const)('reads %s without a loss', async (format) => {
    const bytes = await sharp(rgb, raw(3))
      .toFormat(format, { lossless: true, compression: 'lzw' } as object)
      .toBuffer()
    expect(await decodeImage(bytes)).toEqual({ width, height, data: rgb })
  })

  it('reads a file whose name has spaces and other letters', async () => {
    const path = join(folder, 'a picture 図.png')
    await writeFile(path, await encodeImage({ width, height, data: rgb }, { format: 'png' }))
    expect((await decodeImage(path)).data).toEqual(rgb)
  })

  it('repeats gray', async () => {
    const gray = makePicture(width, height, 1)
    for (const format of ['png', 'jpeg'] as const) {
      const bytes = await sharp(gray, raw(1)).toColourspace('b-w').toFormat(format).toBuffer()
      expect((await sharp(bytes).metadata()).channels).toBe(1)
      const image = await decodeImage(bytes)
      expect(image.data.length).toBe(width * height * 3)
      for (let i = 0; i < width * height; i++) {
        const [r, g, b] = image.data.subarray(3 * i)
        expect([g, b]).toEqual([r, r])
        if (format === 'png') expect(r).toBe(gray[i])
      }
    }
  })

  it('drops alpha without blending', async () => {
    const rgba = makePicture(width, height, 4)
    const bytes = await sharp(rgba, raw(4)).png().toBuffer()
    const { data } = await decodeImage(bytes)
    for (let i = 0; i < width * height; i++)
      expect([...data.subarray(3 * i, 3 * i + 3)]).toEqual([...rgba.subarray(4 * i, 4 * i + 3)])
    const gray = await decodeImage(
      await sharp(makePicture(width, height, 2), raw(2))
        .png()
        .toBuffer(),
    )
    expect(gray.data.length).toBe(width * height * 3)
  })

  it('keeps the upper 8 of 16 bits', async () => {
    const words = Uint16Array.from(rgb, (value, index) => value * 256 + ((index * 37) % 256))
    const bytes = await sharp(words, raw(3)).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(bytes).metadata()).depth).toBe('ushort')
    expect((await decodeImage(bytes)).data).toEqual(rgb)
  })

  it('looks a palette up', async () => {
    const colors = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) =>
        [
          [255, 0, 0],
          [0, 255, 0],
          [1, 2, 3],
        ][Math.floor(i / 3) % 3]?.[i % 3] as number,
    )
    const bytes = await sharp(colors, raw(3)).png({ palette: true }).toBuffer()
    expect(bytes[25], 'the colour type in the header of a PNG').toBe(3)
    expect((await decodeImage(bytes)).data).toEqual(colors)
  })

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(width * height * 3, 200), Buffer.alloc(width * height * 3, 10)])
    const bytes = await sharp(frames, { raw: { width, height: height * 2, channels: 3, pageHeight: height } })
      .gif()
      .toBuffer()
    expect((await sharp(bytes).metadata()).pages).toBe(2)
    const image = await decodeImage(bytes)
    expect([image.width, image.height, image.data[0]]).toEqual([width, height, 200])
  })

  it('converts CMYK', async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } })
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer()
    expect((await sharp(bytes).metadata()).space).toBe('cmyk')
    const [r, g, b] = pixel(await decodeImage(bytes), 4, 4) as [number, number, number]
    expect(r).toBeGreaterThan(180)
    expect(Math.max(g, b)).toBeLessThan(90)
  })

  it('does not apply a colour profile', async () => {
    const bytes = await sharp(rgb, raw(3)).withIccProfile('p3').png().toBuffer()
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer()
    expect((await decodeImage(bytes)).data).toEqual(new Uint8Array(stored))
    expect(new Uint8Array(stored)).not.toEqual(rgb)
  })

  // Where the picture's first pixel lies after each rotation of EXIF.
  it.each([
    [1, 'top left'],
    [2, 'top right'],
    [3, 'bottom right'],
    [4, 'bottom left'],
    [5, 'top left'],
    [6, 'top right'],
    [7, 'bottom right'],
    [8, 'bottom left'],
  ])('turns by EXIF orientation %i', async (orientation, corner) => {
    const marked = new Uint8Array(width * height * 3)
    marked.set([250, 120, 30])
    const bytes = await sharp(marked, raw(3)).withMetadata({ orientation }).png().toBuffer()
    const turned = await decodeImage(bytes)
    expect([turned.width, turned.height]).toEqual(orientation > 4 ? [height, width] : [width, height])
    const x = corner.endsWith('left') ? 0 : turned.width - 1
    const y = corner.startsWith('top') ? 0 : turned.height - 1
    expect(pixel(turned, x, y)).toEqual([250, 120, 30])
    expect(await decodeImage(bytes, { orient: 'none' })).toEqual({ width, height, data: marked })
  })

  it('refuses pictures beyond the limit, by their stored size and before decoding', async () => {
    const png = await encodeImage({ width, height, data: rgb }, { format: 'png' })
    const jpeg = await encodeImage({ width, height, data: rgb }, { format: 'jpeg' })
    for (const bytes of [png, jpeg]) {
      const error = { code: 'IMAGE_TOO_LARGE', details: { image: 'a.x', width, height, limit: 83 } }
      await expect(decodeImage(bytes, { maxPixels: 83, name: 'a.x' })).rejects.toMatchObject(error)
      expect((await decodeImage(bytes, { maxPixels: 84 })).width).toBe(width)
      expect((await decodeImage(bytes, { maxPixels: Number.POSITIVE_INFINITY })).width).toBe(width)
    }
  })

  it('refuses a bomb: a small file that claims 20,000 x 20,000 pixels', async () => {
    const bytes = Buffer.from(await encodeImage({ width, height, data: rgb }, { format: 'png' }))
    // The header chunk: its name at 12, width at 16, height at 20, its checksum at 29.
    bytes.writeUInt32BE(20_000, 16)
    bytes.writeUInt32BE(20_000, 20)
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE', details: { width: 20_000 } })
  })

  it('names a picture that is damaged, and why', async () => {
    const jpeg = await encodeImage({ width: 64, height: 64, data: makePicture(64, 64) }, { format: 'jpeg' })
    const path = join(folder, 'cut short.jpg')
    await writeFile(path, jpeg.subarray(0, jpeg.length / 2))
    await expect(decodeImage(path)).rejects.toMatchObject({ code: 'IMAGE_CORRUPT', message: expect.stringContaining(path) })
    await expect(decodeImage(new Uint8Array(0))).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' })
    await expect(decodeImage(new Uint8Array(1000).fill(7))).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' })
    await expect(decodeImage(Buffer.from('%PNG but not quite'))).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' })
  })

  it('tells of files that are not there or no files', async () => {
    await expect(decodeImage(join(folder, 'absent.jpg'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(decodeImage(folder)).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
  })

  it('stops for its signal', async () => {
    const reason = new Error('enough')
    await expect(decodeImage(join(folder, 'any.jpg'), { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: reason,
    })
    const controller = new AbortController()
    const bytes = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#123' } })
      .png()
      .toBuffer()
    const decoding = decodeImage(bytes, { signal: controller.signal })
    setImmediate(() => controller.abort())
    await expect(decoding).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it.each([
    [17, {}],
    [new Uint8Array(4), { orient: 'left' }],
    [new Uint8Array(4), { maxPixels: 0 }],
    [new Uint8Array(4), { maxPixels: Number.NaN }],
  ])('refuses %s with %o', async (source, options) => {
    await expect(decodeImage(source as never, options as never)).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })
})
