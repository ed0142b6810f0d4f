import { Constant } from '../../graph/constant.js'
import { findLinearOperator, rescaleChannels } from '../../graph/folding/linear-operator.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'
import { replaceWeights } from './weighted-reader.js'

/** Where channels stand in a tensor. */
interface Channels {
  readonly channels: number
  /** Counted from the end. */
  readonly channelAxis: number
}

/** Divides what is written, channel by channel; answers false, and changes nothing, where a number would leave float32. */
type Division = (graph: Graph, factors: Float64Array) => boolean

// f(x / s) = f(x) / s for s > 0.
const homogeneous = ['Relu', 'LeakyRelu', 'Identity', 'Dropout']

/**
 * How the producer of a tensor could write it with its channels divided, by other constants alone. Nobody but `readers`
 * may read the tensor, and nobody but the nodes on the way what lies before it.
 *
 * @returns the reason where it cannot
 */
export function planDivision(
  tensor: GraphTensor,
  place: Channels,
  readers: ReadonlySet<GraphNode>,
  shapes: InferredShapes,
): Division | string {
  if (tensor.isGraphOutput) return 'it is an output of the model'
  if (tensor.isCaptured) return 'a subgraph reads it'
  for (const reader of tensor.consumers) if (!readers.has(reader)) return `${reader.label} reads it too`
  return planProducer(tensor, place, shapes)
}

function planProducer(tensor: GraphTensor, place: Channels, shapes: InferredShapes): Division | string {
  const { producer } = tensor
  if (producer === null) return 'no operator writes it'
  const linear = findLinearOperator(tensor, shapes)
  if (linear !== null && linear.channels === place.channels && linear.channelAxis === place.channelAxis) {
    const { node, index } = linear.weights
    // Others would go on reading the weights as they were, which would then be stored twice.
    const other = [...(node.inputs[index]?.consumers ?? [])].find((reader) => reader !== node)
    if (other !== undefined) return `${node.label}, which writes it, shares its weights with ${other.label}`
    return (graph, factors) =>
      rescaleChannels(
        graph,
        linear,
        factors.map((factor) => 1 / factor),
        new Float64Array(place.channels),
      )
  }
  if (producer.is('LayerNormalization')) return planNormalization(producer, place)
  if (producer.is(...homogeneous)) return planBefore(producer, 0, place, shapes)
  if (producer.is('Mul', 'Div', 'Add', 'Sub')) return planArithmetic(producer, place, shapes)
  return `${producer.label} has no constants for its channels`
}

/** What writes the operand of a node that alone reads it. */
function planBefore(node: GraphNode, index: number, place: Channels, shapes: InferredShapes): Division | string {
  const operand = node.inputs[index] ?? null
  if (operand === null || operand.soleConsumer !== node) return `others read what ${node.label} reads`
  return planProducer(operand, place, shapes)
}

function planNormalization(node: GraphNode, { channels, channelAxis }: Channels): Division | string {
  const [, scale = null, bias = null] = node.inputs
  const fits = (tensor: GraphTensor | null) => {
    const constant = tensor?.constant ?? null
    return constant?.elementType === 'f32' && constant.elements === channels && constant.shape.at(-1) === channels
  }
  const written = node.outputs.filter((output) => output !== null).length
  if (channelAxis !== -1 || written !== 1 || !fits(scale) || (bias !== null && !fits(bias)))
    return `${node.label} does not scale its channels by constants`
  return (graph, factors) => divideConstants(graph, node, bias === null ? [1] : [1, 2], factors)
}

function planArithmetic(node: GraphNode, place: Channels, shapes: InferredShapes): Division | string {
  const index = node.inputs.findIndex((input) => input?.constant)
  const constant = node.inputs[index]?.constant ?? null
  const rank = shapes.get(node.outputs[0] as GraphTensor)?.shape?.length ?? 0
  if (constant?.elementType !== 'f32' || constant.shape.length > rank) return `${node.label} has no constant for its channels`
  const at = constant.shape.length + place.channelAxis
  const isPerChannel = constant.shape.every((length, axis) => length === 1 || (axis === at && length === place.channels))
  if (node.is('Mul') || (node.is('Div') && index === 0)) {
    if (!isPerChannel || constant.elements !== place.channels) return planScaledOperand(node, index, isPerChannel, place, shapes)
    return (graph, factors) => divideConstants(graph, node, [index], factors)
  }
  if (!isPerChannel) return `${node.label} has another constant than one for each channel`
  const before = planBefore(node, 1 - index, place, shapes)
  if (typeof before === 'string') return before
  // Divided by a constant as before.
  if (node.is('Div')) return before
  const whole = constant.elements === 1 ? spreadOver(place, constant) : constant
  return (graph, factors) => {
    const moved = divide(whole, factors)
    if (moved === null || !before(graph, factors)) return false
    replaceWeights(graph, node, index, moved)
    return true
  }
}

/** A product with a constant that is not one for each channel: the other operand is divided instead. */
function planScaledOperand(
  node: GraphNode,
  index: number,
  isPerChannel: boolean,
  place: Channels,
  shapes: InferredShapes,
): Division | string {
  if (!node.is('Mul') || !isPerChannel) return `${node.label} has another constant than one for each channel`
  return planBefore(node, 1 - index, place, shapes)
}

function divideConstants(graph: Graph, node: GraphNode, indices: readonly number[], factors: Float64Array): boolean {
  const divided = indices.map((index) => divide(node.inputs[index]?.constant as Constant, factors))
  if (divided.includes(null)) return false
  for (const [position, index] of indices.entries()) replaceWeights(graph, node, index, divided[position] as Constant)
  return true
}

/** A constant with an element for each channel. */
function divide(constant: Constant, factors: Float64Array): Constant | null {
  const values = constant.values() as Float32Array
  const divided = values.map((value, channel) => value / (factors[channel] as number))
  return divided.every(Number.isFinite) ? Constant.of('f32', constant.shape, divided) : null
}

/** A constant with one element for all channels, as one with an element for each. */
function spreadOver({ channels, channelAxis }: Channels, constant: Constant): Constant {
  const [value] = constant.values() as Float32Array
  const shape = [channels, ...new Array<number>(-channelAxis - 1).fill(1)]
  return Constant.of('f32', shape, new Float32Array(channels).fill(value as number))
}
