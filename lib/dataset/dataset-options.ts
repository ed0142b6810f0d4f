import { z } from 'zod'

export const datasetFormats = [
  'image-folder',
  'image-list',
  'class-folders',
  'label-file',
  'coco',
  'voc',
  'yolo',
  'dota',
  'ocr',
  'tensors',
] as const

export type DatasetFormat = (typeof datasetFormats)[number]

const path = z.string().min(1)

/** Where a dataset is and how to read it. Relative paths start at the working directory. */
export const datasetSchema = z.strictObject({
  format: z.enum(datasetFormats).optional().describe('default: told from what is there'),
  images: path.optional().describe('folder of pictures, or a text file that lists them'),
  annotations: path.optional().describe('file or folder of annotations'),
  classes: z
    .union([path, z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('names of the classes in the order of their indices, or a file with them'),
  split: path.optional().describe('voc: a list in ImageSets/Main; yolo: a key of data.yaml, default val'),
  tensors: z
    .union([path, z.record(z.string().min(1), path)])
    .optional()
    .describe('.npz, or .npy for each input; rows are samples'),
  oneBased: z
    .boolean()
    .optional()
    .describe(
      'voc, default true: corners count pixels from 1 and belong to the box, as in the original; false: from 0, the last does not',
    ),
  strict: z.boolean().default(false).describe('what does not fit is an error, not a warning'),
})

export type DatasetOptions = z.input<typeof datasetSchema>
export type ParsedDatasetOptions = z.output<typeof datasetSchema>
