import { fromFloat32, toFloat32 } from './convert-elements.js'
import { createElementArray, type ElementArray, elementTypes, type FixedSizeElementType } from './element-type.js'

/** The first element that another type cannot hold. */
export interface InexactElement {
  readonly position: number
  readonly value: number | bigint
}

type Values = ArrayLike<number | bigint>

/**
 * Elements in another type, where every one of them is the same number there; otherwise the first that is not. Types of
 * four bits, which share bytes, are not converted to.
 */
export function convertExactly(
  data: ElementArray<FixedSizeElementType>,
  from: FixedSizeElementType,
  to: FixedSizeElementType,
  elementCount: number,
): { readonly data: ElementArray<FixedSizeElementType> } | InexactElement {
  if (from === to) return { data }
  const values = valuesOf(data, from, elementCount)
  const { kind, bits } = elementTypes[to]
  if (bits === 4) return { position: 0, value: values[0] ?? 0 }
  if (to === 'f32' || to === 'f64')
    return toFloats(values, to === 'f32' ? new Float32Array(elementCount) : new Float64Array(elementCount))
  if (kind === 'float') return toHalves(values, to, elementCount)
  return toIntegers(values, to, elementCount)
}

/** As numbers, or as bigints for 64-bit integers. */
function valuesOf(data: ElementArray<FixedSizeElementType>, type: FixedSizeElementType, elementCount: number): Values {
  const { kind, bits } = elementTypes[type]
  const isDirect = type === 'f32' || type === 'f64' || (kind !== 'float' && bits !== 4)
  return isDirect ? (data as Values) : toFloat32(type, data, { elementCount })
}

/** By what they mean: a bigint may equal a number, and NaN may come through as such. */
function isSame(stored: number | bigint, value: number | bigint): boolean {
  if (typeof stored === 'bigint') return typeof value === 'bigint' ? stored === value : wholeOf(value) === stored
  return typeof value === 'bigint' ? wholeOf(stored) === value : stored === value || Object.is(stored, value)
}

function wholeOf(value: number): bigint | null {
  return Number.isInteger(value) ? BigInt(value) : null
}

function toFloats(values: Values, target: Float32Array | Float64Array): { data: typeof target } | InexactElement {
  for (let position = 0; position < target.length; position++) {
    const value = values[position] as number | bigint
    target[position] = Number(value)
    if (!isSame(target[position] as number, value)) return { position, value }
  }
  return { data: target }
}

function toHalves(values: Values, to: FixedSizeElementType, elementCount: number) {
  const floats = toFloats(values, new Float32Array(elementCount))
  if (!('data' in floats)) return floats
  const data = fromFloat32(to, floats.data as Float32Array)
  const back = toFloat32(to, data, { elementCount })
  for (let position = 0; position < elementCount; position++) {
    const value = values[position] as number | bigint
    if (!isSame(back[position] as number, value)) return { position, value }
  }
  return { data }
}

function toIntegers(values: Values, to: FixedSizeElementType, elementCount: number) {
  const data = createElementArray(to, elementCount)
  const isBoolean = elementTypes[to].kind === 'boolean'
  const target = data as { [position: number]: number | bigint }
  for (let position = 0; position < elementCount; position++) {
    const value = values[position] as number | bigint
    const isWhole = typeof value === 'bigint' || Number.isInteger(value)
    if (!isWhole || (isBoolean && !isSame(0, value) && !isSame(1, value))) return { position, value }
    // Stored modulo the type's range: what comes back tells whether it fits.
    target[position] = elementTypes[to].bits === 64 ? BigInt(value) : Number(value)
    if (!isSame(target[position] as number | bigint, value)) return { position, value }
  }
  return { data }
}
