import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { findSpelledSoftmax } from './find-spelled-softmax.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { climb, isMove } from './value-flow.js'

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

/** A Softmax from its Exp, or a normalization from its root. */
function findSpelledOut(node: GraphNode): readonly GraphNode[] {
  if (node.is('Exp')) return findSpelledSoftmax(node)?.nodes ?? []
  const isRoot = node.is('Sqrt') || (node.is('Pow') && Math.abs(exponentOf(node)) === 0.5)
  if (!isRoot) return []
  const centred = findCentred(node)
  return centred.length > 0 ? centred : findBySums(node)
}

/** From the mean of squares to the quotient, of which the root is the middle. */
function findCentred(root: GraphNode): GraphNode[] {
  const { passed, ends } = climb(root.inputs.slice(0, 1), (node) => node.is('Add', 'Clip', 'Max'))
  const means = [...ends].filter((node) => node.is('ReduceMean'))
  if (means.length === 0) return []
  const squares = means.flatMap((mean) => mean.inputs[0]?.producer ?? []).filter((node) => node.is('Pow', 'Mul'))
  if (squares.length === 0) return []
  const centred = squares.flatMap((square) => square.inputs[0]?.producer ?? []).filter((node) => node.is('Sub'))
  const firstMeans = centred.flatMap((node) => node.inputs[1]?.producer ?? []).filter((node) => node.is('ReduceMean'))
  return [root, ...passed, ...means, ...squares, ...centred, ...firstMeans, ...quotientsOf(root)]
}

/** The same with sums that are multiplied by 1/n, and the variance as the mean of squares less the square of the mean. */
function findBySums(root: GraphNode): GraphNode[] {
  const quotients = quotientsOf(root)
  const { passed, ends } = climb(
    root.inputs.slice(0, 1),
    (node) => isMove(node) || node.is('Add', 'Clip', 'Max', 'Sub') || isScaling(node) || isSquare(node),
  )
  const sums = [...ends]
  const squares = sums.flatMap((sum) => sum.inputs[0]?.producer ?? []).filter(isSquare)
  // The root of a sum of squares is a distance; of a mean it is a deviation.
  const areMeans = sums.every((sum) => sum.is('ReduceMean')) || [...passed].some(isScaling)
  if (quotients.length === 0 || squares.length === 0 || !areMeans || !sums.every((sum) => sum.is('ReduceSum', 'ReduceMean')))
    return []
  return [root, ...passed, ...sums, ...squares, ...quotients]
}

function isSquare(node: GraphNode): boolean {
  return (node.is('Mul') && node.inputs[0] === node.inputs[1]) || (node.is('Pow') && exponentOf(node) === 2)
}

/** Times a number that is known. */
function isScaling(node: GraphNode): boolean {
  return node.is('Mul', 'Div') && node.inputs.some((input) => input?.constant?.elements === 1)
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
