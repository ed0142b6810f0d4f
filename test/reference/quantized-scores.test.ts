import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeNpy } from '../../lib/dataset/npy.js'
import {
  type CalibrationOptions,
  type EvaluatedModel,
  type EvaluateOptions,
  evaluate,
  quantize,
  type ScoredMetric,
} from '../../lib/index.js'
import { dataFolder, describeWithData } from '../data-folder.js'

/** How far a score may fall: a point of right answers, or as much of AP. */
const mayLose = 0.01

// Pictures that calibrate (calib) and pictures that score (val) never overlap.
type Part = 'calib' | 'val'

interface Case extends Omit<EvaluateOptions, 'models' | 'data'> {
  readonly model: string
  readonly data: (part: Part) => NonNullable<CalibrationOptions['data']> & EvaluateOptions['data']
  readonly samples: number
  /** Largest size of the file, over that of the float one. */
  readonly size: number
}

const at = (...path: string[]) => join(dataFolder, ...path)
const folder = mkdtempSync(join(tmpdir(), 'enginery-quantized-scores-'))
const table: string[] = []

const imagenet = (part: Part) => ({
  images: at('imagenet', part),
  annotations: at('imagenet', `${part}.labels.json`),
  classes: at('imagenet/classes.json'),
})
const coco = (part: Part) => ({ images: at('coco', part), annotations: at('coco', `${part}.instances.json`) })
const scenes = (part: Part) => ({ images: at('det_digits', part), annotations: at('det_digits', `${part}.instances.json`) })
const shapes = (part: Part) => ({ images: at('rtdetr', part, 'images'), annotations: at('rtdetr', part, 'instances.json') })
const lines = (part: Part) => ({ images: at('ocr_lines', part), annotations: at('ocr_lines', `${part}.labels.json`) })
const turned = (part: Part) => ({
  images: join(folder, `lines-${part}`),
  annotations: join(folder, `lines-${part}.json`),
  classes: ['upright', 'turned'],
})
const digits = (part: Part) => ({
  tensors: { input: join(folder, `digits-${part}.npy`) },
  annotations: join(folder, `digits-${part}.json`),
})

const top1: Pick<Case, 'task' | 'metrics'> = {
  task: { decoder: 'classification' },
  metrics: [{ name: 'accuracy', top: [1] }],
}

const cases: Case[] = [
  {
    model: 'models/efficientnet_lite0_224.onnx',
    data: imagenet,
    preprocess: { preset: 'efficientnet-lite' },
    ...top1,
    samples: 400,
    size: 0.3,
  },
  {
    model: 'models/squeezenet_fp32.onnx',
    data: imagenet,
    preprocess: { preset: 'imagenet', color: 'BGR', scale: 1, mean: [104, 117, 123], std: 1 },
    ...top1,
    samples: 400,
    size: 0.3,
  },
  {
    model: 'models/nanodet_m_416.onnx',
    data: coco,
    preprocess: { preset: 'nanodet' },
    task: { decoder: 'nanodet' },
    samples: 64,
    size: 0.3,
  },
  {
    model: 'models/yolox_nano_416.onnx',
    data: coco,
    preprocess: { preset: 'yolox' },
    task: { decoder: 'yolox', scoreThreshold: 0.01 },
    samples: 64,
    size: 0.3,
  },
  {
    model: 'models/tiny_dense_digits_96.onnx',
    data: scenes,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'dense' },
    samples: 200,
    size: 0.3,
  },
  ...['digits_cnn_bn.onnx', 'digits_cnn_bnfolded.onnx'].map(
    (name): Case => ({ model: `models/${name}`, data: digits, ...top1, samples: 400, size: 0.3 }),
  ),
  {
    model: 'models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    data: turned,
    preprocess: { preset: 'ppocr-cls' },
    ...top1,
    samples: 400,
    size: 0.3,
  },
  {
    model: 'models/ch_PP-OCRv4_rec_infer.onnx',
    data: lines,
    preprocess: { preset: 'ppocr-rec' },
    task: { decoder: 'ctc', appendSpace: true },
    metrics: [{ name: 'line-accuracy', ignoreSpaces: true }],
    samples: 200,
    size: 0.35,
  },
  {
    model: 'models/tiny_detr_digits_96.onnx',
    data: scenes,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'detr', activation: 'none', scoreThreshold: 0.01 },
    samples: 200,
    // The decoder stays float up to the answer.
    size: 0.65,
  },
  {
    model: 'rtdetr/rtdetr_tiny.onnx',
    data: shapes,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'rtdetr' },
    samples: 300,
    size: 0.35,
  },
]

/** Every line upright and upside down. */
async function turnLines(part: Part): Promise<void> {
  const labels: Record<string, number> = {}
  const { images, annotations } = turned(part)
  mkdirSync(images)
  for (const name of readdirSync(at('ocr_lines', part))) {
    copyFileSync(at('ocr_lines', part, name), join(images, name))
    await sharp(at('ocr_lines', part, name))
      .rotate(180)
      .png()
      .toFile(join(images, `turned_${name}`))
    labels[name] = 0
    labels[`turned_${name}`] = 1
  }
  writeFileSync(annotations, JSON.stringify(labels))
}

async function writeDigits(part: Part): Promise<void> {
  const { shape, labels } = JSON.parse(readFileSync(at('digits', `${part}.labels.json`), 'utf8')) as {
    shape: number[]
    labels: number[]
  }
  const bytes = readFileSync(at('digits', `${part}_32x32.u8`))
  const { tensors, annotations } = digits(part)
  await writeNpy(tensors.input, { type: 'f32', shape, data: Float32Array.from(bytes, (value) => value / 127.5 - 1) })
  writeFileSync(annotations, JSON.stringify(labels))
}

describeWithData('scores of models quantized for openvino-cpu with default options, beside the float models', () => {
  beforeAll(async () => {
    for (const part of ['calib', 'val'] as const) {
      await turnLines(part)
      await writeDigits(part)
    }
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
    console.info(table.join('\n'))
  })

  it.each(cases)('$model', async ({ model, data, samples, size, ...how }) => {
    const output = join(folder, 'int8.onnx')
    const { preprocess } = how
    await quantize({ model: at(model), calibration: { data: data('calib'), ...(preprocess && { preprocess }) }, output })
    const { models, data: scored } = await evaluate({
      bootstrap: false,
      ...how,
      models: [at(model), output],
      data: data('val'),
      onBroken: 'error',
    })
    expect(scored).toMatchObject({ samples, broken: [] })
    const [float, int8] = (models as EvaluatedModel[]).map(({ metrics }) => (metrics[0] as ScoredMetric).value as number)
    const share = statSync(output).size / statSync(at(model)).size
    const numbers = `float ${float?.toFixed(4)}, INT8 ${int8?.toFixed(4)}, ${share.toFixed(3)} of the size`
    table.push(`${model.padEnd(45)} ${numbers}`)
    // Not a number fails here, which a comparison of differences alone would let pass.
    expect(float).toBeGreaterThan(0.3)
    expect(int8, numbers).toBeGreaterThanOrEqual((float as number) - mayLose - 1e-9)
    expect(models[1]).toMatchObject({ samples, nonFiniteSamples: 0 })
    expect(share, numbers).toBeLessThanOrEqual(size)
  })
})
