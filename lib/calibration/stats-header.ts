import { z } from 'zod'

const count = z
  .int()
  .min(0)
  .max(2 ** 31)
const axis = z.int().min(0).max(64)
const shapes = z.record(z.string(), z.array(z.int().min(0)).readonly()).readonly()

/** Everything that statistics depend on. */
export const statisticsIdentitySchema = z.strictObject({
  /** SHA-256 of the graph that was run. */
  model: z.string(),
  /** Digest of the samples, or the name that the user gives them. */
  data: z.string(),
  /** Digest of what was done to pictures; null where samples are tensors already. */
  preprocess: z.string().nullable(),
  options: z.strictObject({
    shapes: shapes.nullable(),
    isDynamic: z.boolean(),
    maxSamples: z.int().min(1).nullable(),
    onNotFinite: z.enum(['error', 'skip']),
  }),
})

const pointSchema = z.union([
  z.strictObject({ tensor: z.string(), kind: z.enum(['range', 'histogram']) }),
  z.strictObject({ tensor: z.string(), kind: z.enum(['channel-range', 'channel-mean', 'channel-spread']), axis }),
  z.strictObject({ tensor: z.string(), kind: z.literal('quantiles'), lower: z.number(), upper: z.number() }),
])

const tensorSchema = z.strictObject({
  name: z.string(),
  range: z.strictObject({ samples: count }).optional(),
  channelRange: z.strictObject({ axis, channels: count }).optional(),
  channelMean: z.strictObject({ axis, channels: count }).optional(),
  channelSpread: z.strictObject({ axis, channels: count, samples: count }).optional(),
  histogram: z
    .strictObject({ exponent: z.int().min(-149).max(128), first: z.int().min(-4096).max(4096), bins: count })
    .optional(),
  quantiles: z.strictObject({ lower: z.number(), upper: z.number(), samples: count }).optional(),
})

const warnings = z.array(z.strictObject({ code: z.string(), message: z.string(), why: z.string() })).readonly()

const answeredOutputSchema = z.strictObject({
  name: z.string(),
  shape: z.array(count).max(64).readonly(),
  isWhole: z.boolean(),
  /** Whether its numbers take eight bytes each, or four. */
  isDouble: z.boolean(),
})

const answersSchema = z.strictObject({
  most: z.int().min(1),
  inferences: z.array(z.strictObject({ inputs: z.string(), outputs: z.array(answeredOutputSchema).readonly() })).readonly(),
  scale: warnings,
})

/** The JSON at the beginning of a `.stats` file; numbers follow in the order of `tensors`, and of the keys of each; then those of `answers`. */
export const statsHeaderSchema = z.strictObject({
  identity: statisticsIdentitySchema,
  sampleCount: z.int().min(1),
  shapes: shapes.nullable(),
  skipped: z.array(z.strictObject({ point: pointSchema, reason: z.string() })).readonly(),
  warnings,
  convergence: z
    .array(z.strictObject({ samples: count, median: z.number(), worst: z.number(), worstTensor: z.string() }))
    .readonly(),
  tensors: z.array(tensorSchema).readonly(),
  answers: answersSchema.optional(),
})

export type StatisticsIdentity = Readonly<z.output<typeof statisticsIdentitySchema>>
export type StatsHeader = z.output<typeof statsHeaderSchema>
export type TensorEntry = z.output<typeof tensorSchema>
