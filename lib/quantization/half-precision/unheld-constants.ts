import type { Constant } from '../../graph/constant.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { type HalfLimits, magnitudeOf } from './half-limits.js'
import { isDataInput } from './half-operators.js'

/** A constant of a node that a type in half precision does not hold. */
export interface UnheldConstant {
  readonly name: string
  readonly magnitude: number
  /** Beyond the end of the type; else all but zero in it. */
  readonly isLarge: boolean
}

// Large weights are read from the file each time, and are asked for more than once.
const magnitudes = new WeakMap<Constant, number>()

function magnitudeOfConstant(constant: Constant): number {
  const known = magnitudes.get(constant)
  if (known !== undefined) return known
  const magnitude = magnitudeOf(constant.values() as Float32Array)
  magnitudes.set(constant, magnitude)
  return magnitude
}

/** The first float constant of a node that the type does not hold; null where it holds them all. */
export function findUnheldConstant(node: GraphNode, { largest, smallest }: HalfLimits): UnheldConstant | null {
  for (const [index, tensor] of node.inputs.entries()) {
    const constant = tensor?.constant ?? null
    if (tensor === null || constant?.elementType !== 'f32' || !isDataInput(node, index)) continue
    const magnitude = magnitudeOfConstant(constant)
    if (magnitude > largest) return { name: tensor.name, magnitude, isLarge: true }
    if (magnitude > 0 && magnitude < smallest && !isOffset(node, index, constant.elements))
      return { name: tensor.name, magnitude, isLarge: false }
  }
  return null
}

// A bias that all but vanishes was next to nothing; a single number may be what keeps a divisor from zero.
function isOffset(node: GraphNode, index: number, elements: number): boolean {
  return node.is('Add', 'Sub') ? elements > 1 : node.is('Conv', 'ConvTranspose', 'Gemm', 'LayerNormalization') && index === 2
}
