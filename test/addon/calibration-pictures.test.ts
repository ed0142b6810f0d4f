import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCalibrationSource } from '../../lib/api/calibration/calibration-source.js'
import type { SampleInput } from '../../lib/calibration/prepare-samples.js'
import { openDataset } from '../../lib/dataset/open-dataset.js'
import { type CalibrationOptions, calibrationSchema } from '../../lib/quantization/quantize-options.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

const input: SampleInput = { name: 'images', elementType: 'f32', shape: ['batch', 3, 8, 8] }
const preprocess: CalibrationOptions['preprocess'] = { resize: { mode: 'stretch' }, scale: 1 / 255 }
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calibration-pictures-'))
  await mkdir(join(folder, 'pictures'))
  for (let index = 0; index < 12; index++) {
    const background = { r: index * 10, g: 0, b: 255 }
    const picture = sharp({ create: { width: 20, height: 10, channels: 3, background } })
    await picture.png().toFile(join(folder, 'pictures', `${String(index).padStart(2, '0')}.png`))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function read(options: CalibrationOptions) {
  const source = await openCalibrationSource(calibrationSchema.parse(options), [input])
  const reds: number[] = []
  for await (const { images } of source.samples()) {
    expect((images as Tensor).shape).toEqual([1, 3, 8, 8])
    const [red] = (images as Tensor).data as Float32Array
    reds.push(Math.round((red as number) * 255) / 10)
  }
  const identity = `${await source.identity()} ${source.preprocess}`
  await source.close()
  return { reds, identity, broken: source.broken.map(({ id }) => id), count: source.count }
}

describe('pictures to calibrate with', () => {
  it('are prepared as the description and the input say, in their order', async () => {
    const data = join(folder, 'pictures')
    const { reds, count } = await read({ data, preprocess })
    expect(reds).toEqual(Array.from({ length: 12 }, (_, index) => index))
    expect(count).toBe(12)
    expect((await read({ data: { images: data }, preprocess })).reds).toEqual(reds)
    expect((await read({ data: await openDataset({ images: data }), preprocess, ahead: 0 })).reds).toEqual(reds)
  })

  it('are drawn by the seed; draws and descriptions are told apart', async () => {
    const data = join(folder, 'pictures')
    const draw = await read({ data, preprocess, samples: 5 })
    expect(draw.reds).toHaveLength(5)
    expect(await read({ data, preprocess, samples: 5 })).toEqual(draw)
    const others = [
      await read({ data, preprocess, samples: 5, seed: 3 }),
      await read({ data, preprocess }),
      await read({ data, preprocess: { ...preprocess, mean: 0.5 }, samples: 5 }),
    ]
    expect(new Set([draw, ...others].map(({ identity }) => identity)).size).toBe(4)
  })

  it('that are broken are left out and named, or end it', async () => {
    const broken = join(folder, 'broken')
    await mkdir(broken)
    await writeFile(join(broken, 'a.png'), 'no picture')
    await sharp({ create: { width: 9, height: 9, channels: 3, background: '#0000ff' } })
      .png()
      .toFile(join(broken, 'b.png'))
    expect(await read({ data: broken, preprocess })).toMatchObject({ reds: [0], broken: ['a.png'] })
    await expect(read({ data: broken, preprocess, onBroken: 'error' })).rejects.toMatchObject({ code: 'PICTURE_BROKEN' })
  })

  it('that are broken are named once, however often and far they are read', async () => {
    const mixed = join(folder, 'mixed')
    await mkdir(mixed)
    const blue = sharp({ create: { width: 9, height: 9, channels: 3, background: '#0000ff' } }).png()
    for (const name of ['a.png', 'c.png', 'd.png']) await blue.clone().toFile(join(mixed, name))
    for (const name of ['b.png', 'e.png']) await writeFile(join(mixed, name), 'no picture')
    const settings = calibrationSchema.parse({ data: mixed, preprocess, ahead: 0 })
    const source = await openCalibrationSource(settings, [input])
    const readAll = async () => {
      for await (const { images } of source.samples()) images?.release()
    }
    await Promise.all([readAll(), readAll()])
    expect(source.broken.map(({ id }) => id)).toEqual(['b.png', 'e.png'])
    // One that looks at the first alone.
    for await (const _ of source.samples()) break
    expect(source.broken.map(({ id }) => id)).toEqual(['b.png', 'e.png'])
    await source.close()
  })

  it('need a description, and a model with one input', async () => {
    const data = join(folder, 'pictures')
    await expect(read({ data })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    const two = [input, { ...input, name: 'more' }]
    const opened = openCalibrationSource(calibrationSchema.parse({ data, preprocess }), two)
    await expect(opened).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('images, more') })
  })
})
