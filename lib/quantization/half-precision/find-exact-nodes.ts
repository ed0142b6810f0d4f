import type { GraphNode } from '../../graph/graph-node.js'
import { describeHalfOperator, type HalfKind } from './half-operators.js'

/** What a float is read for, where a rounding of it shows. */
interface ExactUse {
  readonly reason: string
  /** Kinds of operators that are computed exactly for it. */
  readonly kinds: readonly HalfKind[]
  /** Operators behind which it begins: what they read may be rounded. */
  readonly bounds: readonly string[]
}

const places: ExactUse = { reason: 'lengths, indices or places are made of it', kinds: ['elementwise'], bounds: [] }
// A position of 900 is rounded to halves in f16: another angle.
const angles: ExactUse = {
  reason: 'angles are made of it',
  kinds: ['elementwise', 'product'],
  bounds: ['MatMul', 'Gemm', 'Conv', 'ConvTranspose'],
}
// A share of 1e-9 is zero in f16, and its logarithm infinite.
const logarithms: ExactUse = {
  reason: 'a logarithm is taken of it',
  kinds: ['elementwise', 'reduction'],
  bounds: ['Sigmoid', 'HardSigmoid', 'Softmax', 'Relu', 'Tanh', 'Abs', 'ReduceMean', 'GlobalAveragePool', 'AveragePool'],
}

/**
 * Nodes whose float results become lengths, indices, coordinates or angles, or have a logarithm taken, back to where these
 * are computed by more than arithmetic, each with the reason.
 */
export function findExactNodes(order: readonly GraphNode[]): ReadonlyMap<GraphNode, string> {
  const exact = new Map<GraphNode, ExactUse>()
  for (const node of [...order].reverse()) {
    const kind = describeHalfOperator(node)?.kind
    if (kind === undefined) continue
    for (const output of node.outputs) {
      for (const { node: reader, index } of output?.uses ?? []) {
        const use = exactUse(reader, index, exact)
        if (use?.kinds.includes(kind)) exact.set(node, use)
      }
    }
  }
  return new Map([...exact].map(([node, { reason }]) => [node, reason]))
}

// The places of a GridSample are its second input; whatever is rounded to an integer jumps where it is a little off.
function exactUse(reader: GraphNode, index: number, exact: ReadonlyMap<GraphNode, ExactUse>): ExactUse | null {
  const known = exact.get(reader)
  if (known !== undefined) {
    if (reader.is(...known.bounds)) return null
    return !reader.is('Gather', 'GatherElements', 'GatherND') || index === 0 ? known : null
  }
  if (reader.is('Sin', 'Cos', 'Tan')) return angles
  if (reader.is('Log')) return logarithms
  const isPlace = reader.is('GridSample')
    ? index === 1
    : reader.is('Cast')
      ? ![1, 10, 11, 16].includes(reader.int('to', 0))
      : reader.is('Floor', 'Ceil', 'Round', 'Range', 'NonMaxSuppression') || (reader.is('Resize') && index > 0)
  return isPlace ? places : null
}
