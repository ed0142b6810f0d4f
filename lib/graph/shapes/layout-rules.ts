/** What moves, cuts, joins and selects elements, and what makes tensors of shapes. */
import { nameOnnxType } from '../../model/onnx-types.js'
import { Constant } from '../constant.js'
import { constantOfNode } from '../constant-of-node.js'
import type { Dimension, Shape } from '../graph-tensor.js'
import { factsOfConstant } from './constant-facts.js'
import { broadcastShapes, countKnown, readAxes, resolveAxes, resolveAxis, type ShapeRules, unknownShape } from './rule.js'

// Longer ones are data, not lengths.
const longestValue = 64

export const layoutRules: ShapeRules = {
  Constant: ({ node }) => {
    const constant = constantOfNode(node)
    return constant === null ? [] : [factsOfConstant(constant)]
  },
  Shape: ({ node, input }) => {
    const { shape } = input(0)
    const [start, end] = [node.int('start', 0), node.int('end')]
    const value = shape?.slice(start, end ?? undefined) ?? null
    return [{ elementType: 'i64', shape: [value?.length ?? null], value }]
  },
  Size: ({ input }) => {
    const { shape } = input(0)
    return [{ elementType: 'i64', shape: [], value: shape === null ? null : [countKnown(shape)] }]
  },
  Cast: ({ node, input }) => {
    const to = nameOnnxType(node.int('to', 0))
    const isWhole = ['i64', 'i32', 'f32', 'f64'].includes(to)
    return [{ elementType: to, shape: input(0).shape, value: isWhole ? input(0).value : null }]
  },
  CastLike: ({ input }) => [{ elementType: input(1).elementType, shape: input(0).shape }],
  Reshape: ({ node, input }) => {
    const { elementType, shape, value } = input(0)
    const target = input(1).value
    if (target === null) {
      const rank = input(1).shape?.[0]
      return [{ elementType, shape: typeof rank === 'number' && rank <= 64 ? unknownShape(rank) : null }]
    }
    const reshaped = reshape(shape, target, node.int('allowzero', 0) === 1)
    return [{ elementType, shape: reshaped, value: reshaped.length <= 1 ? value : null }]
  },
  Flatten: ({ node, input }) => {
    const { elementType, shape } = input(0)
    if (shape === null) return [{ elementType, shape: [null, null] }]
    const axis = node.int('axis', 1)
    const at = axis < 0 ? axis + shape.length : axis
    return [{ elementType, shape: [joinLengths(shape.slice(0, at)), joinLengths(shape.slice(at))] }]
  },
  Transpose: ({ node, input }) => {
    const { elementType, shape } = input(0)
    const order = node.ints('perm') ?? shape?.map((_, axis) => shape.length - 1 - axis) ?? null
    if (order === null) return [{ elementType }]
    return [{ elementType, shape: order.map((axis) => shape?.[axis] ?? null) }]
  },
  Squeeze: (rule) => {
    const { elementType, shape, value } = rule.input(0)
    const axes = readAxes(rule, 1)
    if (shape === null || axes === null) return [{ elementType, value }]
    if (axes === undefined) {
      const isClear = shape.every((length) => typeof length === 'number')
      return [{ elementType, shape: isClear ? shape.filter((length) => length !== 1) : null, value }]
    }
    const gone = resolveAxes(axes, shape.length)
    return [{ elementType, shape: gone && shape.filter((_, axis) => !gone.includes(axis)), value }]
  },
  Unsqueeze: (rule) => {
    const { elementType, shape, value } = rule.input(0)
    const axes = readAxes(rule, 1)
    const rank = shape === null || !axes ? 0 : shape.length + axes.length
    const added = axes ? resolveAxes(axes, rank) : null
    if (shape === null || added === null) return [{ elementType }]
    const rest = [...shape]
    const widened = Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (rest.shift() ?? null)))
    return [{ elementType, shape: widened, value: rank <= 1 ? value : null }]
  },
  Concat: ({ node, input }) => {
    const parts = node.inputs.map((_, index) => input(index))
    const elementType = parts.find((part) => part.elementType !== null)?.elementType ?? null
    const known = parts.find((part) => part.shape !== null)?.shape ?? null
    const axis = known === null ? null : resolveAxis(node.int('axis', 0), known.length)
    if (known === null || axis === null) return [{ elementType }]
    const shape = known.map((_, at): Dimension => {
      const lengths = parts.map((part) => part.shape?.[at] ?? null)
      if (at === axis) return lengths.reduce<Dimension>(addLengths, 0)
      return lengths.find((length) => typeof length === 'number') ?? lengths.find((length) => length !== null) ?? null
    })
    const hasValues = known.length === 1 && parts.every((part) => part.value !== null)
    return [{ elementType, shape, value: hasValues ? parts.flatMap((part) => part.value as readonly Dimension[]) : null }]
  },
  Split: (rule) => {
    const { node } = rule
    const { elementType, shape } = rule.input(0)
    const axis = shape === null ? null : resolveAxis(node.int('axis', 0), shape.length)
    if (shape === null || axis === null) return node.outputs.map(() => ({ elementType }))
    const stated = node.ints('split') ?? (rule.has(1) ? rule.numbers(1) : null)
    const whole = shape[axis]
    const count = node.outputs.length
    const even = typeof whole === 'number' && !rule.has(1) ? Math.ceil(whole / count) : null
    return node.outputs.map((_, index) => {
      const last = even !== null && index === count - 1 ? (whole as number) - even * (count - 1) : even
      const length = stated?.[index] ?? last
      return { elementType, shape: shape.map((old, at) => (at === axis ? length : old)) }
    })
  },
  Slice: (rule) => {
    const { node } = rule
    const { elementType, shape, value } = rule.input(0)
    const isInput = rule.opset >= 10
    const starts = isInput ? rule.numbers(1) : node.ints('starts')
    const ends = isInput ? rule.numbers(2) : node.ints('ends')
    const stated = isInput ? (rule.has(3) ? rule.numbers(3) : undefined) : (node.ints('axes') ?? undefined)
    const steps = isInput && rule.has(4) ? rule.numbers(4) : undefined
    if (shape === null || stated === null) return [{ elementType, shape: shape && unknownShape(shape.length) }]
    const axes = resolveAxes(stated ?? (starts ?? []).map((_, axis) => axis), shape.length)
    if (starts === null || ends === null || axes === null || steps === null) {
      // Which lengths stay is known even where the new ones are not.
      return [{ elementType, shape: shape.map((length, axis) => (axes?.includes(axis) || axes?.length === 0 ? null : length)) }]
    }
    let cut = value
    const sliced = [...shape]
    for (const [index, axis] of axes.entries()) {
      const range = [starts[index] ?? 0, ends[index] ?? 0, steps?.[index] ?? 1] as const
      sliced[axis] = sliceLength(shape[axis] ?? null, ...range)
      if (cut !== null) cut = sliceValue(cut, ...range)
    }
    return [{ elementType, shape: sliced, value: cut }]
  },
  Pad: (rule) => {
    const { elementType, shape } = rule.input(0)
    const pads = rule.node.ints('pads') ?? rule.node.ints('paddings') ?? (rule.has(1) ? rule.numbers(1) : null)
    if (shape === null || pads === null) return [{ elementType, shape: shape && unknownShape(shape.length) }]
    const stated = rule.has(3) ? rule.numbers(3) : shape.map((_, axis) => axis)
    const axes = stated && resolveAxes(stated, shape.length)
    if (axes === null) return [{ elementType, shape: unknownShape(shape.length) }]
    const padded = [...shape]
    for (const [index, axis] of axes.entries()) {
      padded[axis] = addLengths(shape[axis] ?? null, (pads[index] ?? 0) + (pads[index + axes.length] ?? 0))
    }
    return [{ elementType, shape: padded }]
  },
  Expand: ({ input }) => [
    { elementType: input(0).elementType, shape: input(1).value && broadcastShapes([input(0).shape, input(1).value]) },
  ],
  Tile: (rule) => {
    const { elementType, shape } = rule.input(0)
    const repeats = rule.numbers(1)
    const tiled = shape?.map((length, axis): Dimension => {
      const times = repeats?.[axis]
      if (times === 1) return length
      return typeof length === 'number' && times !== undefined ? length * times : null
    })
    return [{ elementType, shape: tiled ?? null }]
  },
  ConstantOfShape: ({ node, input }) => {
    const tensor = node.attributes.get('value')?.tensor
    const element = tensor ? factsOfConstant(Constant.fromMessage(tensor)) : { elementType: 'f32', value: [0] }
    const shape = input(0).value
    const length = shape?.length === 1 ? shape[0] : null
    const repeated = typeof length === 'number' && length >= 0 && length <= longestValue && element.value?.length === 1
    return [
      {
        elementType: element.elementType,
        shape,
        value: repeated ? new Array<Dimension>(length).fill(element.value?.[0] ?? null) : null,
      },
    ]
  },
  Range: (rule) => {
    const [start, limit, step] = [rule.numbers(0)?.[0], rule.numbers(1)?.[0], rule.numbers(2)?.[0]]
    const isKnown = start !== undefined && limit !== undefined && step !== undefined
    const length = isKnown ? Math.max(0, Math.ceil((limit - start) / step)) : null
    return [{ elementType: rule.input(0).elementType, shape: [Number.isSafeInteger(length) ? length : null] }]
  },
  DepthToSpace: ({ node, input }) => [
    { elementType: input(0).elementType, shape: moveBlocks(input(0).shape, node.int('blocksize', 1)) },
  ],
  SpaceToDepth: ({ node, input }) => [
    { elementType: input(0).elementType, shape: moveBlocks(input(0).shape, 1 / node.int('blocksize', 1)) },
  ],
}

function reshape(shape: Shape | null, target: readonly Dimension[], allowZero: boolean): Shape {
  const result = target.map((length, axis): Dimension => (length === 0 && !allowZero ? (shape?.[axis] ?? null) : length))
  const open = result.indexOf(-1)
  if (open === -1 || shape === null) return result.map((length) => (length === -1 ? null : length))
  // What is on both sides cancels, symbols included; the rest has to be numbers.
  const given = [...shape]
  const wanted = result.filter((_, axis) => axis !== open)
  for (const length of [...wanted]) {
    const at = length === null ? -1 : given.indexOf(length)
    if (at === -1) continue
    given.splice(at, 1)
    wanted.splice(wanted.indexOf(length), 1)
  }
  const symbols = given.filter((length) => typeof length !== 'number')
  const [total, taken] = [countKnown(given.filter((length) => typeof length === 'number')), countKnown(wanted)]
  let inferred: Dimension = total !== null && taken ? total / taken : null
  if (symbols.length > 0) inferred = symbols.length === 1 && inferred === 1 ? (symbols[0] as Dimension) : null
  if (typeof inferred === 'number' && !Number.isInteger(inferred)) inferred = null
  return result.map((length, axis) => (axis === open ? inferred : length))
}

function addLengths(a: Dimension, b: Dimension): Dimension {
  if (a === 0) return b
  if (b === 0) return a
  return typeof a === 'number' && typeof b === 'number' ? a + b : null
}

function joinLengths(shape: Shape): Dimension {
  const others = shape.filter((length) => length !== 1)
  return others.length === 1 ? (others[0] as Dimension) : countKnown(others)
}

function sliceLength(length: Dimension, start: number, end: number, step: number): Dimension {
  if (typeof length !== 'number') {
    // From the beginning to beyond any end: all of it.
    return start === 0 && step === 1 && end >= 2 ** 31 - 1 ? length : null
  }
  const [from, to] = sliceBounds(length, start, end, step)
  return Math.max(0, Math.ceil((to - from) / step))
}

function sliceBounds(length: number, start: number, end: number, step: number): [from: number, to: number] {
  const clamp = (at: number, low: number, high: number) => Math.min(Math.max(at < 0 ? at + length : at, low), high)
  return step > 0 ? [clamp(start, 0, length), clamp(end, 0, length)] : [clamp(start, 0, length - 1), clamp(end, -1, length - 1)]
}

function sliceValue(value: readonly Dimension[], start: number, end: number, step: number): readonly Dimension[] | null {
  if (step === 0) return null
  const [from, to] = sliceBounds(value.length, start, end, step)
  const cut: Dimension[] = []
  for (let at = from; step > 0 ? at < to : at > to; at += step) cut.push(value[at] ?? null)
  return cut
}

function moveBlocks(shape: Shape | null, block: number): Shape | null {
  if (shape?.length !== 4) return null
  const scale = (length: Dimension | undefined, by: number) => (typeof length === 'number' ? Math.round(length * by) : null)
  return [shape[0] ?? null, scale(shape[1], 1 / block ** 2), scale(shape[2], block), scale(shape[3], block)]
}
