import type { GraphNode } from '../../graph/graph-node.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { Target } from '../targets/target.js'

/**
 * Indices of the inputs whose elements a node only moves, so that it does the same on integers; null where it does more.
 * A constant among the operands keeps it float: there would be nothing to measure.
 */
export function passesIntegers(node: GraphNode, target: Target, shapes: InferredShapes): readonly number[] | null {
  if (node.domain !== '' || !target.transparent.has(node.type)) return null
  if (node.type === 'Resize' && !isNearest(node)) return null
  const moved = node.type === 'Concat' ? node.inputs.map((_, index) => index) : [0]
  for (const index of moved) {
    const tensor = node.inputs[index] ?? null
    if (tensor === null || tensor.constant !== null || (shapes.get(tensor)?.elementType ?? 'f32') !== 'f32') return null
  }
  return moved
}

function isNearest(node: GraphNode): boolean {
  return node.text('mode', 'nearest') === 'nearest'
}
