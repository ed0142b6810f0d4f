import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import type { TensorUse } from '../quantizer.js'

/** A node that multiplies the channels of one input with constant weights. */
export interface WeightedReader {
  readonly node: GraphNode
  /** Which of its inputs the weights are. */
  readonly weights: number
  /** Of the input. */
  readonly channels: number
  /** Of the channels in the input, counted from the end. */
  readonly channelAxis: number
  /** Input channel that an element of the weights belongs to. */
  readonly inputOf: (index: number) => number
  /** Of the weights: along which each slice is an output with a scale of its own. */
  readonly outputAxis: number
}

/** How a node reads the channels of one of its inputs; null where it does more than to multiply them with weights. */
export function describeWeightedReader({ node, index }: TensorUse, shapes: InferredShapes): WeightedReader | null {
  const constant = node.inputs[1]?.constant ?? null
  if (index !== 0 || constant?.elementType !== 'f32' || node.inputs.lastIndexOf(node.inputs[0] ?? null) !== 0) return null
  const { shape } = constant
  if (node.is('Conv') && shape.length >= 3) {
    const channels = (shape[1] as number) * node.int('group', 1)
    const inputOf = createInputOf(node, constant)
    return { node, weights: 1, channels, channelAxis: 1 - shape.length, inputOf, outputAxis: 0 }
  }
  if (node.is('MatMul') && shape.length === 2) {
    const [channels, columns] = shape as [number, number]
    // A vector has no axis for its channels to stand along.
    if ((shapes.get(node.inputs[0] as never)?.shape?.length ?? 0) < 2) return null
    return { node, weights: 1, channels, channelAxis: -1, inputOf: (at) => Math.floor(at / columns), outputAxis: 1 }
  }
  if (node.is('Gemm') && shape.length === 2 && node.int('transA', 0) === 0) {
    const [rows, columns] = shape as [number, number]
    const isTransposed = node.int('transB', 0) === 1
    const inputOf = isTransposed ? (at: number) => at % columns : (at: number) => Math.floor(at / columns)
    return {
      node,
      weights: 1,
      channels: isTransposed ? columns : rows,
      channelAxis: -1,
      inputOf,
      outputAxis: isTransposed ? 0 : 1,
    }
  }
  return null
}

/** Input channel that an element of the weights of a Conv belongs to. */
export function createInputOf(node: GraphNode, { shape, elements }: Constant): (index: number) => number {
  const [filters, perGroup] = shape as [number, number]
  const kernel = elements / (filters * perGroup)
  const perFilter = perGroup * kernel
  const filtersPerGroup = filters / node.int('group', 1)
  return (index) => {
    const filter = Math.floor(index / perFilter)
    return Math.floor(filter / filtersPerGroup) * perGroup + (Math.floor(index / kernel) % perGroup)
  }
}

/** The weights with what belongs to each input channel multiplied; null where a value would leave the range of float32. */
export function multiplyInputs(
  { node, weights, inputOf }: Pick<WeightedReader, 'node' | 'weights' | 'inputOf'>,
  factors: Float64Array,
): Constant | null {
  const { shape, values } = readWeights(node, weights)
  const scaled = new Float32Array(values.length)
  for (let at = 0; at < values.length; at++) scaled[at] = (values[at] as number) * (factors[inputOf(at)] as number)
  return scaled.every(Number.isFinite) ? Constant.of('f32', shape, scaled) : null
}

/** Lets nodes that read one constant read another; where nobody else does, it takes its place. */
export function replaceShared(graph: Graph, nodes: readonly GraphNode[], index: number, constant: Constant): void {
  const [first] = nodes as [GraphNode]
  const tensor = first.inputs[index] as GraphTensor
  const isTheirs = !tensor.isGraphOutput && !tensor.isCaptured && [...tensor.consumers].every((node) => nodes.includes(node))
  if (isTheirs) {
    graph.setConstant(tensor, constant)
    return
  }
  const own = graph.addConstant(tensor.name, constant)
  for (const node of nodes) graph.setInput(node, index, own)
}

/** Lets the node read other weights; a constant that others read too is not touched. */
export function replaceWeights(graph: Graph, node: GraphNode, index: number, constant: Constant): void {
  const tensor = node.inputs[index] ?? null
  if (tensor?.soleConsumer === node) graph.setConstant(tensor, constant)
  else graph.setInput(node, index, graph.addConstant(tensor?.name ?? `${node.label}_weight`, constant))
}

export function readWeights(node: GraphNode, index: number): { shape: readonly number[]; values: Float32Array } {
  const constant = node.inputs[index]?.constant as Constant
  return { shape: constant.shape, values: constant.values() as Float32Array }
}
