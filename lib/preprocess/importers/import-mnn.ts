import { z } from 'zod'
import type { PreprocessDescription } from '../preprocess-schema.js'
import { type ImportedPreprocess, refuseImport } from './imported-preprocess.js'

// Keys as MNN reads them: tools/quantization/calibration.cpp, and docs/tools/quant.md on what they mean.
const side = z.int().min(1)
const channels = z.array(z.number()).min(1).max(4)
const schema = z.strictObject({
  format: z.enum(['RGB', 'BGR', 'GRAY', 'RGBA', 'BGRA']).default('BGR'),
  mean: channels.optional(),
  normal: channels.optional(),
  width: side.optional(),
  height: side.optional(),
  center_crop_h: z.number().gt(0).max(1).optional(),
  center_crop_w: z.number().gt(0).max(1).optional(),
  path: z.string().optional(),
  used_image_num: z.int().min(0).optional(),
  used_sample_num: z.int().min(0).optional(),
  input_type: z.string().optional(),
  feature_quantize_method: z.string().optional(),
  weight_quantize_method: z.string().optional(),
  feature_clamp_value: z.number().optional(),
  weight_clamp_value: z.number().optional(),
  batch_size: z.int().optional(),
  quant_bits: z.int().optional(),
  skip_quant_op_names: z.array(z.string()).optional(),
  winogradOpt: z.boolean().optional(),
  debug: z.boolean().optional(),
  model: z.string().optional(),
})

const aboutQuantization = [
  'feature_quantize_method',
  'weight_quantize_method',
  'feature_clamp_value',
  'weight_clamp_value',
  'batch_size',
  'quant_bits',
  'skip_quant_op_names',
  'winogradOpt',
  'debug',
  'model',
] as const

export interface ImportedMnn extends ImportedPreprocess {
  /** The folder of pictures that the file names, and how many of them MNN would take. */
  readonly pictures: { readonly folder?: string; readonly count?: number }
}

/**
 * Reads the `preprocessConfig.json` (later `imageInputConfig.json`) of MNN's quantization tool.
 *
 * @param config the text of the file, or what `JSON.parse` makes of it
 * @throws PREPROCESS_IMPORT_FAILED, naming the key
 */
export function importMnnPreprocess(config: unknown): ImportedMnn {
  const source = "MNN's preprocessConfig"
  const parsed = schema.safeParse(typeof config === 'string' ? parseJson(config, source) : config)
  if (!parsed.success) {
    const [issue] = parsed.error.issues as [z.core.$ZodIssue]
    const key = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.')
    throw refuseImport(source, issue.code === 'unrecognized_keys' ? `there is no key ${key} in MNN` : `${key}: ${issue.message}`)
  }
  const data = parsed.data
  if (data.input_type !== undefined && data.input_type !== 'image') {
    throw refuseImport(source, `input_type: expected image, received ${data.input_type}`)
  }
  const { format } = data
  if (format === 'RGBA' || format === 'BGRA') {
    throw refuseImport(source, `format: ${format} makes an input of four channels; expected RGB, BGR or GRAY`)
  }
  const count = format === 'GRAY' ? 1 : 3
  const description: PreprocessDescription = {
    resize: {
      mode: 'stretch',
      filter: 'opencv-linear',
      ...(data.width && { width: data.width }),
      ...(data.height && { height: data.height }),
    },
    ...((data.center_crop_h ?? data.center_crop_w) && {
      sourceCrop: { width: data.center_crop_w ?? 1, height: data.center_crop_h ?? 1 },
    }),
    color: format,
    // MNN computes (x - mean) * normal.
    ...(data.mean && { mean: take(data.mean, count, 0) }),
    ...(data.normal && { std: take(data.normal, count, 1).map((factor) => invert(factor, source)) }),
  }
  return {
    description,
    notes: describeDifferences(data),
    pictures: pictures(data.path, data.used_image_num ?? data.used_sample_num),
  }
}

// MNN keeps its defaults where a list is shorter than the channels.
function take(values: readonly number[], count: number, missing: number): number[] {
  return Array.from({ length: count }, (_, channel) => values[channel] ?? missing)
}

function invert(factor: number, source: string): number {
  if (factor > 0) return 1 / factor
  throw refuseImport(source, `normal: expected numbers above 0, received ${factor}`)
}

function pictures(folder: string | undefined, count: number | undefined): ImportedMnn['pictures'] {
  return { ...(folder !== undefined && { folder }), ...(count && { count }) }
}

function describeDifferences(data: Readonly<Record<string, unknown>>): string[] {
  const notes = [
    'MNN maps the corner pixels of the picture onto those of the input; opencv-linear, which is used, maps the outer edges',
  ]
  const left = aboutQuantization.filter((key) => data[key] !== undefined)
  if (left.length > 0) notes.push(`about quantization, not used: ${left.join(', ')}`)
  return notes
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refuseImport(source, `it is no JSON: ${(cause as Error).message}`)
  }
}
