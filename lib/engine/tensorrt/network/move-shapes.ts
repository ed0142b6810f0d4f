import type { LayerCall } from './recording.js'

const show = (shape: readonly number[]) => `[${shape.join(', ')}]`
const product = (lengths: readonly number[]) => lengths.reduce((all, length) => all * length, 1)

/** @throws NETWORK_LAYER_INVALID where `order` is no permutation of the dimensions */
export function transposeShape(call: LayerCall, shape: readonly number[], order: readonly number[], role: string): number[] {
  const isOrder = order.length === shape.length && [...order].sort((a, b) => a - b).every((axis, index) => axis === index)
  if (!isOrder) call.refuse(`${role} that names each of ${shape.length} dimensions once`, show(order))
  return order.map((axis) => shape[axis] as number)
}

/**
 * What a reshape makes: 0 keeps the length of the input at this place (unless it is meant as 0), one -1 is what is left.
 *
 * @throws NETWORK_LAYER_INVALID
 */
export function reshapeShape(
  call: LayerCall,
  shape: readonly number[],
  wanted: readonly number[],
  zeroIsPlaceholder: boolean,
): number[] {
  if (wanted.filter((length) => length === -1).length > 1) call.refuse('one -1 in reshape', show(wanted))
  const made = wanted.map((length, axis) => {
    if (length !== 0 || !zeroIsPlaceholder) return length
    if (axis >= shape.length) call.refuse(`0 in reshape for one of ${shape.length} dimensions of the input`, show(wanted))
    return shape[axis] as number
  })
  const placed = wanted.indexOf(-1)
  // Lengths that are open on both sides at one place stand for the same number.
  const copied = wanted.flatMap((length, axis) =>
    length === 0 && zeroIsPlaceholder && (shape[axis] as number) < 0 ? [axis] : [],
  )
  const before = shape.filter((_, axis) => !copied.includes(axis))
  const after = made.filter((_, axis) => !copied.includes(axis) && axis !== placed)
  if (before.some((length) => length < 0)) return made
  const [volume, known] = [product(before), product(after)]
  if (placed >= 0) {
    if (known === 0 || volume % known !== 0) call.refuse(`a reshape of ${show(shape)} with its ${volume} elements`, show(wanted))
    made[placed] = volume / known
  } else if (volume !== known) call.refuse(`a reshape of ${show(shape)} with its ${volume} elements`, show(wanted))
  return made
}

/** @throws NETWORK_LAYER_INVALID */
export function concatenateShapes(call: LayerCall, shapes: readonly (readonly number[])[], axis: number): number[] {
  const [first, ...rest] = shapes as [readonly number[], ...(readonly number[])[]]
  for (const [index, shape] of rest.entries()) {
    const fits =
      shape.length === first.length &&
      shape.every((length, place) => place === axis || length === first[place] || length < 0 || (first[place] as number) < 0)
    if (!fits)
      call.refuse(`inputs that are equal but for dimension ${axis}, as ${show(first)}`, `${show(shape)} as input ${index + 1}`)
  }
  return first.map((length, place) => {
    const lengths = shapes.map((shape) => shape[place] as number)
    if (place !== axis) return Math.max(...lengths, length)
    return lengths.some((one) => one < 0) ? -1 : lengths.reduce((sum, one) => sum + one, 0)
  })
}
