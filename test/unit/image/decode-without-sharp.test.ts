import { expect, it, vi } from 'vitest'
import { decodeImage } from '../../../lib/image/decode-image.js'

// As where the package is not installed.
vi.mock('sharp', () => {
  throw Object.assign(new Error("Cannot find package 'sharp'"), { code: 'ERR_MODULE_NOT_FOUND' })
})

async function encode(format: 'jpeg' | 'png', options = {}): Promise<Uint8Array> {
  const { default: sharp } = await vi.importActual<typeof import('sharp')>('sharp')
  const picture = sharp({ create: { width: 24, height: 16, channels: 3, background: '#336699' } })
  return new Uint8Array(await picture.toFormat(format, options).toBuffer())
}

it('usual JPEG files need no sharp; what does says so', async () => {
  const { width, height, data } = await decodeImage(await encode('jpeg'))
  expect([width, height, data.length]).toEqual([24, 16, 24 * 16 * 3])
  const missing = expect.objectContaining({ code: 'IMAGE_DECODER_MISSING' })
  await expect(decodeImage(await encode('png'))).rejects.toEqual(missing)
  await expect(decodeImage(await encode('jpeg', { progressive: true }))).rejects.toEqual(missing)
  // What is wrong with the file itself is told first.
  await expect(decodeImage(new Uint8Array(0))).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' })
})
