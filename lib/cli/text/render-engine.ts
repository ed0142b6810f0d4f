import type { EngineLayer, Port } from '../../engine/backend.js'
import { formatShape } from '../../engine/partial-shape.js'
import { renderTable } from './render-table.js'

export function renderEnginePorts(ports: readonly Port[]): string {
  return renderTable(
    ports.map(({ name, type, shape, names }) => [
      name,
      type,
      formatShape(shape),
      names.length > 1 ? `also ${names.filter((other) => other !== name).join(', ')}` : '',
    ]),
  )
}

const notComputing = new Set(['Const', 'Constant', 'Input', 'Output', 'Parameter', 'Result'])

/** Layers that compute something: constants and the graph's own ends are left out, as they would hide what the rest does. */
export function computingLayers(layers: readonly EngineLayer[]): EngineLayer[] {
  return layers.filter(({ type }) => !notComputing.has(type))
}

export function countPrecisions(layers: readonly EngineLayer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { precision } of layers) counts[precision] = (counts[precision] ?? 0) + 1
  return counts
}

/** `61 f32, 12 u8`, most first. */
export function describePrecisions(precisions: Readonly<Record<string, number>>): string {
  return (
    Object.entries(precisions)
      .sort(([, a], [, b]) => b - a)
      .map(([type, count]) => `${count} ${type}`)
      .join(', ') || 'none'
  )
}

const integerTypes = new Set(['i8', 'u8', 'i4', 'u4'])

// Where the work is. Other layers in eight bits, conversions of pictures for example, say nothing about the model.
const heavyLayers = /Convolution|FullyConnected|MatMul|Gemm|LSTM|GRU|RNN/i

export interface Int8Share {
  readonly layers: number
  readonly of: number
}

/** Convolutions and matrix products that compute in eight bits or fewer: what shows whether an INT8 model really runs as one. */
export function countInt8(layers: readonly EngineLayer[]): Int8Share {
  const heavy = layers.filter(({ type }) => heavyLayers.test(type))
  return { layers: heavy.filter(({ precision }) => integerTypes.has(precision)).length, of: heavy.length }
}

export function describeInt8({ layers, of }: Int8Share): string {
  return `${layers} of ${of} convolutions and matrix products`
}
