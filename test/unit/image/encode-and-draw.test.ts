import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../../lib/image/decode-image.js'
import { drawShapes, polygonOfBox } from '../../../lib/image/draw-shapes.js'
import { encodeImage, writeImage } from '../../../lib/image/encode-image.js'
import { makePicture } from './make-picture.js'

const image = { width: 40, height: 30, data: makePicture(40, 30) }

describe('encodeImage', () => {
  it('writes PNG without a loss and JPEG with little', async () => {
    expect(await decodeImage(await encodeImage(image, { format: 'png' }))).toEqual(image)
    const plain = { width: 16, height: 16, data: new Uint8Array(768).fill(100) }
    const jpeg = await decodeImage(await encodeImage(plain, { format: 'jpeg', quality: 100 }))
    expect(jpeg.data.every((value) => Math.abs(value - 100) <= 1)).toBe(true)
  })

  it.each([
    ['a format it does not know', image, { format: 'bmp' }],
    ['a quality of 0', image, { format: 'jpeg', quality: 0 }],
    ['a picture that lacks pixels', { ...image, width: 41 }, { format: 'png' }],
    ['a side that JPEG does not have', { width: 66000, height: 1, data: new Uint8Array(198000) }, { format: 'jpeg' }],
  ])('refuses %s', async (_, picture, options) => {
    await expect(encodeImage(picture, options as never)).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })
})

describe('writeImage', () => {
  it('goes by the ending and leaves nothing else behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'enginery-write-'))
    try {
      await writeImage(join(folder, 'a.png'), image)
      await writeImage(join(folder, 'b.JPG'), image)
      expect(await decodeImage(join(folder, 'a.png'))).toEqual(image)
      expect((await decodeImage(join(folder, 'b.JPG'))).width).toBe(40)
      await expect(writeImage(join(folder, 'c.webp'), image)).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
      await expect(writeImage(join(folder, 'no', 'd.png'), image)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
      expect((await readdir(folder)).sort()).toEqual(['a.png', 'b.JPG'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('drawShapes', () => {
  it('draws an outline in its colour and nothing elsewhere', async () => {
    const black = { width: 40, height: 30, data: new Uint8Array(3600) }
    const drawn = await drawShapes(black, [{ polygon: polygonOfBox([10.5, 5.5, 30.5, 20.5]), color: [255, 0, 0] }])
    const at = (x: number, y: number) => [...drawn.data.subarray(3 * (y * 40 + x), 3 * (y * 40 + x) + 3)]
    for (const [x, y] of [
      [10, 5],
      [30, 5],
      [10, 20],
      [20, 5],
      [30, 12],
    ] as const)
      expect(at(x, y)).toEqual([255, 0, 0])
    for (const [x, y] of [
      [20, 12],
      [5, 5],
      [35, 25],
    ] as const)
      expect(at(x, y)).toEqual([0, 0, 0])
    expect(black.data.every((value) => value === 0)).toBe(true)
  })

  it('puts a plate for the label at the top, whatever is in it', async () => {
    const black = { width: 200, height: 100, data: new Uint8Array(60000) }
    const polygon = polygonOfBox([50, 40, 120, 90])
    const drawn = await drawShapes(black, [{ polygon, label: 'a < b & "c" \u0001 猫', group: 3 }])
    const plate = drawn.data.subarray(3 * (28 * 200 + 51), 3 * (28 * 200 + 51) + 3)
    expect(Math.max(...plate)).toBeGreaterThan(100)
    const differentGroup = await drawShapes(black, [{ polygon, group: 4 }])
    expect(differentGroup.data).not.toEqual((await drawShapes(black, [{ polygon, group: 3 }])).data)
  })

  it('copies a picture without shapes and refuses half a polygon', async () => {
    const copy = await drawShapes(image, [])
    expect(copy).toEqual(image)
    expect(copy.data).not.toBe(image.data)
    for (const polygon of [
      [1, 2],
      [1, 2, 3],
      [1, 2, 3, Number.NaN],
    ]) {
      await expect(drawShapes(image, [{ polygon }])).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
    }
  })
})
