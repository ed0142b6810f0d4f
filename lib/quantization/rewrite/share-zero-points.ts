import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'

// There are few different zero points in a model, and many that read them.
const known = new WeakMap<Graph, Map<string, GraphTensor>>()

/**
 * A zero point as a constant of the graph, one for all that have the same.
 *
 * @param length one for each of so many channels; default: a single one
 */
export function shareZeroPoint(graph: Graph, type: 'i8' | 'u8', zeroPoint: number, length?: number): GraphTensor {
  const name = length === undefined ? `zero_${type}_${zeroPoint}` : `zeros_${type}_${zeroPoint}x${length}`
  const shared = known.get(graph) ?? new Map<string, GraphTensor>()
  known.set(graph, shared)
  const before = shared.get(name)
  if (before !== undefined && graph.tensors.get(before.name) === before) return before
  const added = graph.addConstant(name, constantOf(type, zeroPoint, length))
  shared.set(name, added)
  return added
}

function constantOf(type: 'i8' | 'u8', zeroPoint: number, length?: number): Constant {
  const shape = length === undefined ? [] : [length]
  const zeros = new (type === 'i8' ? Int8Array : Uint8Array)(length ?? 1).fill(zeroPoint)
  return zeros instanceof Int8Array ? Constant.of('i8', shape, zeros) : Constant.of('u8', shape, zeros)
}
