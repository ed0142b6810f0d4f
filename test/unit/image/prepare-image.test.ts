import { describe, expect, it } from 'vitest'
import type { Image } from '../../../lib/image/image.js'
import { type PreparationPlan, prepareImage, prepareImageSync } from '../../../lib/image/prepare-image.js'
import { resizeImage } from '../../../lib/image/resize-image.js'
import { fromFloat32 } from '../../../lib/tensor/convert-elements.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { makePicture } from './make-picture.js'

const image = { width: 37, height: 26, data: makePicture(37, 26) }

const basicPlan: PreparationPlan = {
  place: { x: 0, y: 0 },
  canvas: { width: 37, height: 26 },
  pad: [114, 3, 250],
  color: 'RGB',
  layout: 'NCHW',
  scale: [1, 1, 1],
  bias: [0, 0, 0],
}

/** In double precision, pixel by pixel: the meaning of a plan, given what `resize` makes of the picture. */
function expectedValues(resized: Image, plan: PreparationPlan): Float64Array {
  const channels = plan.color === 'GRAY' ? 1 : 3
  const { width, height } = plan.canvas
  const values = new Float64Array(channels * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [x - plan.place.x, y - plan.place.y]
      const isInside = column >= 0 && row >= 0 && column < resized.width && row < resized.height
      const at = 3 * (row * resized.width + column)
      const rgb = isInside ? [...resized.data.subarray(at, at + 3)] : [...plan.pad]
      const gray = (19595 * (rgb[0] as number) + 38470 * (rgb[1] as number) + 7471 * (rgb[2] as number)) / 65536
      const seen = plan.color === 'RGB' ? rgb : plan.color === 'BGR' ? rgb.reverse() : [isInside ? Math.floor(gray + 0.5) : gray]
      seen.forEach((value, channel) => {
        const index = plan.layout === 'NCHW' ? (channel * height + y) * width + x : (y * width + x) * channels + channel
        values[index] = value * (plan.scale[channel] as number) + (plan.bias[channel] as number)
      })
    }
  }
  return values
}

const imagenet = {
  scale: [1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225)],
  bias: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
}

const plans: [string, PreparationPlan][] = [
  ['as it is', basicPlan],
  ['normalised', { ...basicPlan, ...imagenet }],
  [
    'letterboxed',
    {
      ...basicPlan,
      resize: { width: 29, height: 21, filter: 'opencv-linear' },
      canvas: { width: 32, height: 32 },
      place: { x: 2, y: 6 },
    },
  ],
  [
    'cropped',
    {
      ...basicPlan,
      resize: { width: 50, height: 40, filter: 'pillow-bicubic' },
      canvas: { width: 24, height: 24 },
      place: { x: -13, y: -8 },
    },
  ],
  [
    'cropped of a box',
    {
      ...basicPlan,
      resize: { width: 50, height: 40, filter: 'pillow-bilinear', box: [1.5, 2, 33, 25.25] },
      canvas: { width: 24, height: 24 },
      place: { x: -13, y: -8 },
    },
  ],
  ['cropped and padded', { ...basicPlan, ...imagenet, canvas: { width: 30, height: 40 }, place: { x: -10, y: 9 } }],
  ['beside the canvas', { ...basicPlan, canvas: { width: 8, height: 8 }, place: { x: 8, y: -26 } }],
  [
    'halved and cropped',
    {
      ...basicPlan,
      resize: { width: 18, height: 13, filter: 'opencv-area', box: [0, 0, 36, 26] },
      canvas: { width: 9, height: 9 },
      place: { x: -4, y: -3 },
    },
  ],
  ['of one pixel', { ...basicPlan, resize: { width: 1, height: 1, filter: 'pillow-lanczos' }, canvas: { width: 1, height: 1 } }],
]
const variants = plans.flatMap(([name, plan]) =>
  (['RGB', 'BGR', 'GRAY'] as const).flatMap((color) =>
    (['NCHW', 'NHWC'] as const).map((layout) => {
      const count = color === 'GRAY' ? 1 : 3
      const varied = { ...plan, color, layout, scale: plan.scale.slice(0, count), bias: plan.bias.slice(0, count) }
      return [`${name}, ${color} ${layout}`, varied] as const
    }),
  ),
)

function shapeOf(plan: PreparationPlan, batch: number): number[] {
  const channels = plan.color === 'GRAY' ? 1 : 3
  const { width, height } = plan.canvas
  return plan.layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels]
}

describe('prepareImage writes', () => {
  it.each(variants)('%s', async (_, plan) => {
    const resized = plan.resize ? await resizeImage(image, plan.resize) : image
    const expected = expectedValues(resized, plan)

    const floats = Tensor.allocate('f32', shapeOf(plan, 3))
    floats.data.fill(-7)
    await prepareImage(image, plan, floats, 1)
    const [before, written, after] = [0, 1, 2].map((index) =>
      floats.data.subarray(index * expected.length, (index + 1) * expected.length),
    )
    expect(before?.every((value) => value === -7)).toBe(true)
    expect(after?.every((value) => value === -7)).toBe(true)
    written?.forEach((value, index) => {
      const exact = expected[index] as number
      expect(Math.abs(value - exact), `${index}`).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -23 + 1e-14)
    })

    const halves = Tensor.allocate('f16', shapeOf(plan, 1))
    prepareImageSync(image, plan, halves, 0)
    expect(halves.data).toEqual(fromFloat32('f16', written as Float32Array))
    const bytes = Tensor.allocate('u8', shapeOf(plan, 1))
    prepareImageSync(image, plan, bytes, 0)
    expect(bytes.data).toEqual(fromFloat32('u8', written as Float32Array))
  })

  it('what (value - mean) / std is in single precision, for every byte', async () => {
    const every = { width: 256, height: 1, data: Uint8Array.from({ length: 768 }, (_, index) => Math.floor(index / 3)) }
    for (const [mean, std] of [
      [103.53, 57.375],
      [127, 128],
      [0, 255],
      [123.675, 58.395],
      [127.5, 127.5],
    ] as const) {
      const plan = {
        ...basicPlan,
        canvas: { width: 256, height: 1 },
        scale: Array(3).fill(1 / std),
        bias: Array(3).fill(-mean / std),
      }
      const target = Tensor.allocate('f32', [1, 3, 1, 256])
      await prepareImage(every, plan, target, 0)
      for (let value = 0; value < 256; value++) {
        const numpy = Math.fround(Math.fround(value - Math.fround(mean)) / Math.fround(std))
        const difference = Math.abs((target.data[value] as number) - numpy)
        // Of which single precision's own mean and subtraction are the larger part.
        expect(difference).toBeLessThanOrEqual(Math.max(Math.abs(numpy), mean / std) * 2 ** -23)
      }
    }
  })

  it('many places of a batch at once, and lets go of the tensor afterwards', async () => {
    const target = Tensor.allocate('f32', [16, 3, 26, 37])
    const writes = Array.from({ length: 16 }, (_, index) => prepareImage(image, basicPlan, target, index))
    expect(() => target.release()).toThrow(expect.objectContaining({ code: 'TENSOR_IN_USE' }))
    await Promise.all(writes)
    const first = target.data.slice(0, 3 * 26 * 37)
    for (let index = 1; index < 16; index++) {
      expect(target.data.subarray(index * first.length, (index + 1) * first.length)).toEqual(first)
    }
    target.release()
    await expect(prepareImage(image, basicPlan, target, 0)).rejects.toMatchObject({ code: 'TENSOR_RELEASED' })
  })
})

describe('prepareImage refuses', () => {
  const target = Tensor.allocate('f32', [2, 3, 26, 37])
  it.each<[string, PreparationPlan, Tensor, number]>([
    ['a shape of another size', basicPlan, Tensor.allocate('f32', [1, 3, 37, 26]), 0],
    ['a shape of another layout', { ...basicPlan, layout: 'NHWC' }, target, 0],
    ['a tensor of integers', basicPlan, Tensor.allocate('i32', [1, 3, 26, 37]), 0],
    ['an index beyond the batch', basicPlan, target, 2],
    ['a negative index', basicPlan, target, -1],
    ['too few scales', { ...basicPlan, scale: [1] }, target, 0],
    ['a bias of NaN', { ...basicPlan, bias: [0, 0, Number.NaN] }, target, 0],
    ['a canvas of another size', { ...basicPlan, canvas: { width: 38, height: 26 } }, target, 0],
    ['half a pixel', { ...basicPlan, place: { x: 0.5, y: 0 } }, target, 0],
    ['an unknown order of colours', { ...basicPlan, color: 'GBR' as 'RGB' }, target, 0],
    ['an unknown layout', { ...basicPlan, layout: 'CHW' as 'NCHW' }, target, 0],
  ])('%s', async (_, plan, tensor, index) => {
    await expect(prepareImage(image, plan, tensor, index)).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })
})
