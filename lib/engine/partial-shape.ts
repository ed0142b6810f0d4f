import type { NativeDimension, NativePartialShape } from '../native/openvino-addon.js'
import type { Dimension, PartialShape } from './backend.js'

/** `[1,3,?,32..320]`; `[...]` where the rank is open. */
export function formatShape(shape: PartialShape | readonly number[]): string {
  if (shape === null) return '[...]'
  return `[${shape.map(formatDimension).join(',')}]`
}

function formatDimension(dimension: Dimension): string {
  if (typeof dimension === 'number') return dimension === -1 ? '?' : String(dimension)
  if (dimension === 'dynamic') return '?'
  return `${dimension[0]}..${dimension[1] === 'dynamic' ? '' : dimension[1]}`
}

export function isStatic(shape: PartialShape): shape is readonly number[] {
  return shape?.every((dimension) => typeof dimension === 'number' && dimension >= 0) ?? false
}

/** True where a tensor of `shape` may be passed to a port of `partial`. */
export function fitsShape(partial: PartialShape, shape: readonly number[]): boolean {
  if (partial === null) return true
  return partial.length === shape.length && partial.every((dimension, axis) => fitsDimension(dimension, shape[axis] as number))
}

function fitsDimension(dimension: Dimension, length: number): boolean {
  if (typeof dimension === 'number') return dimension === length || dimension === -1
  if (dimension === 'dynamic') return true
  return length >= dimension[0] && (dimension[1] === 'dynamic' || length <= dimension[1])
}

export function shapeFromNative(shape: NativePartialShape): PartialShape {
  return shape?.map(dimensionFromNative) ?? null
}

function dimensionFromNative(dimension: NativeDimension): Dimension {
  if (typeof dimension === 'number') return dimension === -1 ? 'dynamic' : dimension
  return [dimension[0], dimension[1] === -1 ? 'dynamic' : dimension[1]]
}

export function shapeToNative(shape: PartialShape): NativePartialShape {
  return (
    shape?.map((dimension): NativeDimension => {
      if (typeof dimension === 'number') return dimension
      if (dimension === 'dynamic') return -1
      return [dimension[0], dimension[1] === 'dynamic' ? -1 : dimension[1]]
    }) ?? null
  )
}
