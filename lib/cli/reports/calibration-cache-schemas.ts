import { z } from 'zod'
import { calibrationAlgorithmNames } from '../../calibration/tensorrt/table-header.js'
import { fileSchema, head } from './shared-schemas.js'

const headerFields = {
  algorithm: z.enum(calibrationAlgorithmNames).describe('calibrator that the table is of'),
  version: z.string().describe('of TensorRT, as the header has it: 8503, 101501'),
  major: z.int().nullable().describe('of TensorRT; null where the version does not tell'),
  tensors: z.int().describe('that have a scale'),
}

const manifestSchema = z
  .record(z.string(), z.unknown())
  .nullable()
  .describe('what it was made from; null where no manifest lies beside it')

export const findingSchema = z.strictObject({
  kind: z
    .string()
    .describe('`not-hex`, `zero`, `nan`, `infinite`, `negative`, `duplicate`, `model`, `algorithm`, `missing`, ...'),
  level: z.enum(['problem', 'note']),
  line: z.int().nullable(),
  tensors: z.array(z.string()),
  text: z.string(),
})

export const showCacheReportSchema = z.strictObject({
  ...head('calibration-cache show'),
  file: fileSchema,
  ...headerFields,
  manifest: manifestSchema,
  scales: z.array(
    z.strictObject({
      tensor: z.string(),
      scale: z.number().describe('float32'),
      hex: z.string().describe('as the file has it, lower case'),
      range: z.number().describe('127 times the scale, on both sides of zero'),
    }),
  ),
})

export const checkCacheReportSchema = z.strictObject({
  ...head('calibration-cache check'),
  file: fileSchema,
  ok: z.boolean().describe('false where a finding is a problem'),
  table: z.strictObject(headerFields).nullable().describe('null where the file is no table at all'),
  manifest: manifestSchema,
  findings: z.array(findingSchema).describe('problems first'),
})

export const convertCacheReportSchema = z.strictObject({
  ...head('calibration-cache convert'),
  file: fileSchema,
  from: z.enum(['table', 'ranges', 'statistics']),
  output: fileSchema,
  ...headerFields,
})

export const writtenTableReportSchema = z.strictObject({
  ...head('quantize'),
  model: fileSchema.describe('the float model, without weights in other files'),
  output: fileSchema,
  manifest: fileSchema.describe('what the table was made from'),
  ...headerFields,
  samples: z.int(),
  missing: z
    .array(z.strictObject({ tensor: z.string(), reason: z.string() }))
    .describe('tensors that TensorRT will want a scale for, and that have none'),
  warnings: z.array(z.strictObject({ code: z.string(), message: z.string(), why: z.string() })),
  duration: z.number().describe('seconds'),
})
