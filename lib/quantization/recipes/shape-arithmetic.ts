import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { dependents, descend, isArithmetic, isComputing, isMove } from './value-flow.js'

export const shapeArithmeticRecipe: Recipe = {
  name: 'shape-arithmetic',
  finds: 'products that depend on lengths alone, or make angles for Sin and Cos: positions',
  find(graph) {
    const dependent = dependents(graph.inputs)
    const isPosition = (node: GraphNode) => !readsOutside(node) && (!dependent.has(node) || makesAngles(node))
    const nodes = sortNodes(graph).filter((node) => isComputing(node) && isPosition(node))
    if (nodes.length === 0) return []
    const reason = 'positions: computed from lengths, or angles of Sin and Cos, for which 8 bits are too coarse'
    return [{ recipe: 'shape-arithmetic', decision: 'float', nodes, reason }] satisfies RecipeFinding[]
  },
}

/** True where an input is of a graph around this one, of which nothing is known. */
function readsOutside(node: GraphNode): boolean {
  return node.inputs.some((input) => input?.isOuter)
}

function makesAngles(node: GraphNode): boolean {
  const { ends } = descend(node.outputs, (reader) => isMove(reader) || isArithmetic(reader))
  return ends.size > 0 && [...ends].every((end) => end.is('Sin', 'Cos'))
}
