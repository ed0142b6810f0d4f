import { describeValue } from '../errors/describe-value.js'
import { type Caller, engineryError } from '../errors/enginery-error.js'

/** Number of elements of a shape; 1 for a scalar's, which is empty. */
export function countElements(shape: readonly number[]): number {
  let count = 1
  for (let i = 0; i < shape.length; i++) count *= shape[i] as number
  return count
}

/**
 * A frozen copy of a shape that was checked.
 *
 * @throws TENSOR_SHAPE_INVALID
 */
export function parseShape(shape: unknown, caller: Caller): readonly number[] {
  const valid = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0)
  // Zeros aside: a shape such as [2^40, 2^40, 0] would overflow on the way to nothing.
  if (!valid || !Number.isSafeInteger(countElements(shape.map((length) => length || 1)))) {
    throw engineryError('TENSOR_SHAPE_INVALID', { received: describeValue(shape) }, { caller })
  }
  return Object.freeze([...shape])
}
