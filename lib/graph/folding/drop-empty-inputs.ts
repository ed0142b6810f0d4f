import type { FoldingPass } from './folding-pass.js'

/**
 * Inputs that are left out at the end of the list are not listed: it means the same, and OpenVINO (2026.4.1) builds no engine
 * of a Gemm whose third input has an empty name. Not of nodes with graphs of their own: a Loop must have two.
 */
export const dropEmptyInputs: FoldingPass = {
  name: 'empty-inputs',
  apply(graph) {
    for (const node of graph.nodes) {
      const { inputs } = node
      if (node.domain === '' && !node.hasSubgraphs && inputs.at(-1) === null) graph.setInput(node, inputs.length - 1, null)
    }
    return []
  },
}
