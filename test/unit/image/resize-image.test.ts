import { describe, expect, it } from 'vitest'
import { type ResizeOptions, resizeFilters, resizeImage } from '../../../lib/image/resize-image.js'
import { loadKernels } from '../../../lib/native/load-addon.js'
import { makePicture } from './make-picture.js'

const image = { width: 31, height: 20, data: makePicture(31, 20) }

describe('resizeImage', () => {
  it.each(resizeFilters)('gives with %s what the blocking form gives', async (filter) => {
    const resized = await resizeImage(image, { width: 17, height: 12, filter })
    const expected = new Uint8Array(17 * 12 * 3)
    loadKernels().resizeImageSync({ ...image, channels: 3 }, expected, { width: 17, height: 12, filter })
    expect(resized).toEqual({ width: 17, height: 12, data: expected })
  })

  it.each(resizeFilters)('keeps a picture of one colour with %s', async (filter) => {
    const plain = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(201) }
    for (const [width, height] of [
      [7, 9],
      [40, 30],
      [20, 15],
      [93, 77],
    ] as const) {
      const { data } = await resizeImage(plain, { width, height, filter })
      expect(
        data.every((value) => value === 201),
        `${width} x ${height}`,
      ).toBe(true)
    }
  })

  it('works on many pictures at once', async () => {
    const one = await resizeImage(image, { width: 64, height: 48, filter: 'pillow-bicubic' })
    const all = await Promise.all(
      Array.from({ length: 40 }, () => resizeImage(image, { width: 64, height: 48, filter: 'pillow-bicubic' })),
    )
    for (const other of all) expect(other.data).toEqual(one.data)
  })

  it('takes a part of the picture, of whole pixels for OpenCV as if it had been sliced out', async () => {
    const part = new Uint8Array(10 * 8 * 3)
    for (let y = 0; y < 8; y++) part.set(image.data.subarray(((y + 5) * 31 + 3) * 3, ((y + 5) * 31 + 13) * 3), y * 30)
    const sliced = await resizeImage({ width: 10, height: 8, data: part }, { width: 6, height: 7, filter: 'opencv-linear' })
    const boxed = await resizeImage(image, { width: 6, height: 7, filter: 'opencv-linear', box: [3, 5, 13, 13] })
    expect(boxed.data).toEqual(sliced.data)
  })

  const good: ResizeOptions = { width: 8, height: 8, filter: 'pillow-box' }
  it.each([
    ['a width of 0', image, { ...good, width: 0 }],
    ['a fraction of a pixel', image, { ...good, height: 1.5 }],
    ['a side beyond the limit', image, { ...good, width: 2 ** 24 + 1 }],
    ['no filter of ours', image, { ...good, filter: 'bilinear' as 'pillow-box' }],
    ['an empty box', image, { ...good, box: [4, 4, 4, 8] as const }],
    ['a box that reaches out', image, { ...good, box: [0, 0, 32, 20] as const }],
    ['a box of NaN', image, { ...good, box: [0, 0, Number.NaN, 20] as const }],
    ['a box of fractions for OpenCV', image, { ...good, filter: 'opencv-area', box: [0, 0.5, 20, 20] as const }],
    ['too few bytes', { ...image, data: image.data.subarray(3) }, good],
    ['bytes of another kind', { ...image, data: [...image.data] as unknown as Uint8Array }, good],
  ] as const)('refuses %s', async (_, picture, options) => {
    await expect(resizeImage(picture, options as ResizeOptions)).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })

  it('says so where the result is beyond any memory', async () => {
    const huge = { width: 2 ** 24, height: 2 ** 24, filter: 'pillow-box' } as const
    await expect(resizeImage(image, huge)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' })
  })

  it('refuses a box whose edges coincide in single precision, which Pillow keeps boxes in', () => {
    const box = [1, 1, 1 + 1e-12, 5] as const
    const resize = () =>
      loadKernels().resizeImageSync({ ...image, channels: 3 }, new Uint8Array(12), {
        width: 2,
        height: 2,
        filter: 'pillow-box',
        box,
      })
    expect(resize).toThrow(expect.objectContaining({ code: 'NATIVE_ARGUMENT' }))
  })
})

describe('the addon refuses', () => {
  const kernels = loadKernels()
  const source = { ...image, channels: 3 }
  const resize = { width: 4, height: 4, filter: 'pillow-box' } as const
  const target = new Uint8Array(48)
  it.each<[string, () => unknown]>([
    ['no arguments', () => (kernels.resizeImageSync as () => void)()],
    ['a target that is too small', () => kernels.resizeImageSync(source, target.subarray(1), resize)],
    ['a target of another kind', () => kernels.resizeImageSync(source, new Float32Array(48) as never, resize)],
    ['a target within the source', () => kernels.resizeImageSync(source, source.data.subarray(0, 48), resize)],
    ['five channels', () => kernels.resizeImageSync({ ...source, channels: 5 }, target, resize)],
    ['a source that is too small', () => kernels.resizeImageSync({ ...source, width: 32 }, target, resize)],
    [
      'sides whose product is beyond 64 bits',
      () => kernels.resizeImageSync({ ...source, width: 2 ** 40, height: 2 ** 40 }, target, resize),
    ],
    ['NaN for a side', () => kernels.resizeImageSync({ ...source, width: Number.NaN }, target, resize)],
    ['an unknown filter', () => kernels.resizeImageSync(source, target, { ...resize, filter: 'none' as 'pillow-box' })],
    ['a symbol for a filter', () => kernels.resizeImageSync(source, target, { ...resize, filter: Symbol('a') as never })],
    ['the same in the form that answers with a promise', () => kernels.resizeImage(source, target.subarray(1), resize)],
  ])('%s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ name: 'TypeError', code: 'NATIVE_ARGUMENT' }))
  })

  it('an array that a getter detaches midway', () => {
    const data = new Uint8Array(31 * 20 * 3)
    const plan = {
      height: 4,
      filter: 'pillow-box' as const,
      get width() {
        structuredClone(data.buffer, { transfer: [data.buffer] })
        return 4
      },
    }
    expect(() => kernels.resizeImageSync({ ...source, data }, target, plan)).toThrow(
      expect.objectContaining({ code: 'NATIVE_ARGUMENT' }),
    )
  })
})
