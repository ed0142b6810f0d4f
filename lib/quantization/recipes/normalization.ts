import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { climb } from './value-flow.js'

const normalizing = new Set([
  'BatchNormalization',
  'GroupNorm',
  'GroupNormalization',
  'InstanceNormalization',
  'LayerNormalization',
  'LogSoftmax',
  'LpNormalization',
  'MeanVarianceNormalization',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
  'SkipGroupNorm',
  'SkipLayerNormalization',
  'SkipSimplifiedLayerNormalization',
  'Softmax',
])

export const normalizationRecipe: Recipe = {
  name: 'normalization',
  finds: 'LayerNorm, GroupNorm, RMSNorm, in one operator or spelled out, and Softmax',
  find(graph) {
    const order = sortNodes(graph)
    const found = new Set(order.flatMap((node) => (normalizing.has(node.type) ? [node] : findSpelledOut(node))))
    const reason = 'normalization: means, squares and exponentials, of which no engine has an 8-bit kernel that would pay'
    if (found.size === 0) return []
    return [
      { recipe: 'normalization', decision: 'float', nodes: order.filter((node) => found.has(node)), reason },
    ] satisfies RecipeFinding[]
  },
}

/** From the mean of squares to the quotient, of which the root is the middle. */
function findSpelledOut(root: GraphNode): GraphNode[] {
  const isRoot = root.is('Sqrt') || (root.is('Pow') && Math.abs(exponentOf(root)) === 0.5)
  if (!isRoot) return []
  const { passed, ends } = climb(root.inputs.slice(0, 1), (node) => node.is('Add', 'Clip', 'Max'))
  const means = [...ends].filter((node) => node.is('ReduceMean'))
  if (means.length === 0) return []
  const squares = means.flatMap((mean) => mean.inputs[0]?.producer ?? []).filter((node) => node.is('Pow', 'Mul'))
  if (squares.length === 0) return []
  const centred = squares.flatMap((square) => square.inputs[0]?.producer ?? []).filter((node) => node.is('Sub'))
  const firstMeans = centred.flatMap((node) => node.inputs[1]?.producer ?? []).filter((node) => node.is('ReduceMean'))
  return [root, ...passed, ...means, ...squares, ...centred, ...firstMeans, ...quotientsOf(root)]
}

function quotientsOf(root: GraphNode): GraphNode[] {
  const readers = (node: GraphNode) => node.outputs.flatMap((output) => [...(output?.consumers ?? [])])
  return readers(root)
    .flatMap((reader) => (reader.is('Reciprocal') ? [reader, ...readers(reader)] : [reader]))
    .filter((node) => node.is('Div', 'Mul', 'Reciprocal'))
}

function exponentOf(node: GraphNode): number {
  return Number(node.inputs[1]?.constant?.numbers()?.[0] ?? Number.NaN)
}
