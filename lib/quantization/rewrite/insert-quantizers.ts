import { engineryError } from '../../errors/enginery-error.js'
import { attribute } from '../../graph/attributes.js'
import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { QuantizerParameters, TensorUse } from '../quantizer.js'
import { requireScale } from './require-scale.js'

/** A quantizer with its range known. */
export interface PlacedQuantizer {
  /** Name of the tensor. */
  readonly tensor: string
  /** Who reads it through the quantizer. */
  readonly uses: readonly TensorUse[]
  readonly parameters: QuantizerParameters
}

/**
 * Puts a QuantizeLinear and a DequantizeLinear between tensors and some who read them. Quantizers of one tensor with the
 * same parameters are one pair. Outputs of the graph, subgraphs and all other uses go on reading the float tensor.
 *
 * The graph must be of opset 13 or later. What cannot be a quantizer (a scale that is not positive and normal in f32, a
 * use that does not read the tensor) is a fault of the caller and throws BUG.
 */
export function insertQuantizers(graph: Graph, quantizers: readonly PlacedQuantizer[]): void {
  const pairs = new Map<string, GraphTensor>()
  for (const { tensor: name, uses, parameters } of quantizers) {
    const tensor = graph.tensors.get(name)
    if (tensor === undefined) throw bug(`there is no tensor ${name} to be quantized`)
    for (const { node, index } of uses) {
      if (node.inputs[index] !== tensor) throw bug(`input ${index} of ${node.label} is not ${name}`)
    }
    if (uses.length === 0) continue
    const { type, scale, zeroPoint } = parameters
    const key = `${type} ${scale} ${zeroPoint} ${name}`
    const pair = pairs.get(key) ?? addPair(graph, tensor, parameters)
    pairs.set(key, pair)
    for (const { node, index } of uses) graph.setInput(node, index, pair)
  }
}

const numbers = new WeakMap<Graph, number>()

// Small models are mostly names: what belongs to one quantizer has a letter and its number.
function nextNumber(graph: Graph): number {
  const number = numbers.get(graph) ?? 0
  numbers.set(graph, number + 1)
  return number
}

/** Adds the two nodes behind a tensor; what the second writes is read by nobody yet. */
function addPair(graph: Graph, tensor: GraphTensor, { type, scale, zeroPoint }: QuantizerParameters): GraphTensor {
  const [least, most] = type === 'i8' ? [-128, 127] : [0, 255]
  if (!Number.isInteger(zeroPoint) || zeroPoint < least || zeroPoint > most) {
    throw bug(`${zeroPoint} is no zero point of type ${type} for ${tensor.name}`)
  }
  const number = nextNumber(graph)
  const scaleTensor = graph.addConstant(`s${number}`, Constant.of('f32', [], Float32Array.of(requireScale(scale, tensor.name))))
  const zero = type === 'i8' ? Constant.of('i8', [], Int8Array.of(zeroPoint)) : Constant.of('u8', [], Uint8Array.of(zeroPoint))
  // A constant of its own for each: of zero points that several share, OpenVINO (2026.4.1) leaves products in float.
  const zeroTensor = graph.addConstant(`z${number}`, zero)
  // The nodes have no names of their own: they go by what they write.
  const quantized = graph.addOperator({ type: 'QuantizeLinear', inputs: [tensor, scaleTensor, zeroTensor] }, `q${number}`, {
    elementType: type,
    shape: tensor.shape,
  })
  return graph.addOperator({ type: 'DequantizeLinear', inputs: [quantized, scaleTensor, zeroTensor] }, `d${number}`, {
    elementType: 'f32',
    shape: tensor.shape,
  })
}

/**
 * Adds a DequantizeLinear that makes weights of integers.
 *
 * @param axis null: one scale for all
 */
export function addWeightDequantizer(
  graph: Graph,
  name: string,
  { values, scales, shape }: { values: Int8Array; scales: Float32Array; shape: readonly number[] },
  axis: number | null,
): GraphTensor {
  for (const scale of scales) requireScale(scale, name)
  const scaleShape = axis === null ? [] : [scales.length]
  const number = nextNumber(graph)
  const integers = graph.addConstant(`${name}/i8`, Constant.of('i8', shape, values))
  const scaleTensor = graph.addConstant(`s${number}`, Constant.of('f32', scaleShape, scales))
  return graph.addOperator(
    {
      type: 'DequantizeLinear',
      // Without a zero point, which is zero then.
      inputs: [integers, scaleTensor],
      attributes: axis === null ? [] : [attribute.int('axis', axis)],
    },
    `d${number}`,
    { elementType: 'f32', shape },
  )
}

function bug(reason: string): Error {
  return engineryError('BUG', { reason: `inserting quantizers: ${reason}` })
}
