import type { GraphNode } from '../graph-node.js'
import type { Dimension, Shape, TensorType } from '../graph-tensor.js'

/** What inference knows of a tensor. */
export interface TensorFacts extends TensorType {
  /** Elements of a small tensor of whole numbers, which shapes are computed from; null where they are not known. */
  readonly value: readonly Dimension[] | null
}

export const unknownFacts: TensorFacts = { elementType: null, shape: null, value: null }

/** What a rule may look at. */
export interface RuleInput {
  readonly node: GraphNode
  readonly opset: number
  /** Facts of an input; all unknown where it was left out. */
  input(index: number): TensorFacts
  has(index: number): boolean
  /** Elements of an input, where all of them are known numbers. */
  numbers(index: number): readonly number[] | null
}

/** What a rule says of the outputs, in their order. What it leaves out is unknown. */
export type ShapeRule = (rule: RuleInput) => readonly Partial<TensorFacts>[]

export type ShapeRules = Readonly<Record<string, ShapeRule>>

/** An axis counted from the front; null where it is none of the shape's. */
export function resolveAxis(axis: number, rank: number): number | null {
  const resolved = axis < 0 ? axis + rank : axis
  return Number.isInteger(resolved) && resolved >= 0 && resolved < rank ? resolved : null
}

/** All of {@link resolveAxis}; null where one is none of the shape's. */
export function resolveAxes(axes: readonly number[], rank: number): number[] | null {
  const resolved = axes.map((axis) => resolveAxis(axis, rank))
  return resolved.includes(null) ? null : (resolved as number[])
}

/** Axes from an attribute or, in later opsets, from an input. Undefined: not given; null: given, but not known. */
export function readAxes(rule: RuleInput, input: number): readonly number[] | null | undefined {
  const attribute = rule.node.ints('axes')
  if (attribute !== null) return attribute
  return rule.has(input) ? rule.numbers(input) : undefined
}

/** A number where all lengths are numbers. */
export function countKnown(shape: readonly Dimension[]): number | null {
  let count = 1
  for (const length of shape) {
    if (typeof length !== 'number') return null
    count *= length
  }
  return count
}

export function unknownShape(rank: number): Shape {
  return new Array<Dimension>(rank).fill(null)
}

/** The shape that operands of these have together; null where a rank is not known. */
export function broadcastShapes(shapes: readonly (Shape | null)[]): Shape | null {
  if (shapes.includes(null)) return null
  const known = shapes as readonly Shape[]
  const rank = Math.max(0, ...known.map((shape) => shape.length))
  const result: Dimension[] = []
  for (let axis = 0; axis < rank; axis++) {
    const lengths = known.map((shape) => (axis < rank - shape.length ? 1 : (shape[axis - rank + shape.length] as Dimension)))
    result.push(lengths.reduce(broadcastLengths, 1))
  }
  return result
}

function broadcastLengths(a: Dimension, b: Dimension): Dimension {
  if (a === 1 || a === b) return b
  if (b === 1) return a
  // A number other than 1 can only meet itself or 1.
  if (typeof a === 'number') return a
  return typeof b === 'number' ? b : null
}
