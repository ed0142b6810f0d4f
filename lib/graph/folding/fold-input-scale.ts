import { Constant } from '../constant.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor, Shape } from '../graph-tensor.js'
import { inferShapes } from '../shapes/infer-shapes.js'
import { type FoldingPass, type FoldingStep, nameNode } from './folding-pass.js'

/**
 * Mul and Div by a constant before a Conv, ConvTranspose, Gemm or MatMul become part of its weights: a scale passes
 * through zero padding unchanged. (A shift would not: what is padded must stay zero.)
 */
export const foldInputScale: FoldingPass = {
  name: 'input-scale',
  apply(graph) {
    const shapes = inferShapes(graph)
    const steps: FoldingStep[] = []
    for (const node of [...graph.nodes]) {
      const at = node.inputs.findIndex((input) => input?.constant)
      if (node.inputs.length !== 2 || !(node.is('Mul') || (node.is('Div') && at === 1)) || at === -1) continue
      const input = node.inputs[1 - at] ?? null
      const reader = node.outputs[0]?.soleConsumer ?? null
      const weights = reader && describeWeights(reader)
      if (input === null || isPartOfActivation(input) || weights === null || reader?.inputs[0] !== node.outputs[0]) continue
      const shape = shapes.get(input)?.shape ?? null
      const scale = readScale((node.inputs[at] as GraphTensor).constant as Constant, node.type === 'Div', shape, weights)
      if (scale === null || !rescale(graph, reader as GraphNode, weights, scale)) continue
      steps.push({ pass: this.name, nodes: [nameNode(node)], into: (reader as GraphNode).label })
      graph.setInput(reader as GraphNode, 0, input)
      graph.deleteNode(node)
    }
    return steps
  },
}

/**
 * True where the scale ends a formula that engines know as one operator: the sixth of a hard swish, the half of a GELU.
 * Without it they would compute the rest step by step.
 */
function isPartOfActivation({ producer }: GraphTensor): boolean {
  return producer?.is('Mul', 'Clip') === true && producer.inputs.every((input) => !input?.constant || producer.type === 'Clip')
}

interface InputWeights {
  readonly constant: Constant
  readonly channels: number
  /** Axis of these channels in the input, counted from the end. */
  readonly axis: number
  readonly channelOf: (index: number) => number
}

function describeWeights(node: GraphNode): InputWeights | null {
  const constant = node.inputs[1]?.constant ?? null
  if (constant === null || constant.elementType !== 'f32') return null
  const { shape, elements } = constant
  const [first = 0, second = 0] = shape
  if (node.is('Conv') && shape.length >= 3) {
    const groups = node.int('group', 1)
    const kernel = elements / (first * second)
    const channelOf = (index: number) => {
      const output = Math.floor(index / (second * kernel))
      return Math.floor((output * groups) / first) * second + (Math.floor(index / kernel) % second)
    }
    return { constant, channels: second * groups, axis: 1 - shape.length, channelOf }
  }
  if (node.is('ConvTranspose') && shape.length >= 3) {
    const channelOf = (index: number) => Math.floor(index / (elements / first))
    return { constant, channels: first, axis: 1 - shape.length, channelOf }
  }
  const isTransposed = node.is('Gemm') && node.int('transB', 0) === 1
  if ((node.is('Gemm') && node.int('transA', 0) === 0) || (node.is('MatMul') && shape.length === 2)) {
    if (isTransposed) return { constant, channels: second, axis: -1, channelOf: (index) => index % second }
    return { constant, channels: first, axis: -1, channelOf: (index) => Math.floor(index / second) }
  }
  return null
}

function readScale(constant: Constant, isDivisor: boolean, input: Shape | null, weights: InputWeights): Float64Array | null {
  const { shape } = constant
  const { channels, axis } = weights
  // The constant must not make the input any larger: not in rank, and not along the channels.
  if (constant.elementType !== 'f32' || input === null || shape.length > input.length) return null
  const at = shape.length + axis
  if (
    !shape.every((length, position) => length === 1 || (position === at && length === channels && input.at(axis) === channels))
  ) {
    return null
  }
  const numbers = constant.numbers()
  if (numbers === null || (numbers.length !== 1 && numbers.length !== channels)) return null
  return Float64Array.from({ length: channels }, (_, channel) => {
    const value = numbers[numbers.length === 1 ? 0 : channel] as number
    return isDivisor ? 1 / value : value
  })
}

function rescale(graph: Graph, node: GraphNode, { constant, channelOf }: InputWeights, scale: Float64Array): boolean {
  const values = constant.values() as Float32Array
  const scaled = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) scaled[i] = (values[i] as number) * (scale[channelOf(i)] as number)
  if (!scaled.every(Number.isFinite)) return false
  const tensor = node.inputs[1] as GraphTensor
  const changed = Constant.of('f32', constant.shape, scaled)
  if (tensor.soleConsumer === node) graph.setConstant(tensor, changed)
  else graph.setInput(node, 1, graph.addConstant(tensor.name, changed))
  return true
}
