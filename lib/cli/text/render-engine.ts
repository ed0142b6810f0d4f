import type { Port } from '../../engine/backend.js'
import type { Int8Share } from '../../engine/engine-layers.js'
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

/** `61 f32, 12 u8`, most first. */
export function describePrecisions(precisions: Readonly<Record<string, number>>): string {
  return (
    Object.entries(precisions)
      .sort(([, a], [, b]) => b - a)
      .map(([type, count]) => `${count} ${type}`)
      .join(', ') || 'none'
  )
}

export function describeInt8({ layers, of }: Int8Share): string {
  return `${layers} of ${of} convolutions and matrix products`
}
