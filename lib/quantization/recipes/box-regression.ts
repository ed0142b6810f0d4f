import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import { climb, isLayer, isMove, layersBefore, outputsOf, summedBy, valueInputs, valueReaders } from './value-flow.js'

export const boxRegressionRecipe: Recipe = {
  name: 'box-regression',
  finds: 'layers that write box coordinates which a Sigmoid or Exp in the graph makes a box of, and layers that read coordinates',
  find(graph) {
    return [
      ...list(
        graph,
        findRefined,
        'box regression: a step of 8 bits in what is added to a point of reference moves the box, and four outputs gain nothing',
      ),
      ...list(
        graph,
        findExponential,
        'box regression: Exp turns a step of 8 bits into a change of the size of the box by a factor',
      ),
      ...list(
        graph,
        findReading,
        'reads coordinates: 8 bits are a coarse grid over the picture, and sums of so few products gain nothing',
      ),
      // The sum itself stays float, and rounding evens out over the products that it is made of.
      ...list(
        graph,
        findAnchored,
        'box regression: quantized, since boxes next to anchors move by little; try it float where they are not tight enough',
        'note',
      ),
    ]
  },
}

function list(
  graph: Graph,
  find: (node: GraphNode) => readonly GraphNode[],
  reason: string,
  decision: RecipeFinding['decision'] = 'float',
): RecipeFinding[] {
  const found = new Set(sortNodes(graph).flatMap(find))
  const nodes = sortNodes(graph).filter((node) => found.has(node))
  return nodes.length === 0 ? [] : [{ recipe: 'box-regression', decision, nodes, reason }]
}

/** Points or boxes: two coordinates or four. */
function isCoordinates(count: number | null): boolean {
  return count === 2 || count === 4
}

/** Layers of coordinates which are added to computed ones before a Sigmoid, or become points that the graph goes on with. */
function findRefined(sigmoid: GraphNode): GraphNode[] {
  const { layers, sums } = findCoordinates(sigmoid)
  const isRefined = sums.some((sum) => sum.inputs.every((operand) => operand !== null && operand.constant === null))
  return isRefined || isReadAsCoordinates(sigmoid) ? layers : []
}

/** Layers of coordinates which are added to a grid of anchors before a Sigmoid, and to nothing else. */
function findAnchored(sigmoid: GraphNode): GraphNode[] {
  if (findRefined(sigmoid).length > 0) return []
  const { layers, sums } = findCoordinates(sigmoid)
  return sums.some((sum) => valueInputs(sum).every((operand) => !isBias(operand))) ? layers : []
}

/** Layers of coordinates before a Sigmoid, with the sums on the way. */
function findCoordinates(sigmoid: GraphNode): { layers: GraphNode[]; sums: GraphNode[] } {
  if (!sigmoid.is('Sigmoid')) return { layers: [], sums: [] }
  const passes = (node: GraphNode) => isMove(node) || node.is('Add')
  const layers = layersBefore(sigmoid.inputs, passes).filter((layer) => isCoordinates(outputsOf(layer)))
  const sums = layers.length === 0 ? [] : [...climb(sigmoid.inputs, passes).passed].filter((node) => node.is('Add'))
  return { layers, sums }
}

/** A constant with one value for each channel; one with values for each place is a grid of anchors. */
function isBias({ constant }: GraphTensor): boolean {
  return constant !== null && constant.shape.filter((length) => length > 1).length <= 1
}

/** Classes behind a Sigmoid are read by nobody, or multiplied by other scores; points go on into layers. */
function isReadAsCoordinates(sigmoid: GraphNode): boolean {
  return sigmoid.outputs.some((output) => output !== null && valueReaders(output).some(isReadingLayer))
}

/** Layers of coordinates of which Exp makes lengths: scaled, and not divided by their sum as a Softmax does. */
function findExponential(exp: GraphNode): GraphNode[] {
  if (!exp.is('Exp')) return []
  const readers = exp.outputs.flatMap((output) => (output === null ? [] : valueReaders(output)))
  if (readers.some((reader) => reader.is('ReduceSum', 'Div'))) return []
  return layersBefore(exp.inputs, (node) => isMove(node) || node.is('Add', 'Clip', 'Min')).filter((layer) =>
    isCoordinates(outputsOf(layer)),
  )
}

function findReading(node: GraphNode): GraphNode[] {
  if (!isReadingLayer(node)) return []
  const { ends } = climb(node.inputs, isMove)
  return [...ends].some((end) => end.is('Sigmoid', 'Clip')) ? [node] : []
}

function isReadingLayer(node: GraphNode): boolean {
  return isLayer(node) && node.is('MatMul', 'Gemm') && isCoordinates(summedBy(node))
}
