import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeNpy } from '../../lib/dataset/npy.js'
import {
  type Classification,
  createCustomMetric,
  type EvaluatedModel,
  type EvaluateOptions,
  evaluate,
  type Metric,
  type ScoredMetric,
  Tensor,
} from '../../lib/index.js'
import { dataFolder, describeWithData } from '../data-folder.js'

/** A number that the description of the data states for a model, and how far off is still the same. */
interface Reference {
  readonly what: string
  readonly expected: number
  readonly within: number
  readonly read: (metric: ScoredMetric) => unknown
}

interface Case extends Omit<EvaluateOptions, 'models'> {
  readonly model: string
  readonly samples: number
  readonly references: readonly Reference[]
}

const detail = (name: string) => (metric: ScoredMetric) => metric.details[name]
const headline = (metric: ScoredMetric) => metric.value
const top1 = (expected: number): Reference => ({ what: 'top-1', expected, within: 0.005, read: headline })
const top5 = (expected: number): Reference => ({ what: 'top-5', expected, within: 0.005, read: detail('top5') })
const boxes = (ap: number, ap50: number): Reference[] => [
  { what: 'AP', expected: ap, within: 0.005, read: headline },
  { what: 'AP50', expected: ap50, within: 0.005, read: detail('ap50') },
]

const at = (...path: string[]) => join(dataFolder, ...path)
const folder = mkdtempSync(join(tmpdir(), 'enginery-scores-'))
const table: string[] = []

const imagenet = { images: at('imagenet/val'), annotations: at('imagenet/val.labels.json'), classes: at('imagenet/classes.json') }
const coco = { images: at('coco/val'), annotations: at('coco/val.instances.json') }
const digits = { images: at('det_digits/val'), annotations: at('det_digits/val.instances.json') }
const one = [{ name: 'accuracy' as const, top: [1] }]

const cases: Case[] = [
  {
    model: 'models/efficientnet_lite0_224.onnx',
    data: imagenet,
    preprocess: { preset: 'efficientnet-lite' },
    task: { decoder: 'classification' },
    samples: 400,
    references: [top1(0.8775), top5(0.975)],
  },
  {
    model: 'models/squeezenet_fp32.onnx',
    data: imagenet,
    preprocess: { preset: 'imagenet', color: 'BGR', scale: 1, mean: [104, 117, 123], std: 1 },
    task: { decoder: 'classification' },
    samples: 400,
    references: [top1(0.6275), top5(0.825)],
  },
  {
    model: 'models/mobilenet_v1_0.25_128_quant.tflite',
    data: imagenet,
    preprocess: { resize: { mode: 'short-side', size: 146, filter: 'pillow-bicubic' }, crop: {} },
    task: { decoder: 'classification', labelOffset: 1 },
    samples: 400,
    references: [top1(0.4575)],
  },
  {
    model: 'models/vww_96_float.tflite',
    data: { images: coco.images, annotations: join(folder, 'persons.json'), classes: ['none', 'person'] },
    preprocess: { scale: '1/255' },
    task: { decoder: 'classification' },
    metrics: one,
    samples: 64,
    references: [top1(0.906)],
  },
  {
    model: 'models/yolox_nano_416.onnx',
    data: coco,
    preprocess: { preset: 'yolox' },
    task: { decoder: 'yolox', scoreThreshold: 0.01 },
    samples: 64,
    references: boxes(0.3809, 0.556),
  },
  {
    model: 'models/nanodet_m_416.onnx',
    data: coco,
    preprocess: { preset: 'nanodet' },
    task: { decoder: 'nanodet' },
    samples: 64,
    references: boxes(0.3112, 0.5025),
  },
  {
    model: 'models/tiny_detr_digits_96.onnx',
    data: digits,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'detr', activation: 'none', scoreThreshold: 0.01 },
    samples: 200,
    references: boxes(0.7315, 0.8937),
  },
  {
    model: 'models/tiny_dense_digits_96.onnx',
    data: digits,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'dense' },
    samples: 200,
    references: boxes(0.7878, 0.9875),
  },
  {
    model: 'rtdetr/rtdetr_tiny.onnx',
    data: { images: at('rtdetr/val/images'), annotations: at('rtdetr/val/instances.json') },
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'rtdetr' },
    samples: 300,
    references: boxes(0.6859, 0.9007),
  },
  {
    model: 'models/ch_PP-OCRv4_det_infer.onnx',
    data: { images: at('ocr_pages'), annotations: at('ocr_pages.labels.json') },
    preprocess: { preset: 'ppocr-det' },
    task: { decoder: 'db' },
    samples: 24,
    references: [{ what: 'recall of lines', expected: 1, within: 0.01, read: detail('recall') }],
  },
  {
    model: 'models/ch_PP-OCRv4_rec_infer.onnx',
    data: { images: at('ocr_lines/val'), annotations: at('ocr_lines/val.labels.json') },
    preprocess: { preset: 'ppocr-rec' },
    task: { decoder: 'ctc', appendSpace: true },
    metrics: [{ name: 'line-accuracy', ignoreSpaces: true }],
    samples: 200,
    references: [{ what: 'exact lines', expected: 0.975, within: 0.01, read: headline }],
  },
  {
    model: 'models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    data: { images: join(folder, 'lines'), annotations: join(folder, 'turned.json'), classes: ['upright', 'turned'] },
    preprocess: { preset: 'ppocr-cls' },
    task: { decoder: 'classification' },
    metrics: one,
    samples: 400,
    references: [top1(0.9975)],
  },
  // The engine itself makes numbers of the bytes.
  ...['digits_cnn_bn.onnx', 'digits_cnn_bnfolded.onnx'].map(
    (name): Case => ({
      model: `models/${name}`,
      data: { tensors: { input: join(folder, 'digits.npy') }, annotations: join(folder, 'digits.json') },
      engine: {
        preprocess: {
          inputs: {
            input: { tensor: { type: 'u8' }, steps: [{ convertElementType: 'f32' }, { mean: 127.5 }, { scale: 127.5 }] },
          },
        },
      },
      task: { decoder: 'classification' },
      samples: 400,
      references: [top1(0.9975)],
    }),
  ),
]

interface Coco {
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[]
  readonly annotations: readonly { image_id: number; category_id: number; bbox: [number, number, number, number] }[]
}

/** 1 where a box of a person covers more than half a percent of the picture. */
function labelPersons(): Record<string, number> {
  const { images, annotations } = JSON.parse(readFileSync(coco.annotations, 'utf8')) as Coco
  return Object.fromEntries(
    images.map(({ id, file_name, width, height }) => {
      const covers = ([, , w, h]: Coco['annotations'][number]['bbox']) => w * h > 0.005 * width * height
      const shows = annotations.some((each) => each.image_id === id && each.category_id === 1 && covers(each.bbox))
      return [file_name, shows ? 1 : 0]
    }),
  )
}

async function turnLines(): Promise<void> {
  const labels: Record<string, number> = {}
  mkdirSync(join(folder, 'lines'))
  for (const name of readdirSync(at('ocr_lines/val'))) {
    copyFileSync(at('ocr_lines/val', name), join(folder, 'lines', name))
    await sharp(at('ocr_lines/val', name))
      .rotate(180)
      .png()
      .toFile(join(folder, 'lines', `turned_${name}`))
    labels[name] = 0
    labels[`turned_${name}`] = 1
  }
  writeFileSync(join(folder, 'turned.json'), JSON.stringify(labels))
}

function readDigits() {
  const { shape, labels } = JSON.parse(readFileSync(at('digits/val.labels.json'), 'utf8')) as {
    shape: number[]
    labels: number[]
  }
  return { shape, labels, data: new Uint8Array(readFileSync(at('digits/val_32x32.u8'))) }
}

describeWithData('scores of trained models, from pictures', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'persons.json'), JSON.stringify(labelPersons()))
    await turnLines()
    const { shape, labels, data } = readDigits()
    await writeNpy(join(folder, 'digits.npy'), { type: 'u8', shape, data })
    writeFileSync(join(folder, 'digits.json'), JSON.stringify(labels))
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    console.info(table.join('\n'))
  })

  it.each(cases)('$model', async ({ model, samples, references, ...options }) => {
    const { models, data } = await evaluate({ bootstrap: false, ...options, models: [at(model)] })
    const [scored] = models as [EvaluatedModel]
    const metric = scored.metrics[0] as ScoredMetric
    expect(data).toMatchObject({ samples, broken: [] })
    expect(scored).toMatchObject({ samples, nonFiniteSamples: 0, resumed: 0 })
    for (const { what, expected, within, read } of references) {
      const got = read(metric) as number
      table.push(`${model.padEnd(45)} ${what.padEnd(16)} got ${got?.toFixed(4)}, stated ${expected.toFixed(4)}`)
      expect(Math.abs(got - expected), `${what}: got ${got}, expected ${expected}`).toBeLessThanOrEqual(within)
    }
  })

  it('the same from an iterable of tensors, with a metric that has the labels', async () => {
    const { shape, labels, data } = readDigits()
    const size = 32 * 32
    function* rows() {
      for (let i = 0; i < (shape[0] as number); i++) {
        const row = data.subarray(i * size, (i + 1) * size)
        yield {
          input: Tensor.from(
            Float32Array.from(row, (x) => (x / 255 - 0.5) / 0.5),
            [1, 1, 32, 32],
          ),
        }
      }
    }
    const evaluation = await evaluate({
      models: [at('models/digits_cnn_bn.onnx')],
      data: rows(),
      task: { decoder: 'classification', topK: 1 },
      metrics: [
        createCustomMetric<Classification>({
          name: 'right',
          task: 'classification',
          compare: ({ id }, { classes }) => Number(classes[0]?.category === labels[Number(id)]),
        }) as Metric,
      ],
      bootstrap: false,
    })
    const [{ metrics, results }] = evaluation.models as [EvaluatedModel]
    expect((metrics[0] as ScoredMetric).value).toBeCloseTo(0.9975, 6)
    expect(results.map(({ id }) => id)).toEqual(Array.from({ length: 400 }, (_, i) => String(i)))
  })
})
