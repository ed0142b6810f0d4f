import type { LayerPrecision } from '../../precision-report.js'
import type { PlanLayer } from '../plan.js'

/** What a network says of its layers before TensorRT optimizes it. */
export interface NetworkFacts {
  readonly layers: readonly PlanLayer[]
  /** Types of tensors are the types that TensorRT computes in. Else floats are whatever it finds fastest. */
  readonly isTyped: boolean
}

// Where the work is, by TensorRT's names of layers, with the number of inputs that are multiplied. A bias is none of them.
const heavyLayers: Readonly<Record<string, number | undefined>> = {
  convolution: 2,
  deconvolution: 2,
  'matrix-multiply': 2,
  einsum: Number.POSITIVE_INFINITY,
}

// Their elements come out as they went in, so TensorRT moves quantizers past them; so do the largest of a pooling, and
// those of a resizing that repeats them.
const movingLayers = new Set(['shuffle', 'squeeze', 'unsqueeze', 'slice', 'gather', 'identity', 'concatenation', 'padding'])

const uncounted = new Set(['constant', 'quantize', 'dequantize', 'dynamic-quantize', 'assertion'])

const floats = new Set(['f32', 'f16', 'bf16'])

/**
 * What the layers of a network compute in, as far as the network decides it. A convolution or matrix product whose factors come
 * from dequantizers is INT8: TensorRT fuses it with them. That is what explicit quantization asks for; which kernel runs,
 * TensorRT decides on the device.
 */
export function precisionsOfNetwork({ layers, isTyped }: NetworkFacts): LayerPrecision[] {
  const producers = new Map<string, PlanLayer>()
  for (const layer of layers) for (const { name } of layer.outputs) producers.set(name, layer)
  const counted = layers.filter(({ type }) => !uncounted.has(type))
  return counted.map((layer) => describeLayer(layer, producers, isTyped))
}

/** True for networks with quantizers, whose INT8 layers are settled before they are built. */
export function hasQuantizers(layers: readonly PlanLayer[]): boolean {
  return layers.some(({ type }) => type === 'quantize' || type === 'dequantize')
}

function describeLayer(layer: PlanLayer, producers: ReadonlyMap<string, PlanLayer>, isTyped: boolean): LayerPrecision {
  const { name, type, outputs } = layer
  const own = outputs[0]?.type ?? 'unknown'
  const typed = floats.has(own) && !isTyped ? 'float' : own
  const factors = heavyLayers[type]
  // Products of indices are none of ours.
  if (factors === undefined || !floats.has(own)) return { name, type, precision: typed, isHeavy: false, reason: null }
  const found = layer.inputs.slice(0, factors).map((input) => quantizedType(input, producers))
  const floating = layer.inputs.find((_, index) => index < factors && found[index] === null)
  const hasOwnWeights = factors === 2 && layer.inputs.length < 2
  if (floating !== undefined)
    return { name, type, precision: typed, isHeavy: true, reason: `its input ${floating} is not quantized` }
  if (hasOwnWeights) return { name, type, precision: typed, isHeavy: true, reason: 'its weights are not quantized' }
  const types = [...new Set(found)]
  if (types.length > 1) {
    return { name, type, precision: typed, isHeavy: true, reason: `its inputs are quantized to ${types.join(' and ')}` }
  }
  const precision = types[0] as string
  return { name, type, precision, isHeavy: true, reason: precision === 'i8' ? null : `its inputs are quantized to ${precision}` }
}

function movesElements({ type, operation }: PlanLayer): boolean {
  if (type === 'pooling') return operation === 'max'
  if (type === 'resize') return operation === 'nearest'
  return movingLayers.has(type)
}

/** The type that a tensor is dequantized from; null where it was never quantized. */
function quantizedType(tensor: string, producers: ReadonlyMap<string, PlanLayer>): string | null {
  const producer = producers.get(tensor)
  if (producer === undefined) return null
  if (producer.type === 'dequantize') {
    const source = producer.inputs[0]
    const quantized = source === undefined ? undefined : producers.get(source)?.outputs.find(({ name }) => name === source)
    // Quantized inputs of the network have no producer; TensorRT takes them in INT8 alone.
    return quantized?.type ?? 'i8'
  }
  if (!movesElements(producer)) return null
  const moved = producer.type === 'concatenation' ? producer.inputs : producer.inputs.slice(0, 1)
  const types = new Set(moved.map((input) => quantizedType(input, producers)))
  return types.size === 1 ? ([...types][0] ?? null) : null
}
