import type { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { byteLengthOf, isElementType } from '../../tensor/element-type.js'
import { addWeightDequantizer } from '../rewrite/insert-quantizers.js'

/** Integers that stand for filters, with a scale for each. */
interface StoredFilters {
  readonly values: Int8Array
  readonly scales: Float32Array
  readonly shape: readonly number[]
}

/** Of what all constants take, the share that must be saved: for less, half precision is better, which loses nothing. */
const leastShare = 0.05
const limit = 127
const floatBytes = 4

/**
 * Stores filters of depthwise convolutions that stay float as integers with a scale for each filter, where they are much of
 * the file. Engines make floats of them when they compile, as of halves.
 *
 * @param filters constants of type f32 that nothing but such convolutions reads
 * @returns those that were stored; none where it would save little
 */
export function storeFilters(graph: Graph, filters: readonly GraphTensor[]): GraphTensor[] {
  const total = [...graph.tensors.values()].reduce((sum, { constant }) => sum + bytesOf(constant), 0)
  const saved = filters.reduce((sum, { constant }) => sum + savedBytes(constant?.shape ?? []), 0)
  if (saved < leastShare * total) return []
  return filters.filter((tensor) => {
    const stored = roundFilters(tensor.constant?.values() as Float32Array, tensor.constant?.shape ?? [])
    if (stored === null) return false
    const { name } = tensor
    const restored = addWeightDequantizer(graph, name, stored, 0)
    graph.replaceUses(tensor, restored)
    graph.removeTensor(tensor)
    const integers = restored.producer?.inputs[0]
    if (integers) graph.renameTensor(integers, name)
    return true
  })
}

function bytesOf(constant: Constant | null): number {
  if (constant === null || !isElementType(constant.elementType) || constant.elementType === 'string') return 0
  return byteLengthOf(constant.elementType, constant.elements)
}

/** Beside halves of them. */
function savedBytes([filters = 0, ...rest]: readonly number[]): number {
  const taps = rest.reduce((product, length) => product * length, 1)
  return filters * (taps - floatBytes)
}

/**
 * Rounds so that the sum of each filter is nearly what it was: neighbouring elements are alike, so that it is the sum of a
 * filter's errors that matters most, and no bias correction takes it out of a layer that computes in float.
 *
 * @param shape filters on the first axis
 * @returns null where something is not finite
 */
export function roundFilters(weights: Float32Array, shape: readonly number[]): StoredFilters | null {
  const filters = shape[0] as number
  const taps = weights.length / filters
  const values = new Int8Array(weights.length)
  const scales = new Float32Array(filters)
  for (let filter = 0, start = 0; filter < filters; filter++, start += taps) {
    const own = weights.subarray(start, start + taps)
    const most = own.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0)
    if (!(most < Number.POSITIVE_INFINITY)) return null
    // Too small for a scale: next to nothing is lost with it.
    const scale = most / limit > 2 ** -60 ? Math.fround(most / limit) : 1
    scales[filter] = scale
    const exact = Float64Array.from(own, (weight) => weight / scale)
    const rounded = exact.map((value) => Math.round(value))
    const errors = exact.map((value, at) => value - (rounded[at] as number))
    const missing = Math.round(errors.reduce((sum, error) => sum + error, 0))
    // Those that were rounded furthest the other way.
    const order = [...errors.keys()].sort((a, b) => Math.sign(missing) * ((errors[b] as number) - (errors[a] as number)) || a - b)
    for (const at of order.slice(0, Math.abs(missing))) rounded[at] = (rounded[at] as number) + Math.sign(missing)
    for (const [at, value] of rounded.entries()) values[start + at] = Math.max(-limit, Math.min(limit, value))
  }
  return { values, scales, shape }
}
