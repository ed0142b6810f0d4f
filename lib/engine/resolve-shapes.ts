import { engineryError } from '../errors/enginery-error.js'
import type { Dimension, PartialShape, Port } from './backend.js'
import { fitsShape, formatShape, isStatic } from './partial-shape.js'

export interface ResolvedShapes {
  /** Per input name, for those that differ from the model's own shape. */
  readonly changes: Readonly<Record<string, PartialShape>>
  /** Inputs whose open batch dimension became 1, for the report. */
  readonly batchFixed: readonly string[]
  /** Inputs that stay dynamic. */
  readonly dynamic: readonly string[]
}

/** Shapes as callers give them: `-1` and 'dynamic' both mean open. */
export type RequestedShapes = 'dynamic' | Readonly<Record<string, readonly RequestedDimension[]>> | undefined
export type RequestedDimension = number | 'dynamic' | readonly [number, number | 'dynamic']

/**
 * Decides every input's shape. A dimension is fixed where the model or the caller fixes it. An open first dimension is
 * taken for the batch and becomes 1. Any other open dimension must be settled by the caller, because a guess would
 * silently change results, and an engine with open shapes is slower and, for INT8, can be wrong.
 */
export function resolveShapes(inputs: readonly Port[], requested: RequestedShapes): ResolvedShapes {
  const changes: Record<string, PartialShape> = {}
  const batchFixed: string[] = []
  const dynamic: string[] = []
  const given = requested === 'dynamic' || requested === undefined ? {} : requestByPort(inputs, requested)
  for (const port of inputs) {
    const shape = requested === 'dynamic' ? port.shape : settle(port, given[port.name], batchFixed)
    if (!isStatic(shape)) dynamic.push(port.name)
    if (formatShape(shape) !== formatShape(port.shape)) changes[port.name] = shape
  }
  return { changes, batchFixed, dynamic }
}

function requestByPort(inputs: readonly Port[], requested: Readonly<Record<string, readonly RequestedDimension[]>>) {
  const given: Record<string, PartialShape> = {}
  for (const [name, dimensions] of Object.entries(requested)) {
    const port = inputs.find((candidate) => candidate.names.includes(name))
    if (!port) throw engineryError('INPUT_UNKNOWN', { name, expected: inputs.map((input) => input.name) })
    given[port.name] = dimensions.map((dimension): Dimension => (dimension === -1 ? 'dynamic' : dimension))
  }
  return given
}

function settle(port: Port, given: PartialShape | undefined, batchFixed: string[]): PartialShape {
  if (given) {
    // A fixed length of the model may still be changed by reshaping: the graph decides, not we.
    if (port.shape !== null && given !== null && given.length !== port.shape.length) {
      throw engineryError('SHAPE_INVALID', {
        name: port.name,
        expected: `${port.shape.length} dimensions, as in the model's ${formatShape(port.shape)}`,
        received: formatShape(given),
      })
    }
    return given
  }
  if (isStatic(port.shape)) return port.shape
  const withBatch = port.shape?.map((dimension, axis) =>
    axis === 0 && typeof dimension !== 'number' && allowsOne(dimension) ? 1 : dimension,
  )
  if (withBatch && isStatic(withBatch)) {
    batchFixed.push(port.name)
    return withBatch
  }
  throw engineryError('SHAPE_INVALID', {
    name: port.name,
    expected: `lengths for the open dimensions of ${formatShape(port.shape)} (option shapes, for example { ${JSON.stringify(port.name)}: ${example(port.shape)} }, or shapes: 'dynamic' to keep them open)`,
    received: 'none',
  })
}

function allowsOne(dimension: Dimension): boolean {
  return fitsShape([dimension], [1])
}

function example(shape: PartialShape): string {
  if (shape === null) return '[1, 3, 224, 224]'
  return `[${shape.map((dimension, axis) => (typeof dimension === 'number' ? dimension : axis === 0 ? 1 : 32)).join(', ')}]`
}
