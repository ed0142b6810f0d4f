import { elementTypes } from '../../tensor/element-type.js'
import type { Tensor } from '../../tensor/tensor.js'

/** The elements as people read them: f16, bf16 and four-bit elements as numbers, not as the bits they are held in. */
export function readableValues(tensor: Tensor): ArrayLike<number | bigint | string> {
  const { kind, bits } = elementTypes[tensor.type]
  if (kind === 'string') return tensor.data as string[]
  const packed = bits === 4 || (kind === 'float' && bits === 16)
  return packed ? tensor.toFloat32() : (tensor.data as ArrayLike<number | bigint>)
}

/**
 * A value that JSON can hold without loss: what is not finite, and integers beyond 2^53, become text.
 *
 * @example jsonValue(Number.NaN) // 'NaN'
 */
export function jsonValue(value: number | bigint | string): number | string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return Number.isFinite(value) ? value : String(value)
}
