import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { movePreprocessIntoModel } from '../../lib/engine/openvino/preprocess-from-description.js'
import { decodeImage } from '../../lib/image/decode-image.js'
import type { Image } from '../../lib/image/image.js'
import { createPreprocessor } from '../../lib/preprocess/create-preprocessor.js'
import type { InputPort } from '../../lib/preprocess/input-port.js'
import type { PreprocessDescription } from '../../lib/preprocess/preprocess-schema.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { dataFolder, describeWithData } from '../data-folder.js'
import { unaryModel } from '../models/encode-onnx.js'
import { makeRandom } from './run-native-model.js'

const random = makeRandom(5)
/** Noise over a slope: every pixel matters, and resizing does not average all to grey. */
const makeImage = (width: number, height: number): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, at) =>
    Math.floor(((at % (width * 3)) / (width * 3)) * 160 + random() * 95),
  ),
})
const port = (shape: readonly (number | 'dynamic')[], type: InputPort['type'] = 'f32'): InputPort => ({ name: 'x', type, shape })
const coded = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) })

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)))
  return most
}

describeWithData('inputs that Pillow, OpenCV and NumPy prepared', () => {
  const imagenet: PreprocessDescription = { preset: 'imagenet' }
  it.each<[string, PreprocessDescription, string, number[], number]>([
    ['efficientnet_lite0_224', { preset: 'efficientnet-lite' }, 'images_cc/parrot.jpg', [1, 3, 224, 224], 1 / 128],
    [
      'squeezenet_fp32',
      { ...imagenet, color: 'BGR', scale: 1, mean: [104, 117, 123], std: 1 },
      'images_cc/parrot.jpg',
      [1, 3, 224, 224],
      1,
    ],
    ['yolox_nano_416', { preset: 'yolox' }, 'images_cc/pets.jpg', [1, 3, 416, 416], 1],
    ['tiny_detr_digits_96', { preset: 'rtdetr' }, 'det_digits/val/digits_01000.png', [1, 3, 96, 96], 0],
    ['ch_PP-OCRv4_rec_infer', { preset: 'ppocr-rec' }, 'ocr_lines/val/val_20000.png', [1, 3, 48, 320], 2 / 255],
  ])('%s', async (name, description, picture, shape, greyLevel) => {
    const bytes = readFileSync(join(dataFolder, 'golden', `${name}.in.f32`))
    const expected = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    const { tensor } = await createPreprocessor(description, port(shape)).run(await decodeImage(join(dataFolder, picture)))
    expect(tensor.shape).toEqual(shape)
    const values = tensor.data as Float32Array
    // Decoders of JPEG and resamplers may each differ by a grey level; most pixels must not.
    expect(maxDifference(values, expected)).toBeLessThanOrEqual(greyLevel * 1.001 + 1e-6)
    let different = 0
    for (let i = 0; i < values.length; i++) if (Math.abs((values[i] as number) - (expected[i] as number)) > 1e-5) different++
    expect(different / values.length).toBeLessThan(0.02)
  })
})

describe('run', () => {
  it('writes pictures of different sizes into one batch and says where they lie', async () => {
    const preprocessor = createPreprocessor({ preset: 'yolox' }, port([2, 3, 32, 32]))
    const images = [makeImage(64, 32), makeImage(10, 40)]
    const { tensor, geometry } = await preprocessor.run(images)
    expect(tensor.shape).toEqual([2, 3, 32, 32])
    expect(geometry.map(({ scaleX }) => scaleX)).toEqual([0.5, 0.8])
    for (const [index, image] of images.entries()) {
      const alone = await preprocessor.run(image)
      expect(tensor.data.slice(index * 3072, (index + 1) * 3072)).toEqual(alone.tensor.data)
    }
    // The padding, right of the second picture, as it is.
    expect(tensor.data[3072 + 31]).toBe(114)
  })

  it('writes to a target and leaves the places that are not needed', async () => {
    const preprocessor = createPreprocessor({ resize: { mode: 'none' } })
    const target = Tensor.from(new Float32Array(3 * 3 * 4 * 5).fill(-1), [3, 3, 4, 5])
    const image = makeImage(5, 4)
    const { tensor } = await preprocessor.run([image, image], target)
    expect(tensor).toBe(target)
    expect(target.data[0]).toBe(image.data[0])
    expect(new Set(target.data.slice(2 * 60))).toEqual(new Set([-1]))
  })

  it('pads lines of text to the widest, and to a wider target', async () => {
    const preprocessor = createPreprocessor({ preset: 'ppocr', resize: { width: null } }, port(['dynamic', 3, 48, 'dynamic']))
    expect(preprocessor.followsPictures).toBe(true)
    const images = [makeImage(100, 48), makeImage(33, 24)]
    const { tensor } = await preprocessor.run(images)
    expect(tensor.shape).toEqual([2, 3, 48, 100])
    // 66 pixels wide, then level 127.5, which is 0.
    expect(Math.abs(tensor.data[3 * 48 * 100 + 66] as number)).toBeLessThan(1e-6)
    const wide = await preprocessor.run(images, Tensor.allocate('f32', [2, 3, 48, 160]))
    expect(wide.geometry[0]?.input).toEqual({ width: 160, height: 48 })
  })

  it('makes bytes and half precision', async () => {
    const image = makeImage(6, 4)
    const bytes = await createPreprocessor({}, port([1, 4, 6, 3], 'u8')).run(image)
    expect(bytes.tensor).toMatchObject({ type: 'u8', shape: [1, 4, 6, 3], data: image.data })
    const half = await createPreprocessor({ scale: '1/255' }, port([1, 3, 4, 6], 'f16')).run(image)
    expect(half.tensor.type).toBe('f16')
    expect(half.tensor.toFloat32()[0]).toBeCloseTo((image.data[0] as number) / 255, 3)
  })

  it('refuses targets that do not fit', async () => {
    const preprocessor = createPreprocessor({ resize: { mode: 'stretch', width: 8, height: 8 } })
    const image = makeImage(5, 4)
    const run = (target: Tensor) => preprocessor.run([image, image], target)
    const refused = (message: RegExp) => coded('PREPROCESS_INVALID', message)
    await expect(run(Tensor.allocate('u8', [2, 3, 8, 8]))).rejects.toThrow(refused(/expected a target of type f32, received u8/))
    await expect(run(Tensor.allocate('f32', [1, 3, 8, 8]))).rejects.toThrow(refused(/expected a target with 2 places/))
    await expect(run(Tensor.allocate('f32', [2, 3, 8, 9]))).rejects.toThrow(
      refused(/a picture of 8 x 8, the width of the input is 9/),
    )
    await expect(run(Tensor.allocate('f32', [2, 1, 8, 8]))).rejects.toThrow(coded('IMAGE_INVALID', /expected a tensor of shape/))
    await expect(preprocessor.run([])).rejects.toThrow(refused(/at least one picture/))
  })
})

describe('movePreprocessIntoModel', () => {
  const engines: { close(): Promise<void> }[] = []
  afterAll(() => Promise.all(engines.map((engine) => engine.close())))

  /** The input as the first layer sees it: the model is y = -x. */
  async function runInside(description: PreprocessDescription, shape: number[], images: Image[], resize = false) {
    const { model, outside } = movePreprocessIntoModel(description, port(shape), { resize })
    const engine = await buildEngine({ model: unaryModel('Neg', shape), preprocess: model })
    engines.push(engine)
    const preprocessor = createPreprocessor(outside, resize ? undefined : engine.inputs[0])
    const { tensor } = await preprocessor.run(images)
    expect(tensor.type).toBe('u8')
    const { y } = (await engine.infer({ x: tensor })) as Record<string, Tensor>
    return (y as Tensor).toFloat32().map((value) => -value)
  }

  async function runOutside(description: PreprocessDescription, shape: number[], images: Image[]) {
    return (await createPreprocessor(description, port(shape)).run(images)).tensor.toFloat32()
  }

  it.each<[string, PreprocessDescription, number[], number]>([
    ['YOLOX', { preset: 'yolox' }, [1, 3, 32, 48], 1e-4],
    ['ImageNet', { preset: 'imagenet', resize: { size: 40 }, crop: { width: 32, height: 32 } }, [1, 3, 32, 32], 1e-5],
    ['NanoDet', { preset: 'nanodet', pad: [7, 8, 9] }, [1, 3, 32, 32], 1e-5],
    ['RT-DETR', { preset: 'rtdetr' }, [1, 3, 32, 48], 1e-6],
    ['channels last', { preset: 'efficientnet-lite', crop: null, resize: { mode: 'stretch' } }, [1, 32, 48, 3], 1e-6],
    ['grey', { color: 'GRAY', scale: '1/255', mean: 0.5, std: 0.5 }, [1, 1, 32, 32], 1e-6],
    ['nothing but the type', {}, [1, 3, 32, 32], 0],
  ])('gives the same result for %s', async (_, description, shape, tolerance) => {
    const images = [makeImage(70, 51)]
    expect(
      maxDifference(await runInside(description, shape, images), await runOutside(description, shape, images)),
    ).toBeLessThanOrEqual(tolerance)
  })

  it('does the arithmetic in float32 for models of half precision, and takes batches', async () => {
    const shape = [2, 3, 16, 16]
    const input = port(shape, 'f16')
    const description: PreprocessDescription = { preset: 'nanodet' }
    const { model, outside } = movePreprocessIntoModel(description, input)
    const engine = await buildEngine({ model: unaryModel('Neg', shape, 'f16'), preprocess: model })
    engines.push(engine)
    const images = [makeImage(30, 30), makeImage(16, 40)]
    const { tensor } = await createPreprocessor(outside, engine.inputs[0]).run(images)
    const { y } = (await engine.infer({ x: tensor })) as Record<string, Tensor>
    const inside = (y as Tensor).toFloat32().map((value) => -value)
    const expected = (await createPreprocessor(description, input).run(images)).tensor
    // Half a unit in the last place of values below 4.
    expect(maxDifference(inside, expected.toFloat32())).toBeLessThanOrEqual(2 ** -9)
  })

  it('moves a resize with pillow-bilinear, to within one grey level', async () => {
    for (const [width, height] of [
      [70, 51],
      [20, 90],
      [17, 9],
    ] as const) {
      const description: PreprocessDescription = { color: 'BGR' }
      const shape = [1, 3, 32, 48]
      const images = [makeImage(width, height)]
      const inside = await runInside(description, shape, images, true)
      expect(maxDifference(inside, await runOutside(description, shape, images))).toBeLessThanOrEqual(1)
    }
  })

  it.each<[string, PreprocessDescription, InputPort, boolean, RegExp]>([
    ['padding between two grey levels', { preset: 'ppocr-rec' }, port([1, 3, 48, 320]), false, /padding of 127.5/],
    ['bytes already', {}, port([1, 32, 32, 3], 'u8'), false, /there is nothing to move/],
    ['another resize', { preset: 'yolox' }, port([1, 3, 32, 32]), true, /only a resize of mode stretch/],
    [
      'another filter',
      { resize: { mode: 'stretch', filter: 'pillow-bicubic' } },
      port([1, 3, 32, 32]),
      true,
      /only a resize of mode stretch/,
    ],
    ['a resize of grey', { color: 'GRAY' }, port([1, 1, 32, 32]), true, /grey pictures are resized outside/],
    ['a resize to an open size', {}, port([1, 3, 'dynamic', 32]), true, /width or height of the input is open/],
  ])('refuses %s', (_, description, input, resize, message) => {
    expect(() => movePreprocessIntoModel(description, input, { resize })).toThrow(coded('PREPROCESS_NOT_MOVABLE', message))
  })
})
