import { engineryError } from '../../errors/enginery-error.js'
import { type Graph, isUnused } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { TensorUse } from '../quantizer.js'
import { addWeightDequantizer } from '../rewrite/insert-quantizers.js'
import type { QuantizedWeights } from './quantize-weights.js'

interface StoredWeights {
  readonly axis: number | null
  readonly quantized: QuantizedWeights
  readonly restored: GraphTensor
}

// Of float weights that others still read: one that comes later may share what was made.
const storedOf = new WeakMap<GraphTensor, StoredWeights[]>()

/**
 * Lets one use of float weights read integers through a DequantizeLinear. Uses of the same tensor that are quantized alike
 * share both. Float weights that nobody reads any more are taken out.
 *
 * @param axis of the weights, as {@link quantizeWeights} had it
 */
export function storeWeights(
  graph: Graph,
  { node, index }: TensorUse,
  axis: number | null,
  quantized: Omit<QuantizedWeights, 'nonFinite'>,
): void {
  const weights = node.inputs[index] ?? null
  if (weights === null || weights.constant === null) {
    throw engineryError('BUG', { reason: `storing weights: input ${index} of ${node.label} is no constant` })
  }
  const stored = storedOf.get(weights) ?? []
  const alike = stored.find((other) => isAlike(graph, other, axis, quantized))
  const restored = alike?.restored ?? addWeightDequantizer(graph, weights.name, quantized, axis)
  if (alike === undefined) storedOf.set(weights, [...stored, { axis, quantized: { nonFinite: 0, ...quantized }, restored }])
  graph.setInput(node, index, restored)
  if (!isUnused(weights)) return
  graph.removeTensor(weights)
  // Integers go by the name of the floats that they replace.
  const integers = restored.producer?.inputs[0]
  if (integers) graph.renameTensor(integers, weights.name)
}

function isAlike(
  graph: Graph,
  stored: StoredWeights,
  axis: number | null,
  quantized: Pick<QuantizedWeights, 'values' | 'scales'>,
) {
  const { restored, quantized: before } = stored
  if (stored.axis !== axis || graph.tensors.get(restored.name) !== restored || restored.producer === null) return false
  return isSame(before.scales, quantized.scales) && isSame(before.values, quantized.values)
}

function isSame(a: Float32Array | Int8Array, b: Float32Array | Int8Array): boolean {
  if (a === b) return true
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array | Int8Array) => Buffer.from(buffer, byteOffset, byteLength)
  return bytes(a).equals(bytes(b))
}
