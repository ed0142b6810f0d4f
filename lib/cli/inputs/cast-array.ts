import type { NpyArray } from '../../dataset/npy-elements.js'
import { engineryError } from '../../errors/enginery-error.js'
import { fromFloat32, toFloat32 } from '../../tensor/convert-elements.js'
import {
  createElementArray,
  type ElementArray,
  type ElementType,
  elementTypes,
  type FixedSizeElementType,
} from '../../tensor/element-type.js'
import { countElements } from '../../tensor/shape.js'

/**
 * An array converted to another element type. Floats are rounded; integers must fit exactly.
 *
 * @param name of the input, for messages
 * @throws INPUT_TYPE for a value that the type cannot hold, or where one of both is text
 */
export function castArray(array: NpyArray, type: ElementType, name: string): NpyArray {
  if (array.type === type) return array
  const refuse = (received: string) => engineryError('INPUT_TYPE', { name, expected: type, received })
  if (array.type === 'string' || type === 'string') throw refuse(array.type)
  const from = array as NpyArray<FixedSizeElementType>
  const { kind } = elementTypes[type]
  if (kind === 'float' || kind === 'boolean') {
    // Through doubles where float32 is not enough on the way.
    const data = type === 'f64' ? Float64Array.from(valuesOf(from), Number) : fromFloat32(type, float32Of(from))
    return { type, shape: array.shape, data }
  }
  return { type, shape: array.shape, data: castToIntegers(from, type, refuse) }
}

function float32Of({ type, data, shape }: NpyArray<FixedSizeElementType>): Float32Array {
  return toFloat32(type, data, { elementCount: countElements(shape) })
}

/** Elements as numbers, or as bigints for 64-bit integers. */
function valuesOf(array: NpyArray<FixedSizeElementType>): ArrayLike<number | bigint> {
  const { kind, bits } = elementTypes[array.type]
  const direct = array.type === 'f32' || array.type === 'f64' || (kind !== 'float' && bits !== 4)
  return direct ? (array.data as ArrayLike<number | bigint>) : float32Of(array)
}

function castToIntegers(
  array: NpyArray<FixedSizeElementType>,
  type: FixedSizeElementType,
  refuse: (received: string) => Error,
): ElementArray<FixedSizeElementType> {
  const { kind, bits } = elementTypes[type] as { kind: string; bits: number }
  const min = kind === 'signed' ? -(2n ** BigInt(bits - 1)) : 0n
  const max = kind === 'signed' ? 2n ** BigInt(bits - 1) - 1n : 2n ** BigInt(bits) - 1n
  const values = valuesOf(array)
  // Four-bit elements share bytes; the conversion packs them.
  const target = bits === 4 ? new Float32Array(values.length) : createElementArray(type, values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint
    const whole = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : null
    if (whole === null || whole < min || whole > max)
      throw refuse(`${array.type} with the value ${value} at position ${i}, which ${type} cannot hold`)
    ;(target as { [index: number]: number | bigint })[i] = bits === 64 ? whole : Number(whole)
  }
  return bits === 4 ? fromFloat32(type, target as Float32Array) : (target as ElementArray<FixedSizeElementType>)
}
