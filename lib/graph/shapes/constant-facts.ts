import type { Constant } from '../constant.js'
import type { TensorFacts } from './rule.js'

// Shapes, axes, scales. More than this is data.
const largestValue = 1024

/** What is known of a constant: everything, but its elements only where shapes may be made of them. */
export function factsOfConstant(constant: Constant): TensorFacts {
  const { elementType, shape } = constant
  const isSmall = shape.length <= 1 && constant.elements <= largestValue
  return { elementType, shape, value: isSmall && isWhole(elementType) ? readWhole(constant) : null }
}

function isWhole(type: string): boolean {
  return ['i64', 'i32', 'bool', 'f32', 'f64'].includes(type)
}

// Lengths may pass through floating point (Resize, interpolation code), so whole numbers of any type count.
function readWhole(constant: Constant): readonly number[] | null {
  const numbers = constant.numbers()
  if (numbers === null) return null
  const list = Array.from(numbers)
  return list.every(Number.isInteger) ? list : null
}
