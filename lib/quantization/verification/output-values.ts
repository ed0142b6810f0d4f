import { toFloat32 } from '../../tensor/convert-elements.js'
import type { ElementArray, FixedSizeElementType } from '../../tensor/element-type.js'
import type { Tensor } from '../../tensor/tensor.js'

/** One output of one inference, as numbers. */
export interface OutputValues {
  readonly shape: readonly number[]
  readonly values: Float32Array | Float64Array
  /** Indices, counts, flags: equal or not, and never "nearly". */
  readonly isWhole: boolean
}

const floats: readonly string[] = ['f32', 'f16', 'bf16', 'f64']

/** The elements of a tensor as numbers, in memory of their own; null for text. */
export function readOutput(tensor: Tensor): OutputValues | null {
  const { type, shape, data, size } = tensor
  if (type === 'string') return null
  const isWhole = !floats.includes(type)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return { shape, values: Float64Array.from(data, Number), isWhole }
  if (data instanceof Float64Array) return { shape, values: data.slice(), isWhole }
  const converted = toFloat32(type as FixedSizeElementType, data as ElementArray<FixedSizeElementType>, { elementCount: size })
  return { shape, values: (converted as unknown) === data ? converted.slice() : converted, isWhole }
}
