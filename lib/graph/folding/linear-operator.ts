import { attribute } from '../attributes.js'
import { Constant } from '../constant.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import type { InferredShapes } from '../shapes/infer-shapes.js'

/** A place where a node reads a constant. */
interface ConstantInput {
  readonly node: GraphNode
  readonly index: number
}

/**
 * A product with constant weights and, maybe, a bias: Conv, ConvTranspose, Gemm, MatMul, or MatMul and the Add behind it.
 * Each of its output channels can be scaled and shifted by changing the constants alone.
 */
export interface LinearOperator {
  /** The node that multiplies. */
  readonly node: GraphNode
  readonly output: GraphTensor
  readonly channels: number
  /** Axis of the channels in the output, counted from the end: -1 is the last. */
  readonly channelAxis: number
  /** Number of dimensions of the output; null where it is not known. */
  readonly rank: number | null
  readonly weights: ConstantInput
  /** Null where there is none and none can be added. */
  readonly bias: ConstantInput | null
  /** Channel that an element of the weights belongs to. */
  readonly channelOf: (index: number) => number
}

/** The linear operator that writes a tensor; null where none does whose constants could be changed. */
export function findLinearOperator(tensor: GraphTensor, shapes: InferredShapes): LinearOperator | null {
  const { producer } = tensor
  if (producer === null) return null
  const linear = describeProducer(producer, tensor, shapes)
  if (linear === null) return null
  const bias = linear.bias && (linear.bias.node.inputs[linear.bias.index] ?? null)
  return bias === null || hasBiasShape(bias, linear) ? linear : null
}

function describeProducer(node: GraphNode, output: GraphTensor, shapes: InferredShapes): LinearOperator | null {
  if (node.is('Add')) return describeBiasedProduct(node, output, shapes)
  const weights = node.inputs[1]?.constant ?? null
  if (weights === null || weights.elementType !== 'f32') return null
  const { shape } = weights
  const rank = shapes.get(output)?.shape?.length ?? null
  const common = { node, output, weights: { node, index: 1 } }
  if (node.is('Conv') && shape.length >= 3) {
    const perChannel = weights.elements / (shape[0] as number)
    const channelOf = (index: number) => Math.floor(index / perChannel)
    const channelAxis = 1 - shape.length
    return { ...common, channels: shape[0] as number, channelAxis, rank: shape.length, bias: { node, index: 2 }, channelOf }
  }
  if (node.is('ConvTranspose') && shape.length >= 3) {
    const groups = node.int('group', 1)
    const [inputs, perGroup] = [shape[0] as number, shape[1] as number]
    const kernel = weights.elements / (inputs * perGroup)
    const channelOf = (index: number) => {
      const input = Math.floor(index / (perGroup * kernel))
      return Math.floor((input * groups) / inputs) * perGroup + (Math.floor(index / kernel) % perGroup)
    }
    const channelAxis = 1 - shape.length
    return { ...common, channels: perGroup * groups, channelAxis, rank: shape.length, bias: { node, index: 2 }, channelOf }
  }
  if (node.is('Gemm') && shape.length === 2) {
    const isTransposed = node.int('transB', 0) === 1
    const [rows, columns] = shape as [number, number]
    const channelOf = isTransposed ? (index: number) => Math.floor(index / columns) : (index: number) => index % columns
    return { ...common, channels: isTransposed ? rows : columns, channelAxis: -1, rank: 2, bias: { node, index: 2 }, channelOf }
  }
  if (node.is('MatMul') && shape.length >= 2) {
    const columns = shape.at(-1) as number
    return { ...common, channels: columns, channelAxis: -1, rank, bias: null, channelOf: (index) => index % columns }
  }
  return null
}

function describeBiasedProduct(node: GraphNode, output: GraphTensor, shapes: InferredShapes): LinearOperator | null {
  for (const index of [0, 1]) {
    const product = node.inputs[1 - index] ?? null
    const { producer } = product ?? {}
    if (!node.inputs[index]?.constant || product?.soleConsumer !== node || !producer?.is('MatMul')) continue
    const linear = describeProducer(producer, product, shapes)
    return linear && { ...linear, output, bias: { node, index } }
  }
  return null
}

// One element for each channel, or one for all; nothing that differs between rows.
function hasBiasShape(bias: GraphTensor, linear: LinearOperator): boolean {
  if (bias.constant === null) return false
  if (linear.node.is('Conv', 'ConvTranspose'))
    return bias.constant.elements === linear.channels && bias.constant.elementType === 'f32'
  return readPerChannel(bias.constant, linear) !== null
}

/**
 * A constant operand of an elementwise operator behind a linear one, as a value per channel; null where it is not that,
 * or would change the shape.
 */
export function readPerChannel(constant: Constant, { channels, channelAxis, rank }: LinearOperator): Float64Array | null {
  const { shape } = constant
  if (constant.elementType !== 'f32' || shape.length > (rank ?? 1)) return null
  const at = shape.length + channelAxis
  if (!shape.every((length, axis) => length === 1 || (axis === at && length === channels))) return null
  const numbers = constant.numbers()
  if (numbers === null || (numbers.length !== 1 && numbers.length !== channels)) return null
  return numbers.length === channels ? Float64Array.from(numbers) : new Float64Array(channels).fill(numbers[0] as number)
}

/**
 * Makes each channel `scale` times what it was, plus `shift`. Constants that others read too are not touched: the
 * operator gets its own. Computed in float64, stored in float32.
 *
 * @returns false where the shift has no place, or a value leaves the range of float32: then nothing was changed
 */
export function rescaleChannels(graph: Graph, linear: LinearOperator, scale: Float64Array, shift: Float64Array): boolean {
  const { weights, bias, channels, channelOf, node } = linear
  const isShifted = shift.some((value) => value !== 0)
  if (bias === null && isShifted) return false
  const old = (weights.node.inputs[weights.index] as GraphTensor).constant as Constant
  const values = old.values() as Float32Array
  const scaled = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) scaled[i] = (values[i] as number) * (scale[channelOf(i)] as number)
  const beta = node.is('Gemm') && bias?.node === node ? node.float('beta', 1) : 1
  const before = bias?.node.inputs[bias.index]?.constant ?? null
  const offsets = before === null ? new Float64Array(channels) : biasPerChannel(before, linear)
  const moved = new Float32Array(channels)
  for (let i = 0; i < channels; i++) moved[i] = (offsets[i] as number) * beta * (scale[i] as number) + (shift[i] as number)
  if (!moved.every(Number.isFinite) || !scaled.every(Number.isFinite)) return false
  storeConstant(graph, weights, Constant.of('f32', old.shape, scaled), `${node.label}_weight`)
  if (bias !== null && (before !== null || isShifted)) {
    storeConstant(graph, bias, Constant.of('f32', [channels], moved), `${node.label}_bias`)
    if (beta !== 1) node.attributes.set('beta', attribute.float('beta', 1))
  }
  return true
}

/**
 * Adds a number to each channel through the bias, which is added where there is none but could be. A bias that others
 * read too is not touched: the operator gets its own.
 *
 * @returns false where the shift has no place, or a value leaves the range of float32: then nothing was changed
 */
export function shiftChannels(graph: Graph, linear: LinearOperator, shift: Float64Array): boolean {
  const { bias, channels, node } = linear
  if (bias === null) return false
  const beta = node.is('Gemm') && bias.node === node ? node.float('beta', 1) : 1
  const before = bias.node.inputs[bias.index]?.constant ?? null
  const offsets = before === null ? new Float64Array(channels) : biasPerChannel(before, linear)
  const moved = new Float32Array(channels)
  for (let i = 0; i < channels; i++) moved[i] = (offsets[i] as number) * beta + (shift[i] as number)
  if (!moved.every(Number.isFinite)) return false
  storeConstant(graph, bias, Constant.of('f32', [channels], moved), `${node.label}_bias`)
  if (beta !== 1) node.attributes.set('beta', attribute.float('beta', 1))
  return true
}

function biasPerChannel(bias: Constant, linear: LinearOperator): Float64Array {
  if (linear.node.is('Conv', 'ConvTranspose')) return Float64Array.from(bias.numbers() ?? [])
  return readPerChannel(bias, linear) as Float64Array
}

function storeConstant(graph: Graph, { node, index }: ConstantInput, constant: Constant, hint: string): void {
  const tensor = node.inputs[index] ?? null
  if (tensor !== null && tensor.soleConsumer === node) graph.setConstant(tensor, constant)
  else graph.setInput(node, index, graph.addConstant(tensor?.name ?? hint, constant))
}

/** Lets the linear operator write what a node behind it wrote, and takes that node out. */
export function absorbNode(graph: Graph, linear: LinearOperator, node: GraphNode): void {
  const writer = linear.output.producer as GraphNode
  const output = node.outputs[0] as GraphTensor
  graph.removeNode(node)
  graph.setOutput(writer, writer.outputs.indexOf(linear.output), output)
  graph.removeTensor(linear.output)
}
