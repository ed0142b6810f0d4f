import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { climb, descend, isMove } from './value-flow.js'

/** A Softmax in single steps: exponentials over their sum, mostly of what was made smaller by its maximum. */
export interface SpelledSoftmax {
  /** What it is taken of. */
  readonly logits: GraphTensor
  /** Writes the shares. */
  readonly quotient: GraphNode
  readonly nodes: readonly GraphNode[]
}

/** The Softmax of which an Exp is part; null where it is part of something else. */
export function findSpelledSoftmax(exp: GraphNode): SpelledSoftmax | null {
  const written = exp.outputs[0] ?? null
  const read = exp.inputs[0] ?? null
  if (!exp.is('Exp') || written === null || read === null) return null
  for (const sum of written.consumers) {
    if (!sum.is('ReduceSum') || sum.inputs[0] !== written) continue
    const { passed, ends } = descend(sum.outputs, (node) => isMove(node) || node.is('Reciprocal'))
    const isInverse = [...passed].some((node) => node.is('Reciprocal'))
    const quotient = [...ends].find((node) =>
      isInverse ? node.is('Mul') && node.inputs.includes(written) : node.is('Div') && node.inputs[0] === written,
    )
    if (quotient === undefined) continue
    const shift = findShift(read)
    const nodes = [...(shift?.nodes ?? []), exp, sum, ...passed, quotient]
    return { logits: shift?.logits ?? read, quotient, nodes }
  }
  return null
}

/** Off the largest one, so that no exponential is too large. */
function findShift(shifted: GraphTensor): { readonly logits: GraphTensor; readonly nodes: readonly GraphNode[] } | null {
  const node = shifted.producer
  const [logits = null, most = null] = node?.inputs ?? []
  if (!node?.is('Sub') || logits === null) return null
  const { passed, ends } = climb([most], (each) => isMove(each) || each.is('Max'))
  const largest = [...ends].filter((each) => each.is('ReduceMax') && each.inputs[0] === logits)
  return largest.length > 0 ? { logits, nodes: [...largest, ...passed, node] } : null
}
