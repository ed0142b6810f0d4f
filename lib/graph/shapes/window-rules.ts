/** Convolutions, pooling, matrix products, resizing. */
import type { GraphNode } from '../graph-node.js'
import type { Dimension, Shape } from '../graph-tensor.js'
import { broadcastShapes, type RuleInput, type ShapeRule, type ShapeRules } from './rule.js'

interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Before and after, together. */
  readonly padding: readonly number[]
  readonly automatic: string
}

function readWindow(node: GraphNode, kernel: readonly number[]): Window {
  const ones = kernel.map(() => 1)
  const pads = node.ints('pads') ?? []
  return {
    kernel,
    strides: node.ints('strides') ?? ones,
    dilations: node.ints('dilations') ?? ones,
    padding: kernel.map((_, axis) => (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0)),
    automatic: node.text('auto_pad', 'NOTSET'),
  }
}

function slide(length: Dimension, axis: number, window: Window, roundUp: boolean): Dimension {
  const stride = window.strides[axis] ?? 1
  if (window.automatic.startsWith('SAME')) {
    if (stride === 1) return length
    return typeof length === 'number' ? Math.ceil(length / stride) : null
  }
  const reach = ((window.kernel[axis] as number) - 1) * (window.dilations[axis] ?? 1) + 1
  const padding = window.automatic === 'VALID' ? 0 : (window.padding[axis] as number)
  if (typeof length !== 'number') return stride === 1 && padding === reach - 1 ? length : null
  const steps = (length + padding - reach) / stride
  return Math.max(0, (roundUp ? Math.ceil(steps) : Math.floor(steps)) + 1)
}

function spatialShape(shape: Shape, window: Window, roundUp = false): Dimension[] {
  return shape.slice(2).map((length, axis) => slide(length, axis, window, roundUp))
}

const convolution: ShapeRule = ({ node, input }) => {
  const { elementType, shape } = input(0)
  const weights = input(1).shape
  const kernel = node.ints('kernel_shape') ?? weights?.slice(2)
  if (shape === null || !kernel || kernel.length !== shape.length - 2 || !kernel.every((size) => typeof size === 'number')) {
    return [{ elementType, shape: shape === null ? null : shape.map((length, axis) => (axis === 0 ? length : null)) }]
  }
  const window = readWindow(node, kernel as readonly number[])
  return [{ elementType, shape: [shape[0] ?? null, weights?.[0] ?? null, ...spatialShape(shape, window)] }]
}

const transposedConvolution: ShapeRule = ({ node, input }) => {
  const { elementType, shape } = input(0)
  const weights = input(1).shape
  if (shape === null || weights === null) return [{ elementType }]
  const perGroup = weights[1] ?? null
  const channels = typeof perGroup === 'number' ? perGroup * node.int('group', 1) : null
  const kernel = node.ints('kernel_shape') ?? weights.slice(2)
  const stated = node.ints('output_shape')
  const window = readWindow(node, kernel as readonly number[])
  const extra = node.ints('output_padding') ?? []
  const spatial = shape.slice(2).map((length, axis): Dimension => {
    if (stated !== null) return stated[stated.length - shape.length + 2 + axis] ?? null
    const size = kernel[axis]
    const stride = window.strides[axis] ?? 1
    if (typeof length !== 'number' || typeof size !== 'number') return null
    if (window.automatic.startsWith('SAME')) return length * stride
    const reach = (size - 1) * (window.dilations[axis] ?? 1) + 1
    return stride * (length - 1) + (extra[axis] ?? 0) + reach - (window.padding[axis] ?? 0)
  })
  return [{ elementType, shape: [shape[0] ?? null, channels, ...spatial] }]
}

const pooling: ShapeRule = ({ node, input }) => {
  const { elementType, shape } = input(0)
  const kernel = node.ints('kernel_shape')
  if (shape === null || kernel === null || kernel.length !== shape.length - 2) return [{ elementType }, { elementType: 'i64' }]
  const spatial = spatialShape(shape, readWindow(node, kernel), node.int('ceil_mode', 0) === 1)
  const pooled = [...shape.slice(0, 2), ...spatial]
  return [
    { elementType, shape: pooled },
    { elementType: 'i64', shape: pooled },
  ]
}

const globalPooling: ShapeRule = ({ input }) => {
  const { elementType, shape } = input(0)
  return [{ elementType, shape: shape?.map((length, axis) => (axis < 2 ? length : 1)) ?? null }]
}

const matrixProduct: ShapeRule = ({ node, input }) => {
  const [a, b] = [input(0), input(1)]
  const elementType = node.type === 'MatMulInteger' ? 'i32' : a.elementType
  if (!a.shape || !b.shape || a.shape.length === 0 || b.shape.length === 0) return [{ elementType }]
  const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)]) as Shape
  const rows = a.shape.length > 1 ? [a.shape.at(-2) as Dimension] : []
  const columns = b.shape.length > 1 ? [b.shape.at(-1) as Dimension] : []
  return [{ elementType, shape: [...batch, ...rows, ...columns] }]
}

const gemm: ShapeRule = ({ node, input }) => {
  const [a, b] = [input(0), input(1)]
  const rows = a.shape?.[node.int('transA', 0) === 1 ? 1 : 0] ?? null
  const columns = b.shape?.[node.int('transB', 0) === 1 ? 0 : 1] ?? null
  return [{ elementType: a.elementType ?? b.elementType, shape: [rows, columns] }]
}

function resize(rule: RuleInput, scalesAt: number, sizesAt: number | null): Shape | null {
  const { shape } = rule.input(0)
  if (shape === null) return null
  const axes = rule.node.ints('axes') ?? shape.map((_, axis) => axis)
  const scales = rule.node.attributes.get('scales')?.floats ?? (rule.has(scalesAt) ? rule.numbers(scalesAt) : null)
  const sizes = sizesAt !== null && rule.has(sizesAt) ? rule.input(sizesAt).value : null
  const result: Dimension[] = [...shape]
  for (const [index, axis] of axes.entries()) {
    const length = shape[axis < 0 ? axis + shape.length : axis]
    const scale = scales?.[index]
    let resized: Dimension = null
    if (sizes !== null && sizes.length === axes.length) resized = sizes[index] as Dimension
    else if (scale === 1) resized = length ?? null
    else if (typeof length === 'number' && scale !== undefined) resized = Math.floor(length * scale)
    result[axis < 0 ? axis + shape.length : axis] = resized
  }
  // The lengths of "not larger" and "not smaller" depend on all of them: not worth the trouble.
  return rule.node.text('keep_aspect_ratio_policy', 'stretch') === 'stretch' ? result : shape.map(() => null)
}

export const windowRules: ShapeRules = {
  Conv: convolution,
  ConvInteger: (rule) => [{ ...convolution(rule)[0], elementType: 'i32' }],
  DeformConv: convolution,
  ConvTranspose: transposedConvolution,
  MaxPool: pooling,
  AveragePool: pooling,
  LpPool: pooling,
  GlobalAveragePool: globalPooling,
  GlobalMaxPool: globalPooling,
  GlobalLpPool: globalPooling,
  MatMul: matrixProduct,
  MatMulInteger: matrixProduct,
  Gemm: gemm,
  Resize: (rule) => {
    const shape = rule.opset >= 11 ? resize(rule, 2, 3) : resize(rule, 1, null)
    return [{ elementType: rule.input(0).elementType, shape }]
  },
  Upsample: (rule) => [{ elementType: rule.input(0).elementType, shape: resize(rule, 1, null) }],
  GridSample: ({ input }) => {
    const [picture, grid] = [input(0).shape, input(1).shape]
    const shape = picture && grid ? [...picture.slice(0, 2), ...grid.slice(1, -1)] : null
    return [{ elementType: input(0).elementType, shape }]
  },
}
