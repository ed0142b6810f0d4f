import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Decoder,
  type Detections,
  type EvaluatedModel,
  type EvaluateOptions,
  evaluate,
  pointToOriginal,
  type ScoredMetric,
  type Tensor,
} from '../../lib/index.js'
import { unaryModel } from '../models/encode-onnx.js'
import { colorModel, constantDetector, nanModel } from '../models/picture-models.js'

const size = 16
const folder = mkdtempSync(join(tmpdir(), 'enginery évaluation 図 '))
const at = (...path: string[]) => join(folder, ...path)
const colors = { red: [200, 40, 30], green: [30, 210, 50], blue: [20, 60, 220] } as const
const classes = Object.keys(colors)
type Color = keyof typeof colors

beforeAll(() => {
  writeFileSync(at('colors.onnx'), colorModel(size))
  writeFileSync(at('nan.onnx'), nanModel(size))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function filled(color: Color, width = 20, height = 12): Sharp {
  const [r, g, b] = colors[color]
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
}

/** Two frames, of which only the first has the colour. */
function animated(color: Color): Sharp {
  const frame = (rgb: readonly number[]) => Buffer.from(Array.from({ length: 20 * 12 * 3 }, (_, i) => rgb[i % 3] as number))
  const other = colors[color === 'red' ? 'blue' : 'red']
  return sharp(Buffer.concat([frame(colors[color]), frame(other)]), {
    raw: { width: 20, height: 24, channels: 3, pageHeight: 12 },
  })
}

/** A PNG whose header claims another size. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const bytes = await filled('red').png().toBuffer()
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29)
  return bytes
}

async function writePictures(name: string, pictures: Readonly<Record<string, Sharp | Uint8Array>>): Promise<string> {
  mkdirSync(at(name))
  for (const [file, picture] of Object.entries(pictures)) {
    writeFileSync(at(name, file), picture instanceof Uint8Array ? picture : await picture.toBuffer())
  }
  return at(name)
}

function writeLabels(name: string, labels: Readonly<Record<string, string>>): string {
  writeFileSync(at(`${name}.json`), JSON.stringify(labels))
  return at(`${name}.json`)
}

const onColors = (name: string, labels: Readonly<Record<string, string>>, more: Partial<EvaluateOptions> = {}) =>
  evaluate({
    models: [at('colors.onnx')],
    data: { format: 'label-file', images: at(name), annotations: writeLabels(name, labels), classes },
    preprocess: {},
    task: { decoder: 'classification' },
    metrics: [{ name: 'accuracy', top: [1] }],
    bootstrap: false,
    ...more,
  })

const soleModel = ({ models }: { models: readonly EvaluatedModel[] }) => models[0] as EvaluatedModel
const soleValue = (evaluation: { models: readonly EvaluatedModel[] }) => (soleModel(evaluation).metrics[0] as ScoredMetric).value

describe('pictures of every kind', () => {
  it('are scored, with spaces and other letters in their names', async () => {
    const pictures = {
      'plain.jpg': filled('red').jpeg(),
      'with spaces & signs #1 100%.png': filled('green').png(),
      'größe 図 😀.webp': filled('blue').webp(),
      'alpha.png': filled('red').ensureAlpha(0.1).png(),
      'palette.png': filled('green').png({ palette: true }),
      'sixteen bits.png': filled('blue').toColourspace('rgb16').png(),
      'cmyk.jpg': filled('red').toColourspace('cmyk').jpeg(),
      'two frames.gif': animated('green').gif(),
      'two frames.webp': animated('blue').webp({ lossless: true }),
      'deflated.tiff': filled('green').tiff({ compression: 'deflate' }),
      'av1.avif': filled('blue').avif(),
      'one pixel.png': filled('red', 1, 1).png(),
      'one row.jpg': filled('green', 3000, 1).jpeg(),
      'wide.png': filled('blue', 10_000, 20).png(),
      'tall.jpg': filled('red', 3, 10_000).jpeg(),
      'shouting.JPG': filled('green').jpeg(),
    }
    await writePictures('kinds', pictures)
    const colorOf = [
      'red',
      'green',
      'blue',
      'red',
      'green',
      'blue',
      'red',
      'green',
      'blue',
      'green',
      'blue',
      'red',
      'green',
      'blue',
      'red',
      'green',
    ]
    const labels = Object.fromEntries(Object.keys(pictures).map((name, index) => [name, colorOf[index] as string]))
    const evaluation = await onColors('kinds', labels, { perSample: true })
    expect(evaluation.data).toMatchObject({ samples: 16, broken: [], warnings: [] })
    expect((soleModel(evaluation).metrics[0] as ScoredMetric).perSample?.filter(({ value }) => value !== 1)).toEqual([])
    expect(soleValue(evaluation)).toBe(1)
  })

  it('grey, with and without alpha, is grey in all channels', async () => {
    const grey = (alpha: boolean) => {
      const channels = alpha ? 2 : 1
      return sharp(Buffer.alloc(64 * channels, 77), { raw: { width: 8, height: 8, channels } })
        .toColourspace('b-w')
        .png()
    }
    await writePictures('greys', { 'a.png': grey(false), 'b.png': grey(true) })
    const evaluation = await onColors('greys', { 'a.png': 'red', 'b.png': 'red' })
    for (const { result } of soleModel(evaluation).results) {
      expect(result).toEqual({ task: 'classification', classes: [0, 1, 2].map((category) => ({ category, score: 77 })) })
    }
  })

  it('that are broken are named and counted, or end it', async () => {
    const whole = await filled('green', 300, 300).jpeg().toBuffer()
    const pictures = {
      'a whole.jpg': whole,
      'b empty.jpg': Buffer.alloc(0),
      'c cut.jpg': whole.subarray(0, whole.length / 2),
      'd text.png': Buffer.from('<html>404</html>'),
      'e bomb.png': await claiming(60_000, 60_000),
      'f longer than it is.png': await claiming(20, 4000),
      'g whole.png': await filled('blue').png().toBuffer(),
    }
    await writePictures('broken', pictures)
    const labels = Object.fromEntries(Object.keys(pictures).map((name) => [name, name.startsWith('g') ? 'blue' : 'green']))
    const evaluation = await onColors('broken', labels)
    const { broken } = evaluation.data
    expect(broken.map(({ id }) => id)).toEqual(Object.keys(pictures).filter((name) => !name.includes('whole')))
    for (const { id, reason } of broken) expect(reason).toContain(id)
    expect(broken[3]?.reason).toMatch(/60000 x 60000/)
    expect(soleModel(evaluation)).toMatchObject({ samples: 2, metrics: [{ value: 1, samples: 2 }] })
    await expect(onColors('broken', labels, { onBroken: 'error' })).rejects.toMatchObject({
      code: 'PICTURE_BROKEN',
      message: expect.stringContaining('b empty.jpg'),
    })
  })

  it('that are all broken leave nothing to be scored', async () => {
    await writePictures('none', { 'a.jpg': Buffer.from('no'), 'b.jpg': Buffer.from('neither') })
    const evaluation = await onColors('none', { 'a.jpg': 'red', 'b.jpg': 'red' }, { bootstrap: { resamples: 100 } })
    expect(evaluation.data.broken).toHaveLength(2)
    expect(soleModel(evaluation)).toMatchObject({
      samples: 0,
      results: [],
      metrics: [{ name: 'top-1', undefinedBecause: expect.stringMatching(/no samples/) }],
    })
  })
})

describe('EXIF rotation', () => {
  /** Finds the white rectangle in what the engine saw, and says where it is in the picture. */
  const findWhite: Decoder = (outputs, { geometry }) => {
    const { data, shape } = outputs.y as Tensor
    const [height, width] = shape.slice(2) as [number, number]
    const lit = Array.from({ length: width * height }, (_, i) => i).filter((i) => (data[i] as number) > 128)
    const [xs, ys] = [lit.map((i) => i % width), lit.map((i) => Math.floor(i / width))]
    const [plan] = geometry
    if (!plan) throw new Error('no geometry')
    const [x1, y1] = pointToOriginal(plan, Math.min(...xs), Math.min(...ys))
    const [x2, y2] = pointToOriginal(plan, Math.max(...xs) + 1, Math.max(...ys) + 1)
    return [{ task: 'detection', detections: [{ category: 0, score: 1, box: [x1, y1, x2, y2] }] }]
  }

  it('is done before anything else: boxes stay with the picture as it is shown', async () => {
    writeFileSync(at('same.onnx'), unaryModel('Relu', [1, 3, 64, 64]))
    const [width, height] = [64, 32]
    const shown = [8, 4, 16, 20] as const // x, y, width and height in the picture as it is shown
    const images: object[] = []
    const annotations: object[] = []
    mkdirSync(at('turned'))
    for (let orientation = 1; orientation <= 8; orientation++) {
      const isOnSide = orientation > 4
      const picture = Buffer.alloc(width * height * 3)
      for (let y = shown[1]; y < shown[1] + shown[3]; y++)
        picture.fill(255, 3 * (y * width + shown[0]), 3 * (y * width + shown[0] + shown[2]))
      // What has to be stored, so that it is shown like this: the rotation undone.
      const undone = sharp(picture, { raw: { width, height, channels: 3 } })
      const turns = [0, 0, 180, 180, 270, 270, 90, 90][orientation - 1] as number
      const stored = await (async () => {
        const flipped = [2, 4, 5, 7].includes(orientation) ? await undone.flop().png().toBuffer() : await undone.png().toBuffer()
        return await sharp(flipped).rotate(turns).png().toBuffer()
      })()
      const file = `${orientation}.png`
      await sharp(stored).withMetadata({ orientation }).png().toFile(at('turned', file))
      const facts = await sharp(at('turned', file)).metadata()
      expect([facts.width, facts.height, facts.orientation]).toEqual([
        ...(isOnSide ? [height, width] : [width, height]),
        orientation,
      ])
      images.push({ id: orientation, file_name: file, width, height })
      annotations.push({
        id: orientation,
        image_id: orientation,
        category_id: 7,
        bbox: shown,
        area: shown[2] * shown[3],
        iscrowd: 0,
      })
    }
    writeFileSync(at('turned.json'), JSON.stringify({ images, annotations, categories: [{ id: 7, name: 'white' }] }))
    const evaluation = await evaluate({
      models: [at('same.onnx')],
      data: { images: at('turned'), annotations: at('turned.json') },
      preprocess: { resize: { mode: 'letterbox', filter: 'opencv-linear' } },
      task: findWhite,
      metrics: ['coco-map'],
      bootstrap: false,
    })
    const found = soleModel(evaluation).results.map(({ result }) => (result as Detections).detections[0]?.box)
    expect(found).toEqual(Array.from({ length: 8 }, () => [8, 4, 24, 24]))
    expect(soleValue(evaluation)).toBe(1)
  })
})

describe('annotations and results that say little', () => {
  let nextId = 1
  const box = (category: number, image = 1) => ({
    id: nextId++,
    image_id: image,
    category_id: category,
    bbox: [0, 0, 10, 6],
    area: 60,
    iscrowd: 0,
  })
  const categories = [
    { id: 3, name: 'used' },
    { id: 9, name: 'never seen' },
  ]
  const found = constantDetector(size, [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1], [0.9, 0, 0, 0])
  const nothing = constantDetector(size, [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1], [0, 0, 0, 0])
  const broken = constantDetector(size, [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1], [0.9, 0, 0, 0], true)

  beforeAll(async () => {
    await writePictures('scenes', { 'a.png': filled('red').png(), 'b.png': filled('blue').png() })
    for (const [name, bytes] of Object.entries({ found, nothing, broken })) writeFileSync(at(`${name}.onnx`), bytes)
  })

  const images = ['a.png', 'b.png'].map((file_name, index) => ({ id: index + 1, file_name, width: 20, height: 12 }))
  const onScenes = (annotations: object[], more: Partial<EvaluateOptions> = {}, listed: object[] = images) => {
    writeFileSync(at('scenes.json'), JSON.stringify({ images: listed, annotations, categories }))
    return evaluate({
      models: [at('found.onnx')],
      data: { images: at('scenes'), annotations: at('scenes.json') },
      preprocess: {},
      task: { decoder: 'dense', boxFormat: 'xyxy' },
      bootstrap: { resamples: 100 },
      ...more,
    })
  }

  it('an empty class is told of and left out of the mean', async () => {
    const evaluation = await onScenes([box(3)])
    expect(evaluation.data.warnings).toEqual([{ code: 'CLASS_EMPTY', count: 1, examples: ['never seen'] }])
    expect(soleValue(evaluation)).toBe(1)
    expect(soleModel(evaluation).metrics[0]).toMatchObject({
      details: {
        perCategory: [
          { name: 'used', objects: 1, ap: 1 },
          { name: 'never seen', objects: 0, ap: -1 },
        ],
      },
    })
  })

  it('no detections at all score 0, and compare with what finds something', async () => {
    const { models } = await onScenes([box(3)], { models: [at('found.onnx'), at('nothing.onnx')] })
    const [first, second] = models as [EvaluatedModel, EvaluatedModel]
    expect((first.metrics[0] as ScoredMetric).value).toBe(1)
    expect((second.metrics[0] as ScoredMetric).value).toBe(0)
    expect(second.results.map(({ result }) => (result as Detections).detections)).toEqual([[], []])
    expect([first.differences, second.differences]).toMatchObject([[], [{ metric: 'coco-map', value: -1 }]])
  })

  it('no annotations at all: the score is that of COCO, and no error', async () => {
    const evaluation = await onScenes([])
    expect(soleModel(evaluation).metrics).toMatchObject([{ name: 'coco-map', value: -1 }])
  })

  it('NaN is passed over, counted and told of', async () => {
    const { models } = await onScenes([box(3)], { models: [at('found.onnx'), at('broken.onnx')] })
    expect(models).toMatchObject([
      { nonFiniteSamples: 0, metrics: [{ value: 1 }] },
      { nonFiniteSamples: 2, metrics: [{ value: 0 }] },
    ])
  })

  it('NaN for every class is wrong, and counted', async () => {
    await writePictures('nan', { 'a.png': filled('red').png(), 'b.png': filled('blue').png() })
    const { models } = await onColors('nan', { 'a.png': 'red', 'b.png': 'blue' }, { models: [at('colors.onnx'), at('nan.onnx')] })
    expect(models).toMatchObject([
      { name: 'colors.onnx', nonFiniteSamples: 0, metrics: [{ value: 1 }], differences: [] },
      {
        name: 'nan.onnx',
        nonFiniteSamples: 2,
        metrics: [{ value: 0, details: { unanswered: 2 } }],
        differences: [{ metric: 'top-1', value: -1 }],
      },
    ])
  })

  it('annotations of other pictures and classes are told of, and fatal where asked for', async () => {
    const annotations = [box(3), box(77), box(3, 3)]
    const listed = [...images.slice(0, 1), { id: 3, file_name: 'absent.png', width: 20, height: 12 }]
    const evaluation = await onScenes(annotations, {}, listed)
    expect(evaluation.data.samples).toBe(1)
    expect(Object.fromEntries(evaluation.data.warnings.map(({ code, count }) => [code, count]))).toMatchObject({
      PICTURE_MISSING: 1,
      CLASS_UNKNOWN: 1,
      PICTURE_UNANNOTATED: 1,
    })
    const data = { images: at('scenes'), annotations: at('scenes.json'), strict: true }
    await expect(onScenes(annotations, { data }, listed)).rejects.toMatchObject({ code: 'DATASET_MISMATCH' })
  })

  it('labels that do not fit the metric or the model are named', async () => {
    const scenes = { images: at('scenes'), annotations: at('scenes.json') }
    await expect(onScenes([box(3)], { data: scenes, metrics: ['accuracy'] })).rejects.toMatchObject({
      code: 'METRIC_TASK_MISMATCH',
    })
    await expect(onScenes([box(3)], { data: { images: at('scenes') } })).rejects.toMatchObject({
      code: 'METRIC_ANNOTATION_MISSING',
    })
    await expect(onScenes([box(3)], { task: { decoder: 'yolox' } })).rejects.toMatchObject({ code: 'DECODE_OUTPUTS_UNFIT' })
    await expect(onScenes([box(3)], { preprocess: undefined })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    const one = [{ id: 3, name: 'used' }]
    writeFileSync(at('one-class.json'), JSON.stringify({ images, annotations: [box(3)], categories: one }))
    const data = { images: at('scenes'), annotations: at('one-class.json') }
    await expect(onScenes([], { data, models: [at('second.onnx')] })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' })
    writeFileSync(at('second.onnx'), constantDetector(size, [0, 0, 0.5, 0.5, 0.5, 0.5, 1, 1], [0, 0.9, 0, 0]))
    await expect(onScenes([], { data, models: [at('second.onnx')] })).rejects.toMatchObject({ code: 'METRIC_CATEGORY_UNKNOWN' })
  })
})
