import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import type { Recipe, RecipeFinding } from './recipe.js'
import {
  climb,
  dependsOnInputs,
  isArithmetic,
  isComputing,
  isLayer,
  isProduct,
  outputsOf,
  summedBy,
  valueInputs,
} from './value-flow.js'

const selecting = /^(?:TopK|NonMaxSuppression|.*(?:NMS|NonMaxSuppression|Nms)(?:_?(?:TRT|ONNX|Dynamic)\w*)?)$/

export const postProcessingRecipe: Recipe = {
  name: 'post-processing',
  finds: 'what turns outputs of the network into a list: TopK, NonMaxSuppression, conversions of boxes by small matrices',
  find(graph) {
    const findings: RecipeFinding[] = []
    const conversions = sortNodes(graph).filter(isConversion)
    if (conversions.length > 0) {
      const reason = 'box arithmetic: a matrix that converts coordinates, which are pixels and need more than 8 bits'
      findings.push({ recipe: 'post-processing', decision: 'float', nodes: conversions, reason })
    }
    const tail = findTail(graph)
    if (tail.length > 0) {
      const reason = 'post-processing: behind the last layer, boxes and scores are selected and not computed'
      findings.push({ recipe: 'post-processing', decision: 'float', nodes: tail, reason })
    }
    const boxes = findBoxArithmetic(graph)
    if (boxes.length > 0) {
      const reason = 'box arithmetic: behind the last layer, outputs are laid on a grid of places; coordinates are pixels'
      findings.push({ recipe: 'post-processing', decision: 'float', nodes: boxes, reason })
    }
    return findings
  },
}

/** Centres and sizes to corners, or a rotation: at most four coordinates in, at most four out. */
function isConversion(node: GraphNode): boolean {
  if (!isLayer(node) || !node.is('MatMul', 'Gemm')) return false
  const [read, written] = [summedBy(node) ?? 0, outputsOf(node) ?? 0]
  // Where the network itself begins there is a layer that learned, however small.
  return read >= 2 && read <= 4 && written >= 2 && written <= 4 && [...climb(node.inputs, () => true).passed].some(isLayer)
}

/** The nodes that select, and products behind them, where no layer of the network comes any more. */
function findTail(graph: Graph): GraphNode[] {
  const order = sortNodes(graph)
  const tail = new Set<GraphNode>()
  for (const start of order) {
    if (!selecting.test(start.type)) continue
    const after = followers(start)
    if ([...after].some((node) => isLayer(node) && !isConversion(node))) continue
    tail.add(start)
    for (const node of after) if (isComputing(node)) tail.add(node)
    for (const node of climb(start.inputs, (node) => !isLayer(node) && !isProduct(node)).passed)
      if (selecting.test(node.type)) tail.add(node)
  }
  return order.filter((node) => tail.has(node))
}

/**
 * Sums, products and curves between the last layers and the outputs, where something is added that is known for each
 * place: the grid that offsets are counted from.
 */
function findBoxArithmetic(graph: Graph): GraphNode[] {
  const order = sortNodes(graph)
  const layers = order.filter((node) => isComputing(node) && !isConversion(node))
  const { passed: before } = climb(
    layers.flatMap(({ inputs }) => inputs),
    () => true,
  )
  const behind = order.filter(
    (node) => !before.has(node) && !layers.includes(node) && (isArithmetic(node) || node.is('Exp', 'Pow', 'Sigmoid')),
  )
  return behind.some((node) => isLaidOnGrid(node) && isOfLayers(node)) ? behind : []
}

function isLaidOnGrid(node: GraphNode): boolean {
  if (!node.is('Add', 'Sub')) return false
  return valueInputs(node).some((input) => {
    const lengths = input.constant?.shape.filter((length) => length > 1) ?? []
    // A bias has a value for each channel alone.
    return lengths.length > 1 || (input.constant === null && !dependsOnInputs(input))
  })
}

/** Coordinates come from layers; what is added to products of two activations is a mask. */
function isOfLayers(node: GraphNode): boolean {
  return [...climb(node.inputs, (each) => !isComputing(each)).ends].some(isLayer)
}

/** All that reads anything of a node, indices and lengths included. */
function followers(start: GraphNode): Set<GraphNode> {
  const found = new Set<GraphNode>([start])
  // A set is iterated together with what is added meanwhile.
  for (const node of found) for (const output of node.outputs) for (const reader of output?.consumers ?? []) found.add(reader)
  found.delete(start)
  return found
}
