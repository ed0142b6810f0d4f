import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readJpegHeader } from '../../../lib/image/jpeg-header.js'

const plain = { create: { width: 300, height: 7, channels: 3 as const, background: '#abc' } }

describe('readJpegHeader', () => {
  it('reads size and components, baseline and progressive, behind other segments', async () => {
    for (const progressive of [false, true]) {
      const bytes = await sharp(plain).withMetadata({ orientation: 6 }).withIccProfile('srgb').jpeg({ progressive }).toBuffer()
      expect(readJpegHeader(bytes)).toEqual({
        width: 300,
        height: 7,
        components: 3,
        isSequential: !progressive,
        orientation: 6,
      })
    }
    expect(readJpegHeader(await sharp(plain).toColourspace('b-w').jpeg().toBuffer())?.components).toBe(1)
    expect(readJpegHeader(await sharp(plain).toColourspace('cmyk').jpeg().toBuffer())?.components).toBe(4)
  })

  it('passes over fill bytes', async () => {
    const bytes = await sharp(plain).jpeg().toBuffer()
    const filled = Buffer.concat([bytes.subarray(0, 2), Buffer.from([0xff, 0xff, 0xff]), bytes.subarray(2)])
    expect(readJpegHeader(filled)).toEqual({ width: 300, height: 7, components: 3, isSequential: true, orientation: 1 })
  })

  it('does not decide between two orientations', async () => {
    const turned = await sharp(plain).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const start = turned.indexOf(Buffer.from([0xff, 0xe1]))
    const exif = turned.subarray(start, start + 2 + turned.readUInt16BE(start + 2))
    const twice = Buffer.concat([turned.subarray(0, 2), exif, turned.subarray(2)])
    expect(readJpegHeader(twice)).toMatchObject({ width: 300, orientation: undefined })
    // What comes after the frame header counts as well.
    const bytes = await sharp(plain).jpeg().toBuffer()
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]))
    const late = Buffer.concat([bytes.subarray(0, scan), exif, bytes.subarray(scan)])
    expect(readJpegHeader(late)).toMatchObject({ width: 300, orientation: 6 })
  })

  it('gives up on anything else, and ends on every prefix', async () => {
    const bytes = await sharp(plain).jpeg().toBuffer()
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
    for (let length = 0; length < frame + 10; length++) expect(readJpegHeader(bytes.subarray(0, length))).toBeUndefined()
    expect(readJpegHeader(await sharp(plain).png().toBuffer())).toBeUndefined()
    expect(readJpegHeader(Uint8Array.from([0xff, 0xd8, ...Array(60).fill(0)]))).toBeUndefined()
    // A segment of length 0 must not stop the walk for ever.
    expect(readJpegHeader(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, ...Array(60).fill(0)]))).toBeUndefined()
  })
})
