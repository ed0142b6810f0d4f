import { cloneGraph } from '../clone-graph.js'
import type { Graph } from '../graph.js'
import { removeDeadNodes } from '../remove-dead-nodes.js'
import { dropEmptyInputs } from './drop-empty-inputs.js'
import { einsumToProduct } from './einsum-to-product.js'
import { foldArithmetic } from './fold-arithmetic.js'
import { foldBatchNormalization } from './fold-batch-normalization.js'
import { foldConstants } from './fold-constants.js'
import { foldInputScale } from './fold-input-scale.js'
import { foldPadding } from './fold-padding.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'
import { removeIdentities } from './remove-identities.js'
import { simplifyGemm } from './simplify-gemm.js'
import { widenHalves } from './widen-halves.js'

/** In the order they run: each makes work for those behind it. */
export const foldingPasses: readonly FoldingPass[] = [
  dropEmptyInputs,
  widenHalves,
  // Before constants are folded: an Identity of weights would make other weights of them, and shared ones would be there twice.
  removeIdentities,
  foldConstants,
  simplifyGemm,
  einsumToProduct,
  foldPadding,
  foldBatchNormalization,
  foldArithmetic,
  foldInputScale,
]

// Every round takes nodes out, so this is never reached by a graph that is one.
const mostRounds = 100

export interface FoldedGraph {
  readonly graph: Graph
  readonly steps: readonly FoldingStep[]
}

/**
 * A graph that computes the same with fewer nodes. The one passed is not changed.
 *
 * @throws MODEL_CORRUPT for a circle in the graph, and what reading external weights throws
 */
export function foldGraph(graph: Graph, passes: readonly FoldingPass[] = foldingPasses): FoldedGraph {
  const folded = cloneGraph(graph)
  const steps: FoldingStep[] = []
  for (let round = 0; round < mostRounds; round++) {
    const before = steps.length
    for (const pass of passes) steps.push(...pass.apply(folded))
    if (steps.length === before) break
  }
  const dead = removeDeadNodes(folded)
  if (dead.length > 0) steps.push({ pass: 'dead-nodes', nodes: dead.map(nameNode), into: '' })
  return { graph: folded, steps }
}

/** Count of nodes gone by pass and operator: `{ 'batch-normalization': { BatchNormalization: 8 } }`. */
export function countFoldedNodes(steps: readonly FoldingStep[]): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {}
  for (const { pass, nodes } of steps) {
    counts[pass] ??= {}
    const byOperator = counts[pass] as Record<string, number>
    for (const { operator } of nodes) byOperator[operator] = (byOperator[operator] ?? 0) + 1
  }
  return counts
}
