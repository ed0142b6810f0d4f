import { attribute } from '../../graph/attributes.js'
import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { onnxElementTypes } from '../../model/onnx-types.js'
import { fromFloat32, toFloat32 } from '../../tensor/convert-elements.js'
import type { TensorUse } from '../quantizer.js'
import { storeFilters } from './store-filters.js'

// With less, the node that makes floats of them takes much of what they save: biases and the like stay as they are.
const fewestElements = 128
const leastRank = 2

/** Largest energy of what is lost, over that of the constant: what rounding to 11 bits takes at the most. */
const mostLost = 2 ** -22

/** Operators whose results are off by no more than the constant is, relative to what they add or multiply. */
const operators = new Set([
  'Add',
  'Concat',
  'Conv',
  'ConvTranspose',
  'Div',
  'GRU',
  'Gather',
  'Gemm',
  'GroupNormalization',
  'InstanceNormalization',
  'LSTM',
  'LayerNormalization',
  'MatMul',
  'Mul',
  'PRelu',
  'Sub',
])

/**
 * Stores large float constants in half precision, with a Cast behind them: weights of layers that stay float, positions
 * and the like. Engines make floats of them when they compile, so that nothing is slower. What half precision loses is
 * less than a hundredth of what 8 bits do. Of what is behind the last layer on integers, weights that products are summed with
 * are taken too, in whose sums rounding evens out; what coordinates and scores of the model's answer are moved or scaled by
 * stays as it is. Filters of depthwise convolutions become integers where they are much of the file.
 *
 * @param exact nodes that are to compute with the very floats of the file
 * @returns names of the constants, as they were
 */
export function storeHalves(graph: Graph, exact: ReadonlySet<GraphNode>): string[] {
  if (![...graph.nodes].some(isInteger)) return []
  const open = findUnquantizedWays(graph)
  const isOpen = ({ node }: TensorUse) => open.has(node)
  const mayRound = (use: TensorUse) => {
    const { node } = use
    if (!node.is(...operators) || exact.has(node) || isInteger(node) || addsToIntegers(node)) return false
    return !isOpen(use) || isFactor(use)
  }
  const found = [...graph.tensors.values()].filter((tensor) => {
    const { constant } = tensor
    if (constant?.elementType !== 'f32' || constant.elements < fewestElements || constant.shape.length < leastRank) return false
    return !tensor.isGraphOutput && !tensor.isCaptured && tensor.uses.length > 0 && tensor.uses.every(mayRound)
  })
  const filters = new Set(
    storeFilters(
      graph,
      found.filter((tensor) => isFilters(tensor) && !tensor.uses.some(isOpen)),
    ),
  )
  const stored = [...filters].map(({ name }) => name)
  for (const tensor of found) {
    if (filters.has(tensor)) continue
    const constant = tensor.constant as Constant
    const values = constant.values() as Float32Array
    const halves = fromFloat32('f16', values)
    if (!isClose(values, toFloat32('f16', halves))) continue
    storeHalf(graph, tensor, Constant.of('f16', constant.shape, halves))
    stored.push(tensor.name)
  }
  return stored
}

/** Weights of a layer that sums products. */
function isFactor({ node, index }: TensorUse): boolean {
  return index < 2 && node.is('Conv', 'ConvTranspose', 'Gemm', 'MatMul')
}

/** Filters of depthwise convolutions. */
function isFilters({ constant, uses }: GraphTensor): boolean {
  const [filters, inputs] = constant?.shape ?? []
  return inputs === 1 && uses.every(({ node, index }) => node.is('Conv') && index === 1 && node.int('group', 1) === filters)
}

function storeHalf(graph: Graph, tensor: GraphTensor, halves: Constant): void {
  const { name, shape } = tensor
  const source = graph.addConstant(`${name}/f16`, halves)
  const to = onnxElementTypes.findIndex((type) => type.name === 'f32')
  const parts = { type: 'Cast', inputs: [source], attributes: [attribute.int('to', to)] }
  const restored = graph.addOperator(parts, `${name}/f32`, { elementType: 'f32', shape })
  graph.replaceUses(tensor, restored)
  graph.removeTensor(tensor)
  graph.renameTensor(source, name)
}

function isClose(values: Float32Array, halves: Float32Array): boolean {
  let [energy, lost] = [0, 0]
  for (const [index, value] of values.entries()) {
    const difference = value - (halves[index] as number)
    energy += value * value
    lost += difference * difference
  }
  // Asked this way round, NaN and infinity stay floats.
  return lost <= energy * mostLost
}

/** Layers that compute on integers: their weights are read through a DequantizeLinear, or their activations are. */
function isInteger(node: GraphNode): boolean {
  if (!node.is('Conv', 'ConvTranspose', 'Gemm', 'MatMul')) return false
  return node.inputs.some((input) => input?.producer?.is('DequantizeLinear') === true)
}

/** Sums right behind a product of integers, which engines compute with it: they look for a plain constant there. */
function addsToIntegers(node: GraphNode): boolean {
  return node.is('Add', 'Sub', 'Mul', 'Div') && node.inputs.some((input) => input?.producer && isInteger(input.producer))
}

/** Nodes from which a way leads to an output of the graph on which nothing computes on integers. */
function findUnquantizedWays(graph: Graph): Set<GraphNode> {
  const open = new Set<GraphNode>()
  for (const node of sortNodes(graph).reverse()) {
    if (isInteger(node)) continue
    const leadsOut = (output: GraphTensor | null) =>
      output !== null && (output.isGraphOutput || [...output.consumers].some((consumer) => open.has(consumer)))
    if (node.outputs.some(leadsOut)) open.add(node)
  }
  return open
}
