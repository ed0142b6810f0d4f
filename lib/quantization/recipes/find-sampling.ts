import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { climb, descend, isArithmetic, isLayer, isMove, isProduct, layersBefore, valueInputs } from './value-flow.js'

/** A place where a feature map is read at positions that the network computes. */
export interface SamplingSite {
  /** GridSample, or the operator that does all of deformable attention. */
  readonly node: GraphNode
  /** What is read. */
  readonly value: GraphTensor
  /** Where it is read. */
  readonly positions: GraphTensor
  /** Layers that write offsets of positions. */
  readonly offsets: readonly GraphNode[]
  /** Layers that write the weights of what was read, through a Softmax: then it is deformable attention. */
  readonly weights: readonly GraphNode[]
}

/** Value, positions and weights among the inputs of operators that do all of it, as exporters of their own write them. */
const wholeOperator =
  /^(?:MMCV)?Multi[Ss]cale[Dd]eform(?:able)?Attn(?:Plugin)?(?:_?TRT\d*)?$|^MultiScaleDeformableAttention(?:Plugin)?(?:_?TRT\d*)?$/

export function findSampling(graph: Graph): SamplingSite[] {
  return sortNodes(graph).flatMap((node) => describeSite(node) ?? [])
}

function describeSite(node: GraphNode): SamplingSite | null {
  const isWhole = wholeOperator.test(node.type)
  if (!isWhole && !/^(?:GridSample|grid_sampler)$/.test(node.type)) return null
  const [value = null, positions = null] = isWhole ? [node.inputs[0], node.inputs[3]] : node.inputs
  if (value === null || positions === null) return null
  const weights = isWhole ? weightLayers([node.inputs[4] ?? null]) : weightLayers(factorsOf(node))
  return { node, value, positions, offsets: layersBefore([positions], isPosition), weights }
}

/** From offsets to positions: sums, scales and limits. A Sigmoid ends it, for behind it are points of reference. */
function isPosition(node: GraphNode): boolean {
  return isMove(node) || isArithmetic(node) || node.is('Clip', 'Tanh', 'Where')
}

/** What samples are multiplied by. */
function factorsOf(sample: GraphNode): GraphTensor[] {
  const { passed, ends } = descend(sample.outputs, isMove)
  const isSample = (tensor: GraphTensor) =>
    tensor.producer === sample || (tensor.producer !== null && passed.has(tensor.producer))
  return [...ends]
    .filter((node) => node.is('Mul', 'Einsum') || isProduct(node))
    .flatMap((node) => valueInputs(node).filter((input) => !isSample(input)))
}

function weightLayers(tensors: readonly (GraphTensor | null)[]): GraphNode[] {
  const softmaxes = [...climb(tensors, isMove).ends].filter((node) => node.is('Softmax'))
  return layersBefore(softmaxes.flatMap(({ inputs }) => inputs)).filter(isLayer)
}
