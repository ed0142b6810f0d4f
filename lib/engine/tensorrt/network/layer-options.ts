import { z } from 'zod'
import { layerNames, networkTypes } from './layer-names.js'
import { NetworkTensor } from './network-tensor.js'
import { weightsSchema } from './network-weights.js'

const typeSchema = z.enum(networkTypes)
const tensorSchema = z.custom<NetworkTensor>((value) => value instanceof NetworkTensor, 'expected a tensor of a network')
const lengths = z.array(z.int().min(1)).min(1)
const offsets = z.array(z.int().min(0)).min(1)
const axis = z.int().describe('negative ones count from the back')

/** What every layer may be told. */
const ofAll = {
  name: z.string().min(1).optional().describe('of the layer'),
  metadata: z
    .string()
    .optional()
    .describe('words that layer information shows beside the layer, also where it was fused with others'),
  precision: typeSchema.optional().describe('what it computes in; TensorRT 10, networks that are not strongly typed'),
  outputType: z
    .union([typeSchema, z.array(typeSchema)])
    .optional()
    .describe('of its outputs; TensorRT 10, as precision'),
}

export const layerSchema = z.strictObject(ofAll)

const padding = z.union([z.int().min(0), offsets, z.strictObject({ pre: offsets, post: offsets })])

const window = {
  stride: z.union([z.int().min(1), lengths]).optional(),
  padding: padding.optional().describe('on both sides, or { pre, post }'),
  paddingMode: z.enum(layerNames.padding).optional(),
}

export const convolutionSchema = z.strictObject({
  ...ofAll,
  ...window,
  outputs: z.int().min(1).describe('channels that it makes'),
  kernelSize: z.union([z.int().min(1), lengths]),
  kernel: z.union([weightsSchema, tensorSchema]).describe('weights, or a tensor such as a dequantized one'),
  bias: z.union([weightsSchema, tensorSchema]).optional(),
  dilation: z.union([z.int().min(1), lengths]).optional(),
  groups: z.int().min(1).optional(),
})

export const poolingSchema = z.strictObject({
  ...ofAll,
  ...window,
  windowSize: z.union([z.int().min(1), lengths]),
  blendFactor: z.number().min(0).max(1).optional().describe('of max-average-blend'),
  averageCountExcludesPadding: z.boolean().optional(),
})

export const paddingSchema = z.strictObject({
  ...ofAll,
  pre: z.tuple([z.int(), z.int()]),
  post: z.tuple([z.int(), z.int()]),
})

export const lrnSchema = z.strictObject({
  ...ofAll,
  window: z.int().min(1),
  alpha: z.number(),
  beta: z.number(),
  k: z.number(),
})

export const activationSchema = z.strictObject({
  ...ofAll,
  alpha: z.number().optional(),
  beta: z.number().optional(),
})

export const scaleSchema = z.strictObject({
  ...ofAll,
  mode: z.enum(layerNames.scale),
  shift: weightsSchema.optional(),
  scale: weightsSchema.optional(),
  power: weightsSchema.optional(),
  channelAxis: z.int().min(0).default(1),
})

export const matrixMultiplySchema = z.strictObject({
  ...ofAll,
  operations: z
    .tuple([z.enum(layerNames.matrix), z.enum(layerNames.matrix)])
    .default(['none', 'none'])
    .describe('what is done to the one and the other before'),
})

export const constantSchema = z.strictObject({ ...ofAll, shape: z.array(z.int().min(0)).optional() })

export const castSchema = z.strictObject({ ...ofAll, type: typeSchema })

const quantizer = {
  ...ofAll,
  scale: z.union([z.number().positive(), weightsSchema, tensorSchema]).describe('one, or one for each element of `axis`'),
  axis: axis.optional(),
}

export const quantizeSchema = z.strictObject({ ...quantizer, type: z.enum(['i8', 'i4', 'f8e4m3']).default('i8') })
export const dequantizeSchema = z.strictObject({ ...quantizer, type: z.enum(['f32', 'f16', 'bf16']).default('f32') })

export const shuffleSchema = z.strictObject({
  ...ofAll,
  firstTranspose: offsets.optional(),
  reshape: z
    .union([z.array(z.int().min(-1)), tensorSchema])
    .optional()
    .describe('0: as it was, -1: what is left; or a tensor that says it'),
  secondTranspose: offsets.optional(),
  zeroIsPlaceholder: z.boolean().optional(),
})

export const concatenationSchema = z.strictObject({ ...ofAll, axis })

const places = z.union([z.array(z.int()), tensorSchema])

export const sliceSchema = z.strictObject({
  ...ofAll,
  start: places,
  size: places,
  stride: places.optional(),
  mode: z.enum(layerNames.slice).optional(),
  fill: tensorSchema.optional().describe('one element, for mode fill'),
})

export const gatherSchema = z.strictObject({
  ...ofAll,
  axis: axis.optional(),
  mode: z.enum(layerNames.gather).default('default'),
  elementWiseDims: z.int().min(0).max(1).optional(),
})

export const resizeSchema = z.strictObject({
  ...ofAll,
  shape: z.union([lengths, tensorSchema]).optional(),
  scales: z.array(z.number().positive()).optional(),
  mode: z.enum(layerNames.interpolation).default('nearest'),
  coordinates: z.enum(layerNames.coordinates).optional(),
  singlePixel: z.enum(layerNames.singlePixel).optional(),
  rounding: z.enum(layerNames.rounding).optional(),
  cubicCoefficient: z.number().optional(),
  excludeOutside: z.boolean().optional(),
})

const axes = z.array(axis).min(1)

export const reduceSchema = z.strictObject({ ...ofAll, axes, keepDimensions: z.boolean().default(false) })
export const softmaxSchema = z.strictObject({ ...ofAll, axis })

export const topKSchema = z.strictObject({
  ...ofAll,
  k: z.union([z.int().min(1), tensorSchema]),
  axis,
  indicesType: z.enum(['i32', 'i64']).optional().describe('i64: from TensorRT 10.14 on'),
})

export const normalizationSchema = z.strictObject({
  ...ofAll,
  axes,
  epsilon: z.number().positive().optional(),
  groups: z.int().min(1).optional(),
})

const fieldData = z.union([
  z.string(),
  z.custom<NodeJS.TypedArray>((value) => ArrayBuffer.isView(value) && !(value instanceof DataView), 'expected a typed array'),
])

export const pluginSchema = z.strictObject({
  ...ofAll,
  plugin: z.string().min(1).max(1023).describe('its name in the registry'),
  version: z.string().min(1).max(1023).default('1'),
  namespace: z.string().max(1023).optional(),
  fields: z
    .record(z.string().min(1), fieldData)
    .default({})
    .describe('a string (char), or a typed array, whose class says the type: Int32Array, Float32Array, ...'),
  outputs: z.int().min(1).default(1).describe('how many tensors it makes'),
})

/** What every layer may be told: its name, and on TensorRT 10 the types that it computes in and makes. */
export type LayerOptions = z.input<typeof layerSchema>
export type ConvolutionOptions = z.input<typeof convolutionSchema>
export type PoolingOptions = z.input<typeof poolingSchema>
export type PaddingOptions = z.input<typeof paddingSchema>
export type LrnOptions = z.input<typeof lrnSchema>
export type ActivationOptions = z.input<typeof activationSchema>
export type ScaleOptions = z.input<typeof scaleSchema>
export type MatrixMultiplyOptions = z.input<typeof matrixMultiplySchema>
export type ConstantOptions = z.input<typeof constantSchema>
export type CastOptions = z.input<typeof castSchema>
export type QuantizeLayerOptions = z.input<typeof quantizeSchema>
export type DequantizeLayerOptions = z.input<typeof dequantizeSchema>
export type ShuffleOptions = z.input<typeof shuffleSchema>
export type ConcatenationOptions = z.input<typeof concatenationSchema>
export type SliceOptions = z.input<typeof sliceSchema>
export type GatherOptions = z.input<typeof gatherSchema>
export type ResizeLayerOptions = z.input<typeof resizeSchema>
export type ReduceOptions = z.input<typeof reduceSchema>
export type SoftmaxOptions = z.input<typeof softmaxSchema>
export type TopKOptions = z.input<typeof topKSchema>
export type NormalizationOptions = z.input<typeof normalizationSchema>
export type PluginOptions = z.input<typeof pluginSchema>

/** What each layer of a network takes, by method: `NetworkLayerOptions['convolution']`. */
export interface NetworkLayerOptions {
  activation: ActivationOptions
  cast: CastOptions
  concatenation: ConcatenationOptions
  constant: ConstantOptions
  convolution: ConvolutionOptions
  deconvolution: ConvolutionOptions
  dequantize: DequantizeLayerOptions
  gather: GatherOptions
  lrn: LrnOptions
  matrixMultiply: MatrixMultiplyOptions
  normalization: NormalizationOptions
  padding: PaddingOptions
  plugin: PluginOptions
  pooling: PoolingOptions
  quantize: QuantizeLayerOptions
  reduce: ReduceOptions
  resize: ResizeLayerOptions
  scale: ScaleOptions
  shuffle: ShuffleOptions
  slice: SliceOptions
  softmax: SoftmaxOptions
  topK: TopKOptions
  /** What every layer takes, and `elementWise`, `unary`, `parametricRelu`, `select`, `identity`, `shape` and `einsum` alone. */
  any: LayerOptions
}
