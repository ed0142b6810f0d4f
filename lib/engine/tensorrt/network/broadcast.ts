import type { NetworkTensor } from './network-tensor.js'
import type { LayerCall } from './recording.js'

/** The type that tensors have in common. @throws NETWORK_LAYER_INVALID where they have different ones */
export function commonType(call: LayerCall, tensors: readonly NetworkTensor[]): NetworkTensor['type'] {
  const known = tensors.filter(({ type }) => type !== null)
  const [first] = known
  const other = known.find(({ type }) => type !== first?.type)
  if (first && other) call.refuse(`inputs of one type`, `${first.type} and ${other.type} (cast one of them)`)
  return first?.type ?? null
}

/**
 * The shape of tensors that are read as one: TensorRT takes equal ranks alone, and repeats lengths of 1.
 *
 * @throws NETWORK_LAYER_INVALID
 */
export function broadcastShapes(call: LayerCall, tensors: readonly NetworkTensor[]): readonly number[] | null {
  const shapes = tensors.map(({ shape }) => shape)
  if (shapes.some((shape) => shape === null)) return null
  return (shapes as (readonly number[])[]).reduce((one, other) => broadcastPair(call, one, other))
}

export function broadcastPair(call: LayerCall, one: readonly number[], other: readonly number[]): number[] {
  const received = `[${one.join(', ')}] and [${other.join(', ')}]`
  if (one.length !== other.length) call.refuse('inputs of as many dimensions (reshape one of them)', received)
  return one.map((length, axis) => {
    const against = other[axis] as number
    if (length === against || against === 1) return length
    if (length === 1) return against
    // An open length is what the other one is, or TensorRT refuses the shapes when it gets them.
    if (length < 0) return against
    if (against < 0) return length
    return call.refuse(`lengths that are equal or 1 in dimension ${axis}`, received)
  })
}
