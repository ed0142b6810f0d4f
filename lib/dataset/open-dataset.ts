import { engineryError } from '../errors/enginery-error.js'
import { parseOptions } from '../errors/parse-options.js'
import { buildDataset, type DatasetDraft, type OpenedDataset } from './build-dataset.js'
import { type DatasetFormat, type DatasetOptions, datasetSchema, type ParsedDatasetOptions } from './dataset-options.js'
import { detectDatasetFormat } from './detect-format.js'
import { readClassFolders } from './formats/class-folders.js'
import { readCoco } from './formats/coco.js'
import { readDota } from './formats/dota.js'
import { readImageFolder, readImageList } from './formats/image-folder.js'
import { readLabelFile } from './formats/label-file.js'
import { readOcr } from './formats/ocr.js'
import { readTensorRows } from './formats/tensor-rows.js'
import { readVoc } from './formats/voc.js'
import { readYolo } from './formats/yolo.js'

const readers: Readonly<Record<DatasetFormat, (options: ParsedDatasetOptions) => Promise<DatasetDraft>>> = {
  'image-folder': readImageFolder,
  'image-list': readImageList,
  'class-folders': readClassFolders,
  'label-file': readLabelFile,
  coco: readCoco,
  voc: readVoc,
  yolo: readYolo,
  dota: readDota,
  ocr: readOcr,
  tensors: readTensorRows,
}

type DatasetOption = Exclude<keyof DatasetOptions, 'format' | 'strict'>

const usedOptions: Readonly<Record<DatasetFormat, readonly DatasetOption[]>> = {
  'image-folder': ['images'],
  'image-list': ['images'],
  'class-folders': ['images', 'classes'],
  'label-file': ['images', 'annotations', 'classes'],
  coco: ['images', 'annotations', 'classes'],
  voc: ['images', 'annotations', 'classes', 'split', 'oneBased'],
  yolo: ['images', 'annotations', 'classes', 'split'],
  dota: ['images', 'annotations', 'classes'],
  ocr: ['images', 'annotations'],
  tensors: ['tensors', 'annotations', 'classes'],
}

/**
 * Lists the samples of a dataset with their annotations. Pictures are not decoded: `readSamples` does that.
 *
 * What does not fit is counted in `warnings`, with the first few by name, and is fatal with `strict`. Always fatal are
 * annotations that cannot be read and datasets without a single sample.
 *
 * @throws OPTION_INVALID, also for an option that the format has no use for; DATASET_FORMAT_UNKNOWN, DATASET_INVALID, DATASET_EMPTY, DATASET_MISMATCH, FILE_NOT_FOUND,
 * FILE_NOT_READ; IMAGE_DECODER_MISSING for YOLO, whose fractions need the sizes of the pictures
 * @example
 * const dataset = await openDataset({ images: 'coco/val2017', annotations: 'coco/instances_val2017.json' })
 */
export async function openDataset(options: DatasetOptions): Promise<OpenedDataset> {
  const parsed = parseOptions(datasetSchema, options, openDataset)
  const format = parsed.format ?? (await detectDatasetFormat(parsed))
  requireUsed(format, options)
  return await buildDataset(await readers[format](parsed), parsed)
}

/** An option that does nothing is a mistake: annotations beside .npy of another layout, or the wrong format. */
function requireUsed(format: DatasetFormat, options: DatasetOptions): void {
  const used = usedOptions[format]
  const given = Object.keys(options).filter((name) => options[name as DatasetOption] !== undefined)
  const unused = given.find((name) => name !== 'format' && name !== 'strict' && !used.includes(name as DatasetOption))
  if (unused === undefined) return
  const reason = `the format ${format} has no use for it: it takes ${used.join(', ')}`
  throw engineryError('OPTION_INVALID', { caller: 'openDataset', option: unused, reason }, { caller: openDataset })
}
