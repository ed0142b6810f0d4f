import { z } from 'zod'
import { type ResizeFilter, resizeFilters } from '../image/resize-image.js'

const filter = z.enum(resizeFilters as readonly [ResizeFilter, ...ResizeFilter[]]).default('pillow-bilinear')
const length = z.int().min(1).max(65_536)

/**
 * How a side that comes out fractional becomes whole pixels: `floor` as `int()` in Python, `round` as Python's
 * `round()` (halves to the even neighbour), `ceil`.
 */
const rounding = z.enum(['floor', 'round', 'ceil'])

const resizeSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('none') }).describe('the picture keeps its size'),
  z
    .strictObject({ mode: z.literal('stretch'), width: length.optional(), height: length.optional(), filter })
    .describe('to width and height, whatever the aspect; what is open comes from the model'),
  z
    .strictObject({
      mode: z.literal('letterbox'),
      width: length.optional(),
      height: length.optional(),
      filter,
      align: z.enum(['center', 'top-left']).default('center'),
      rounding: rounding.default('round'),
      allowUpscale: z.boolean().default(true).describe('false: smaller pictures keep their size'),
    })
    .describe('the aspect is kept, the rest of width and height is padded'),
  z
    .strictObject({
      mode: z.literal('short-side'),
      size: length.describe('of the shorter side'),
      longSide: length
        .optional()
        .describe('the longer side is not to exceed this, even where the shorter becomes less than size'),
      filter,
      rounding: rounding.default('floor'),
    })
    .describe('the aspect is kept; usually followed by crop'),
  z
    .strictObject({
      mode: z.literal('height'),
      height: length.optional(),
      width: length.optional().describe('wider pictures are squeezed; missing: as wide as the widest of the batch'),
      multipleOf: length.default(1).describe('of the width, where it follows the batch'),
      filter,
      rounding: rounding.default('ceil'),
    })
    .describe('lines of text: one height, the width by aspect, padded on the right'),
  z
    .strictObject({
      mode: z.literal('limit-side'),
      side: z.enum(['short', 'long']).default('short').describe('short: at least size; long: at most size'),
      size: length,
      maxSide: length.optional().describe('no side is to exceed this'),
      multipleOf: length.default(32).describe('both sides are rounded to multiples of it'),
      filter,
    })
    .describe('detection of text: the size of the input follows the picture'),
])

const fraction = z.number().gt(0).max(1)
// YAML has no division, and 0.00392157 is not 1/255.
const ratio = z
  .string()
  .regex(/^\s*\d+(\.\d*)?\s*\/\s*\d+(\.\d*)?\s*$/, 'a ratio such as 1/255')
  .transform((text) => {
    const [above, below] = text.split('/').map(Number) as [number, number]
    return above / below
  })
const finite = z.number()
const positive = z.number().positive()
const perChannel = <S extends z.ZodType>(one: S) => z.union([one, z.array(one).min(1).max(3)])

const shape = {
  resize: resizeSchema.default({ mode: 'stretch', filter: 'pillow-bilinear' }),
  sourceCrop: z
    .strictObject({ width: fraction, height: fraction })
    .optional()
    .describe('the middle of the picture, as fractions of its sides, is all that is resized'),
  crop: z
    .strictObject({
      width: length.optional(),
      height: length.optional(),
      rounding: z
        .enum(['round', 'floor'])
        .default('round')
        .describe('of the offset: round as torchvision, floor as OpenCV users'),
    })
    .optional()
    .describe('the middle of the resized picture; what is open comes from the model'),
  padTo: z
    .strictObject({ multipleOf: length })
    .optional()
    .describe('the sides are padded, at the right and below, to multiples of this'),
  pad: perChannel(z.number().min(0).max(255)).default(0).describe('grey level(s) of the padding, before scale, mean and std'),
  color: z.enum(['RGB', 'BGR', 'GRAY']).default('RGB').describe('order of the channels of the model'),
  layout: z.enum(['NCHW', 'NHWC']).optional().describe('default: as the model has it, else NCHW'),
  scale: z
    .union([
      positive,
      ratio,
      z
        .array(z.union([positive, ratio]))
        .min(1)
        .max(3),
    ])
    .default(1),
  mean: perChannel(finite).default(0),
  std: perChannel(positive).default(1),
  type: z.enum(['f32', 'f16', 'u8']).optional().describe('default: as the model has it, else f32'),
}

/**
 * A description whose preset is expanded: everything between a decoded picture and a model's input. A value becomes `(value * scale - mean) / std`; lists
 * follow the model's channels, so for BGR blue comes first. Plain data: JSON and YAML hold it as it is.
 */
export const expandedSchema = z.strictObject(shape).superRefine((description, context) => {
  const channels = description.color === 'GRAY' ? 1 : 3
  for (const name of ['pad', 'scale', 'mean', 'std'] as const) {
    const value = description[name]
    if (!Array.isArray(value) || value.length === channels || value.length === 1) continue
    const message = `expected a number or ${channels} for ${description.color}, received ${value.length}`
    context.addIssue({ code: 'custom', path: [name], message })
  }
  if (description.type === 'u8' && !isIdentity(description)) {
    context.addIssue({ code: 'custom', path: ['type'], message: 'u8 holds pixels as they are: expected no scale, mean or std' })
  }
  if (description.crop !== undefined && ['letterbox', 'height', 'limit-side'].includes(description.resize.mode)) {
    const message = `expected no crop after a resize of mode ${description.resize.mode}, which makes the input's size itself`
    context.addIssue({ code: 'custom', path: ['crop'], message })
  }
})

function isIdentity(values: Record<'scale' | 'mean' | 'std', number | number[]>): boolean {
  const all = (value: number | number[], expected: number) => [value].flat().every((each) => each === expected)
  return all(values.scale, 1) && all(values.mean, 0) && all(values.std, 1)
}

export type ResizeDescription = z.output<typeof resizeSchema>

/** A description with every default filled in. */
export type ParsedPreprocess = z.output<typeof expandedSchema>

type ResizeInput = z.input<typeof resizeSchema>
type Loose<T> = { [K in keyof T]?: T[K] | null | undefined }

/**
 * A description as it is written: what it says itself overrides what its `preset` says, key by key, also inside
 * `resize` and `crop`; `null` removes what the preset says.
 */
export type PreprocessDescription = Loose<Omit<z.input<typeof expandedSchema>, 'resize' | 'crop'>> & {
  /** One of `presetNames`. */
  readonly preset?: string | undefined
  readonly resize?: (ResizeInput extends infer R ? (R extends unknown ? Loose<R> : never) : never) | null | undefined
  readonly crop?: Loose<NonNullable<z.input<typeof expandedSchema>['crop']>> | null | undefined
}
