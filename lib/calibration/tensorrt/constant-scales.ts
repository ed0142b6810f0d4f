import type { Constant } from '../../graph/constant.js'
import { constantOfNode } from '../../graph/constant-of-node.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { toFloat32 } from '../../tensor/convert-elements.js'
import type { ElementArray, FixedSizeElementType } from '../../tensor/element-type.js'
import { floatTypes } from '../plan-reductions.js'
import { scaleOfRange } from './scale-hex.js'

/** Operators that TensorRT gives constants to as weights or numbers of the layer: no tensor of the network, so no scale. */
const takesParameters = [
  'Conv',
  'ConvTranspose',
  'BatchNormalization',
  'InstanceNormalization',
  'Clip',
  'Resize',
  'Pad',
  'Dropout',
]

/**
 * Scales of the constants that are operands of layers, such as the weights of a MatMul, by the names that TensorRT's parser
 * gives them from version 10 on: the ONNX name with `_output` behind it. Before, these tensors were called after their
 * place in the network. The range of a constant is that of its elements, whatever the calibrator.
 */
export function scaleConstants(graph: Graph): Map<string, number> {
  const scales = new Map<string, number>()
  const add = (tensor: GraphTensor, constant: Constant | null) => {
    if (constant === null || !floatTypes.includes(constant.elementType) || !isOperand(tensor)) return
    const magnitude = magnitudeOf(constant)
    if (Number.isFinite(magnitude)) scales.set(`${tensor.name}_output`, scaleOfRange(magnitude))
  }
  for (const tensor of graph.tensors.values()) add(tensor, tensor.constant)
  for (const node of graph.nodes) {
    const [output] = node.outputs
    if (node.is('Constant') && output) add(output, constantOfNode(node))
  }
  return scales
}

function isOperand({ uses }: GraphTensor): boolean {
  return uses.some(({ node, index }) => !isParameter(node, index))
}

function isParameter(node: GraphNode, index: number): boolean {
  return index > 0 && node.is(...takesParameters)
}

/** The largest absolute element. */
function magnitudeOf(constant: Constant): number {
  const type = constant.elementType as FixedSizeElementType
  const values = toFloat32(type, constant.values() as ElementArray<FixedSizeElementType>, { elementCount: constant.elements })
  let magnitude = 0
  for (const value of values) magnitude = Math.max(magnitude, Math.abs(value))
  return magnitude
}
