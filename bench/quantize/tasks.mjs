// The models that quantization is judged by: what prepares their pictures, which pictures calibrate them, which score
// them, and how. The pictures of the two never overlap.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { dataFolder } from '../cases.mjs'
import { writeFloats } from './npy-files.mjs'

const at = (...parts) => path.join(dataFolder, ...parts)
const imagenet = (part) => ({
  images: at('imagenet', part),
  annotations: at('imagenet', `${part}.labels.json`),
  classes: at('imagenet/classes.json'),
})
const coco = (part) => ({ images: at('coco', part), annotations: at('coco', `${part}.instances.json`) })
const digitScenes = (part) => ({ images: at('det_digits', part), annotations: at('det_digits', `${part}.instances.json`) })
const shapes = (part) => ({ images: at('rtdetr', part, 'images'), annotations: at('rtdetr', part, 'instances.json') })
const lines = (part) => ({ images: at('ocr_lines', part), annotations: at(`ocr_lines/${part}.labels.json`) })
const top1 = [{ name: 'accuracy', top: [1] }]

/**
 * `data(part, folder)` describes the `calib` or `val` pictures; what has to be made first is written into `folder`.
 * `transformer`: NNCF has a setting for these.
 */
export const tasks = {
  efficientnet_lite0: {
    model: 'models/efficientnet_lite0_224.onnx',
    data: imagenet,
    preprocess: { preset: 'efficientnet-lite' },
    task: { decoder: 'classification' },
    metrics: top1,
  },
  squeezenet: {
    model: 'models/squeezenet_fp32.onnx',
    data: imagenet,
    preprocess: { preset: 'imagenet', color: 'BGR', scale: 1, mean: [104, 117, 123], std: 1 },
    task: { decoder: 'classification' },
    metrics: top1,
  },
  nanodet: {
    model: 'models/nanodet_m_416.onnx',
    data: coco,
    preprocess: { preset: 'nanodet' },
    task: { decoder: 'nanodet' },
  },
  yolox_nano: {
    model: 'models/yolox_nano_416.onnx',
    data: coco,
    preprocess: { preset: 'yolox' },
    task: { decoder: 'yolox', scoreThreshold: 0.01 },
  },
  tiny_dense: {
    model: 'models/tiny_dense_digits_96.onnx',
    data: digitScenes,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'dense' },
  },
  digits_bn: {
    model: 'models/digits_cnn_bn.onnx',
    data: writeDigits,
    task: { decoder: 'classification' },
    metrics: top1,
  },
  digits_bnfolded: {
    model: 'models/digits_cnn_bnfolded.onnx',
    data: writeDigits,
    task: { decoder: 'classification' },
    metrics: top1,
  },
  ppocr_cls: {
    model: 'models/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    data: writeTurnedLines,
    preprocess: { preset: 'ppocr-cls' },
    task: { decoder: 'classification' },
    metrics: top1,
    shape: [1, 3, 48, 192],
  },
  ppocr_rec: {
    model: 'models/ch_PP-OCRv4_rec_infer.onnx',
    data: lines,
    preprocess: { preset: 'ppocr-rec' },
    task: { decoder: 'ctc', appendSpace: true },
    metrics: [{ name: 'line-accuracy', ignoreSpaces: true }],
    shape: [1, 3, 48, 320],
    transformer: true,
  },
  ppocr_det: {
    model: 'models/ch_PP-OCRv4_det_infer.onnx',
    data: writeHalfOfPages,
    preprocess: { preset: 'ppocr-det' },
    task: { decoder: 'db' },
    shape: [1, 3, 992, 736],
  },
  tiny_detr: {
    model: 'models/tiny_detr_digits_96.onnx',
    data: digitScenes,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'detr', activation: 'none', scoreThreshold: 0.01 },
    transformer: true,
  },
  rtdetr_tiny: {
    model: 'rtdetr/rtdetr_tiny.onnx',
    data: shapes,
    preprocess: { preset: 'rtdetr' },
    task: { decoder: 'rtdetr' },
    transformer: true,
  },
}

/** @returns what the name stands for, with the model's path */
export function findTask(name) {
  const task = tasks[name]
  if (!task) throw new Error(`expected a task among ${Object.keys(tasks).join(', ')}, received ${name}`)
  return { name, ...task, model: at(task.model) }
}

/** Runs `use` with a folder that is gone afterwards. */
export async function withFolder(use) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'enginery-quantize-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeDigits(part, folder) {
  const { shape, labels } = JSON.parse(await readFile(at('digits', `${part}.labels.json`), 'utf8'))
  const bytes = await readFile(at('digits', `${part}_32x32.u8`))
  const tensors = path.join(folder, `digits-${part}.npy`)
  await writeFloats(tensors, shape, [Float32Array.from(bytes, (value) => (value / 255 - 0.5) / 0.5)])
  const annotations = path.join(folder, `digits-${part}.json`)
  await writeFile(annotations, JSON.stringify(labels))
  return { tensors: { input: tensors }, annotations }
}

/** Pages are few: every other one calibrates, the rest score. */
async function writeHalfOfPages(part, folder) {
  const pages = Object.entries(JSON.parse(await readFile(at('ocr_pages.labels.json'), 'utf8'))).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const annotations = path.join(folder, `pages-${part}.json`)
  const half = pages.filter((_, index) => index % 2 === (part === 'calib' ? 0 : 1))
  await writeFile(annotations, JSON.stringify(Object.fromEntries(half)))
  return { images: at('ocr_pages'), annotations }
}

/** Every line upright and upside down. */
async function writeTurnedLines(part, folder, { decodeImage, writeImage }) {
  const images = path.join(folder, `lines-${part}`)
  await mkdir(images)
  const labels = {}
  for (const name of (await readdir(at('ocr_lines', part))).sort()) {
    const upright = await decodeImage(at('ocr_lines', part, name))
    const data = new Uint8Array(upright.data.length)
    for (let from = 0, to = data.length - 3; to >= 0; from += 3, to -= 3) data.set(upright.data.subarray(from, from + 3), to)
    await writeImage(path.join(images, name), upright)
    await writeImage(path.join(images, `turned_${name}`), { ...upright, data })
    labels[name] = 0
    labels[`turned_${name}`] = 1
  }
  const annotations = path.join(folder, `lines-${part}.json`)
  await writeFile(annotations, JSON.stringify(labels))
  return { images, annotations, classes: ['upright', 'turned'] }
}
