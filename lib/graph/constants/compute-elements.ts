/** Arithmetic on constants, with the rounding that an engine has: computed in float64, stored in the tensor's type. */
import { createElementArray, type ElementArray, type ElementType } from '../../tensor/element-type.js'
import { countElements } from '../../tensor/shape.js'
import { Constant } from '../constant.js'
import { broadcastShapes, resolveAxes } from '../shapes/rule.js'
import { expandConstant, stridesOf } from './move-elements.js'

/** Lowest and highest value of the integer types that arithmetic is done on. */
const integerRanges: Readonly<Record<string, readonly [number, number]>> = {
  i8: [-(2 ** 7), 2 ** 7 - 1],
  u8: [0, 2 ** 8 - 1],
  i16: [-(2 ** 15), 2 ** 15 - 1],
  u16: [0, 2 ** 16 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
  // Beyond 2^53 a float64 cannot tell neighbours apart: such a node is left to the engine.
  i64: [-(2 ** 53), 2 ** 53],
  u64: [0, 2 ** 53],
  bool: [0, 1],
}

const floats = new Set(['f32', 'f64'])

type Operand = ReturnType<Constant['numbers']>

/** Numbers as a constant; null where one does not fit the type, or for types without arithmetic. */
export function storeNumbers(type: string, shape: readonly number[], numbers: ArrayLike<number>): Constant | null {
  const range = integerRanges[type]
  if (range === undefined && !floats.has(type)) return null
  const values = createElementArray(type as ElementType, numbers.length)
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i] as number
    if (range !== undefined && !(Number.isInteger(number) && number >= range[0] && number <= range[1])) return null
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) values[i] = BigInt(number)
    else (values as Float64Array)[i] = number
  }
  return Constant.of(type as ElementType, shape, values as ElementArray as never)
}

const unary: Readonly<Record<string, (value: number) => number>> = {
  Abs: Math.abs,
  Ceil: Math.ceil,
  Cos: Math.cos,
  Exp: Math.exp,
  Floor: Math.floor,
  Log: Math.log,
  Neg: (value) => -value,
  Not: (value) => (value === 0 ? 1 : 0),
  Reciprocal: (value) => 1 / value,
  Sign: Math.sign,
  Sin: Math.sin,
  Sqrt: Math.sqrt,
}

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Max: Math.max,
  Min: Math.min,
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  And: (a, b) => a !== 0 && b !== 0,
  Equal: (a, b) => a === b,
  Greater: (a, b) => a > b,
  GreaterOrEqual: (a, b) => a >= b,
  Less: (a, b) => a < b,
  LessOrEqual: (a, b) => a <= b,
  Or: (a, b) => a !== 0 || b !== 0,
}

export function computeUnary(type: string, input: Constant): Constant | null {
  const compute = Object.hasOwn(unary, type) ? unary[type] : undefined
  const numbers = readNumbers(input)
  if (compute === undefined || numbers === null) return null
  return storeNumbers(input.elementType, input.shape, Float64Array.from(numbers, compute))
}

export function computeBinary(type: string, left: Constant, right: Constant): Constant | null {
  const isComparison = Object.hasOwn(comparisons, type)
  const compute = isComparison ? comparisons[type] : Object.hasOwn(binary, type) ? binary[type] : undefined
  const shape = broadcastShapes([left.shape, right.shape]) as readonly number[]
  const [a, b] = [expandNumbers(left, shape), expandNumbers(right, shape)]
  if (
    compute === undefined ||
    a === null ||
    b === null ||
    (!isComparison && left.elementType !== right.elementType && type !== 'Pow')
  )
    return null
  const isWhole = integerRanges[left.elementType] !== undefined
  const result = new Float64Array(a.length)
  for (let i = 0; i < result.length; i++) {
    const value = Number(compute(a[i] as number, b[i] as number))
    result[i] = isWhole && type === 'Div' ? Math.trunc(value) : value
  }
  return storeNumbers(isComparison ? 'bool' : left.elementType, shape, result)
}

const folds: Readonly<Record<string, readonly [start: number, fold: (sum: number, value: number) => number]>> = {
  ReduceMax: [Number.NEGATIVE_INFINITY, Math.max],
  ReduceMin: [Number.POSITIVE_INFINITY, Math.min],
  ReduceProd: [1, (sum, value) => sum * value],
  ReduceSum: [0, (sum, value) => sum + value],
}

export function computeReduction(
  type: string,
  input: Constant,
  stated: readonly number[] | null,
  keep: boolean,
): Constant | null {
  const [start, fold] = (Object.hasOwn(folds, type) ? folds[type] : undefined) ?? []
  const numbers = readNumbers(input)
  const axes = resolveAxes(stated ?? input.shape.map((_, axis) => axis), input.shape.length)
  if (start === undefined || fold === undefined || numbers === null || axes === null) return null
  const kept = input.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  const result = new Float64Array(countElements(kept)).fill(start)
  const [strides, steps] = [stridesOf(input.shape), stridesOf(kept)]
  for (let i = 0; i < numbers.length; i++) {
    let to = 0
    for (const [axis, length] of input.shape.entries()) {
      if (!axes.includes(axis)) to += (Math.floor(i / (strides[axis] as number)) % length) * (steps[axis] as number)
    }
    result[to] = fold(result[to] as number, numbers[i] as number)
  }
  const shape = keep ? kept : input.shape.filter((_, axis) => !axes.includes(axis))
  return storeNumbers(input.elementType, shape, result)
}

/** As an engine casts: towards zero; false for zero alone. */
export function castConstant(input: Constant, type: string): Constant | null {
  if (type === input.elementType) return input
  const numbers = readNumbers(input)
  if (numbers === null) return null
  if (type === 'bool')
    return storeNumbers(
      type,
      input.shape,
      Float64Array.from(numbers, (value) => (value === 0 ? 0 : 1)),
    )
  return storeNumbers(type, input.shape, floats.has(type) ? numbers : Float64Array.from(numbers, Math.trunc))
}

export function chooseElements(condition: Constant, yes: Constant, no: Constant): Constant | null {
  if (yes.elementType !== no.elementType) return null
  const shape = broadcastShapes([condition.shape, yes.shape, no.shape]) as readonly number[]
  const [where, a, b] = [expandNumbers(condition, shape), expandNumbers(yes, shape), expandNumbers(no, shape)]
  if (where === null || a === null || b === null) return null
  return storeNumbers(
    yes.elementType,
    shape,
    Float64Array.from(where, (value, index) => (value !== 0 ? a[index] : b[index]) as number),
  )
}

export function countUp(start: Constant, limit: Constant, step: Constant, most: number): Constant | null {
  const [from, to, by] = [start, limit, step].map((part) => (part.elements === 1 ? readNumbers(part)?.[0] : undefined))
  if (from === undefined || to === undefined || by === undefined) return null
  const length = Math.max(0, Math.ceil((to - from) / by))
  if (!(length <= most)) return null
  return storeNumbers(
    start.elementType,
    [length],
    Float64Array.from({ length }, (_, index) => from + index * by),
  )
}

function expandNumbers(constant: Constant, shape: readonly number[]): Operand {
  if (readNumbers(constant) === null) return null
  const isWhole = constant.shape.length === shape.length && constant.shape.every((length, axis) => length === shape[axis])
  return isWhole ? constant.numbers() : (expandConstant(constant, shape)?.numbers() ?? null)
}

function readNumbers(constant: Constant): Operand {
  if (integerRanges[constant.elementType] === undefined && !floats.has(constant.elementType)) return null
  return constant.numbers()
}
