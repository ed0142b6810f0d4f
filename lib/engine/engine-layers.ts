import type { EngineLayer } from './backend.js'

/** Number of layers by the element type they compute in: `{ f32: 61, u8: 12 }`. */
export function countPrecisions(layers: readonly EngineLayer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { precision } of layers) counts[precision] = (counts[precision] ?? 0) + 1
  return counts
}

const eightBitsOrFewer = new Set(['i8', 'u8', 'i4', 'u4'])

// Where the work is. Other layers in eight bits, conversions of pictures for example, say nothing about the model.
const heavyLayers = /Convolution|FullyConnected|MatMul|Gemm|LSTM|GRU|RNN/i

export interface Int8Share {
  readonly layers: number
  readonly of: number
}

/** Convolutions and matrix products that compute in eight bits or fewer: what shows whether an INT8 model really runs as one. */
export function countInt8(layers: readonly EngineLayer[]): Int8Share {
  const heavy = layers.filter(({ type }) => heavyLayers.test(type))
  return { layers: heavy.filter(({ precision }) => eightBitsOrFewer.has(precision)).length, of: heavy.length }
}
