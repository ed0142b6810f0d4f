import { nameOnnxType, onnxElementTypes } from '../../model/onnx-types.js'
import { toFloat32 } from '../../tensor/convert-elements.js'
import type { ElementArray } from '../../tensor/element-type.js'
import { type AttributeValue, attribute } from '../attributes.js'
import { Constant } from '../constant.js'
import type { Graph } from '../graph.js'
import type { GraphNode } from '../graph-node.js'
import type { GraphTensor } from '../graph-tensor.js'
import type { FoldingPass } from './folding-pass.js'

type Half = 'f16' | 'bf16'

// Attributes that name the element type of what a node writes.
const typeAttributes = ['to', 'dtype', 'output_datatype']

/**
 * Networks in floats of 16 bits compute in float32: weights become float32, each number the same; inputs and outputs of the
 * model keep their types, with a Cast behind or before. So there is one kind of float for all that comes after.
 *
 * All or nothing, since most operators want operands of one type: not where there are subgraphs or operators that are
 * not standard ones, which may want the very type that they read now.
 */
export const widenHalves: FoldingPass = {
  name: 'half-floats',
  apply(graph) {
    if (!isWidenable(graph)) return []
    const tensors = [...graph.tensors.values()]
    const widenedNodes = [...graph.nodes].filter(widenNode)
    const widenedTensors = tensors.filter((tensor) => widenTensor(graph, tensor))
    if (widenedNodes.length === 0 && widenedTensors.length === 0) return []
    return [{ pass: this.name, nodes: [], into: '' }]
  },
}

function isWidenable({ nodes, tensors, source }: Graph): boolean {
  if ((source?.functions.length ?? 0) > 0) return false
  for (const node of nodes) if (node.domain !== '' || node.hasSubgraphs) return false
  for (const tensor of tensors.values()) if (tensor.isOuter) return false
  return true
}

/** Lets a node write float32 that says in its attributes that it writes less; false where none does. */
function widenNode(node: GraphNode): boolean {
  if (writesOutputType(node)) return false
  const widened: AttributeValue[] = []
  for (const [name, { int, tensor }] of node.attributes) {
    if (typeAttributes.includes(name) && int !== undefined && isHalf(nameOnnxType(int)))
      widened.push(attribute.int(name, float32))
    const constant = tensor === undefined ? null : widenConstant(Constant.fromMessage(tensor))
    if (constant !== null) widened.push(attribute.tensor(name, constant.toMessage(tensor?.name ?? '')))
  }
  for (const value of widened) node.attributes.set(value.name as string, value)
  return widened.length > 0
}

/** A Cast to the type that an output of the model has for the outside. */
function writesOutputType(node: GraphNode): boolean {
  return node.is('Cast') && node.outputs[0]?.isGraphOutput === true
}

/** Makes a tensor one of float32, or lets nodes write or read another one in its place; false where there is nothing to do. */
function widenTensor(graph: Graph, tensor: GraphTensor): boolean {
  const { constant, producer, elementType, shape } = tensor
  if (!isHalf(elementType)) return false
  const widened = constant && widenConstant(constant)
  if (!tensor.isGraphOutput && !tensor.isGraphInput) {
    if (widened !== null) graph.setConstant(tensor, widened)
    else tensor.elementType = 'f32'
    return true
  }
  if (producer !== null && !writesOutputType(producer)) {
    const wide = graph.addTensor(`${tensor.name}_f32`, { elementType: 'f32', shape })
    graph.setOutput(producer, producer.outputs.indexOf(tensor), wide)
    graph.replaceUses(tensor, wide)
    graph.addNode({ ...castTo(typeNumber(elementType)), inputs: [wide], outputs: [tensor] })
    return true
  }
  // A Cast reads any type.
  const uses = tensor.uses.filter(({ node }) => !node.is('Cast'))
  if (uses.length === 0) return false
  const wide = widened === null ? graph.insertAfter(tensor, castTo(float32), uses) : graph.addConstant(tensor.name, widened)
  wide.elementType = 'f32'
  for (const { node, index } of uses) graph.setInput(node, index, wide)
  return true
}

/** null where it is none of 16 bits. */
function widenConstant(constant: Constant): Constant | null {
  const { elementType, shape } = constant
  if (!isHalf(elementType)) return null
  return Constant.of('f32', shape, toFloat32(elementType, constant.values() as ElementArray<Half>))
}

function castTo(type: number) {
  return { type: 'Cast', attributes: [attribute.int('to', type)] }
}

function typeNumber(type: string): number {
  return onnxElementTypes.findIndex(({ name }) => name === type)
}

const float32 = typeNumber('f32')

function isHalf(type: string | null): type is Half {
  return type === 'f16' || type === 'bf16'
}
