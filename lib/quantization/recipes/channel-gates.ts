import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { climb, isArithmetic, isLayer, isMove } from './value-flow.js'

export const channelGatesRecipe: Recipe = {
  name: 'channel-gates',
  finds: 'squeeze and excitation: channels scaled by what layers make of their means',
  find(graph) {
    return sortNodes(graph).flatMap((node): RecipeFinding[] => {
      const nodes = findGate(node)
      // Left float they are worth a decibel where there are many (PP-OCR's recognizer), and no score that we have seen; as
      // weights they are a third of such small models.
      const reason = 'channel gate: quantized; rounding here scales whole channels, so try it float where accuracy lacks'
      return nodes.length === 0 ? [] : [{ recipe: 'channel-gates', decision: 'note', nodes, reason }]
    })
  },
}

/** The nodes from the mean of a tensor to the product with that tensor. */
function findGate(product: GraphNode): GraphNode[] {
  const [left = null, right = null] = product.inputs
  if (!product.is('Mul') || left === null || right === null) return []
  for (const [gate, gated] of [
    [left, right],
    [right, left],
  ] as const) {
    const { passed, ends } = climb([gate], isInsideGate)
    const isMeanOfGated = ends.size > 0 && [...ends].every((end) => isMean(end) && end.inputs[0] === gated)
    const nodes = [...passed]
    if (isMeanOfGated && nodes.some(isLayer) && nodes.some(isSquashing)) {
      return [...nodes.filter((node) => isLayer(node) || isSquashing(node)), product]
    }
  }
  return []
}

function isInsideGate(node: GraphNode): boolean {
  if (isMean(node)) return false
  return (
    isLayer(node) || isMove(node) || isArithmetic(node) || isSquashing(node) || node.is('Relu', 'LeakyRelu', 'PRelu', 'HardSwish')
  )
}

function isMean(node: GraphNode): boolean {
  return node.is('GlobalAveragePool', 'ReduceMean')
}

function isSquashing(node: GraphNode): boolean {
  return node.is('Sigmoid', 'HardSigmoid', 'Clip')
}
