import { z } from 'zod'
import { fileSchema, head } from './shared-schemas.js'

const entries = z.array(
  z.strictObject({
    key: z.string().describe("TensorRT's own, of a layer in one form: 0x and 32 hexadecimal digits"),
    tactic: z.string().describe('the kernel that was quickest: 0x and 16 hexadecimal digits'),
    milliseconds: z.number().describe('that it took'),
  }),
)

export const showTimingsReportSchema = z.strictObject({
  ...head('timing-cache show'),
  file: fileSchema,
  entries,
})

export const editTimingsReportSchema = z.strictObject({
  ...head('timing-cache edit'),
  file: fileSchema,
  output: fileSchema,
  changed: z.int().describe('entries that were set or taken out'),
  entries: entries.describe('after the changes'),
})
