import { z } from 'zod'
import { type ElementType, elementTypeNames } from '../../tensor/element-type.js'

const elementType = z.enum(elementTypeNames as readonly [ElementType, ...ElementType[]])

/** A layout such as `NCHW`, `NHWC` or `N...C`; `?` skips a dimension. */
const layout = z.string().regex(/^\[?[A-Za-z?.,\s]+\]?$/, 'expected a layout such as NCHW or NHWC')

const color = z.enum([
  'RGB',
  'BGR',
  'GRAY',
  'RGBX',
  'BGRX',
  'NV12_SINGLE_PLANE',
  'NV12_TWO_PLANES',
  'I420_SINGLE_PLANE',
  'I420_THREE_PLANES',
])

const perChannel = z.union([z.number(), z.array(z.number()).min(1)])
const positions = z.array(z.int()).min(1)
const convertElementType = z.strictObject({ convertElementType: elementType })
const convertColor = z.strictObject({ convertColor: color })
const convertLayout = z.strictObject({ convertLayout: layout })
const clamp = z.strictObject({ clamp: z.strictObject({ min: z.number(), max: z.number() }) })

/** One step, named by its only key. */
export const preprocessStepSchema = z.union([
  convertElementType,
  convertColor,
  convertLayout,
  clamp,
  z.strictObject({
    resize: z.strictObject({
      algorithm: z.enum(['linear', 'cubic', 'nearest', 'bilinear-pillow', 'bicubic-pillow']),
      height: z.int().min(1).optional().describe("default: the model's height"),
      width: z.int().min(1).optional().describe("default: the model's width"),
    }),
  }),
  z.strictObject({ mean: perChannel }),
  z.strictObject({ scale: perChannel }),
  z.strictObject({ crop: z.strictObject({ begin: positions, end: positions }) }),
  z.strictObject({
    pad: z.strictObject({
      begin: positions,
      end: positions,
      value: z.number().default(0),
      mode: z.enum(['constant', 'edge', 'reflect', 'symmetric']).default('constant'),
    }),
  }),
  z.strictObject({ reverseChannels: z.literal(true) }),
])

const inputSchema = z.strictObject({
  tensor: z
    .strictObject({
      type: elementType.optional(),
      layout: layout.optional(),
      color: color.optional(),
      planes: z.array(z.string()).optional().describe('names of the inputs that carry the planes'),
      shape: z.array(z.union([z.int().min(0), z.literal(-1), z.literal('dynamic')])).optional(),
      height: z.int().min(1).optional(),
      width: z.int().min(1).optional(),
      dynamicSize: z.boolean().optional().describe('pictures of any height and width'),
    })
    .refine((tensor) => (tensor.height === undefined) === (tensor.width === undefined), 'height and width go together')
    .default({})
    .describe('what will be passed to the engine'),
  steps: z.array(preprocessStepSchema).default([]).describe('applied in the order written'),
  modelLayout: layout.optional().describe('layout that the model expects'),
})

const outputSchema = z.strictObject({
  modelLayout: layout.optional(),
  tensor: z.strictObject({ type: elementType.optional(), layout: layout.optional() }).default({}),
  steps: z.array(z.union([convertElementType, convertColor, convertLayout, clamp])).default([]),
})

/** Pre- and post-processing that becomes part of the engine, per input and output name. */
export const preprocessSchema = z.strictObject({
  inputs: z.record(z.string(), inputSchema).default({}),
  outputs: z.record(z.string(), outputSchema).default({}),
})

export type PreprocessInput = z.input<typeof preprocessSchema>
export type PreprocessOptions = z.output<typeof preprocessSchema>
export type PreprocessStep = z.output<typeof preprocessStepSchema>
