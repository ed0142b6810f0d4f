/** Operators that move elements without looking at them: of any type that has an element per array slot. */
import {
  arrayLengthOf,
  createElementArray,
  type ElementArray,
  type ElementType,
  elementTypes,
} from '../../tensor/element-type.js'
import { countElements } from '../../tensor/shape.js'
import { Constant } from '../constant.js'
import { resolveAxes, resolveAxis } from '../shapes/rule.js'

/** False for types that are packed, or that no array holds. */
export function isMovable(constant: Constant): boolean {
  return constant.isReadable && elementTypes[constant.elementType as ElementType].bits !== 4
}

/** Steps through memory of each axis of a tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step
    step *= shape[axis] as number
  }
  return strides
}

/** The same elements in another shape. */
export function reshapeConstant(constant: Constant, shape: readonly number[]): Constant | null {
  if (countElements(shape) !== constant.elements) return null
  return Constant.of(constant.elementType as ElementType, shape, constant.values())
}

/**
 * A tensor whose element at a position is the source's at `offset` plus the sum of position times step.
 */
export function walkConstant(constant: Constant, shape: readonly number[], steps: readonly number[], offset = 0): Constant {
  const source = constant.values() as Float32Array
  const target = createElementArray(constant.elementType as ElementType, countElements(shape)) as Float32Array
  const position = new Array<number>(shape.length).fill(0)
  let from = offset
  for (let to = 0; to < target.length; to++) {
    target[to] = source[from] as number
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1
      from += steps[axis] as number
      if (next < (shape[axis] as number)) {
        position[axis] = next
        break
      }
      from -= next * (steps[axis] as number)
      position[axis] = 0
    }
  }
  return Constant.of(constant.elementType as ElementType, shape, target as ElementArray as never)
}

export function transposeConstant(constant: Constant, order: readonly number[]): Constant | null {
  const { shape } = constant
  const axes = resolveAxes(order, shape.length)
  if (axes === null || new Set(axes).size !== shape.length) return null
  const strides = stridesOf(shape)
  return walkConstant(
    constant,
    axes.map((axis) => shape[axis] as number),
    axes.map((axis) => strides[axis] as number),
  )
}

/** Repeats along axes of length 1. Null where the shapes do not go together. */
export function expandConstant(constant: Constant, shape: readonly number[]): Constant | null {
  const missing = shape.length - constant.shape.length
  if (missing < 0) return null
  const strides = stridesOf(constant.shape)
  const steps: number[] = []
  for (const [axis, length] of shape.entries()) {
    const own = axis < missing ? 1 : (constant.shape[axis - missing] as number)
    if (own !== 1 && own !== length) return null
    steps.push(own === 1 ? 0 : (strides[axis - missing] as number))
  }
  return walkConstant(constant, shape, steps)
}

// Of a tensor without elements any number of times is nothing, but each is a turn of a loop.
const mostRepeats = 1 << 16

export function tileConstant(constant: Constant, repeats: readonly number[]): Constant | null {
  if (repeats.length !== constant.shape.length || repeats.some((times) => times < 0 || times > mostRepeats)) return null
  let tiled = constant
  for (const [axis, times] of repeats.entries()) {
    const joined = times === 1 ? tiled : times === 0 ? null : concatConstants(new Array<Constant>(times).fill(tiled), axis)
    if (joined === null) return null
    tiled = joined
  }
  return tiled
}

export function sliceConstant(
  constant: Constant,
  {
    starts,
    ends,
    axes,
    steps,
  }: { starts: readonly number[]; ends: readonly number[]; axes: readonly number[]; steps: readonly number[] },
): Constant | null {
  const { shape } = constant
  const at = resolveAxes(axes, shape.length)
  if (at === null || starts.length !== at.length || ends.length !== at.length || steps.length !== at.length) return null
  const strides = stridesOf(shape)
  const [lengths, walk] = [[...shape], [...strides]]
  let offset = 0
  for (const [index, axis] of at.entries()) {
    const [length, step] = [shape[axis] as number, steps[index] as number]
    if (step === 0) return null
    const clamp = (bound: number, low: number, high: number) => Math.min(Math.max(bound < 0 ? bound + length : bound, low), high)
    const from = step > 0 ? clamp(starts[index] as number, 0, length) : clamp(starts[index] as number, 0, length - 1)
    const to = step > 0 ? clamp(ends[index] as number, 0, length) : clamp(ends[index] as number, -1, length - 1)
    lengths[axis] = Math.max(0, Math.ceil((to - from) / step))
    walk[axis] = (strides[axis] as number) * step
    offset += from * (strides[axis] as number)
  }
  return walkConstant(constant, lengths, walk, offset)
}

export function concatConstants(parts: readonly Constant[], stated: number): Constant | null {
  const first = parts[0] as Constant
  const axis = resolveAxis(stated, first.shape.length)
  const isLike = (part: Constant) =>
    part.elementType === first.elementType &&
    part.shape.length === first.shape.length &&
    part.shape.every((length, at) => at === axis || length === first.shape[at])
  if (axis === null || !parts.every(isLike)) return null
  const shape = first.shape.map((length, at) =>
    at === axis ? parts.reduce((sum, part) => sum + (part.shape[at] as number), 0) : length,
  )
  const target = createElementArray(first.elementType as ElementType, countElements(shape)) as Float32Array
  const rows = countElements(shape.slice(0, axis))
  let column = 0
  for (const part of parts) {
    const values = part.values() as Float32Array
    const width = countElements(part.shape.slice(axis))
    const whole = countElements(shape.slice(axis))
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < width; i++) target[row * whole + column + i] = values[row * width + i] as number
    }
    column += width
  }
  return Constant.of(first.elementType as ElementType, shape, target as ElementArray as never)
}

export function splitConstant(constant: Constant, stated: number, lengths: readonly number[]): Constant[] | null {
  const axis = resolveAxis(stated, constant.shape.length)
  if (axis === null || lengths.reduce((sum, length) => sum + length, 0) !== constant.shape[axis]) return null
  const parts: Constant[] = []
  let start = 0
  for (const length of lengths) {
    const part = sliceConstant(constant, { starts: [start], ends: [start + length], axes: [axis], steps: [1] })
    if (part === null) return null
    parts.push(part)
    start += length
  }
  return parts
}

export function gatherConstant(constant: Constant, indices: Constant, stated: number): Constant | null {
  const axis = resolveAxis(stated, constant.shape.length)
  const picked = indices.numbers()
  if (axis === null || picked === null) return null
  const length = constant.shape[axis] as number
  const inner = countElements(constant.shape.slice(axis + 1))
  const outer = countElements(constant.shape.slice(0, axis))
  const shape = [...constant.shape.slice(0, axis), ...indices.shape, ...constant.shape.slice(axis + 1)]
  const source = constant.values() as Float32Array
  const target = createElementArray(constant.elementType as ElementType, countElements(shape)) as Float32Array
  let to = 0
  for (let row = 0; row < outer; row++) {
    for (const index of picked) {
      const at = index < 0 ? index + length : index
      if (!(at >= 0 && at < length)) return null
      for (let i = 0; i < inner; i++) target[to++] = source[(row * length + at) * inner + i] as number
    }
  }
  return Constant.of(constant.elementType as ElementType, shape, target as ElementArray as never)
}

/** A tensor of equal elements. */
export function fillConstant(element: Constant, shape: readonly number[]): Constant {
  const values = createElementArray(element.elementType as ElementType, countElements(shape)) as Float32Array
  if (arrayLengthOf(element.elementType as ElementType, 1) === 1) values.fill((element.values() as Float32Array)[0] as number)
  return Constant.of(element.elementType as ElementType, shape, values as ElementArray as never)
}
