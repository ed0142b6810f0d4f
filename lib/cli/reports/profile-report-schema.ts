import { z } from 'zod'
import { fileSchema, head } from './shared-schemas.js'

const range = z.strictObject({ min: z.array(z.int()), opt: z.array(z.int()), max: z.array(z.int()) })

/** What `collect-profile` answers. */
export const profileReportSchema = z.strictObject({
  ...head('collect-profile'),
  output: fileSchema,
  samples: z.int(),
  combinations: z.int().describe('different combinations of shapes'),
  profile: z.record(z.string(), z.union([range, z.strictObject({ values: range })])).describe('by input'),
})
