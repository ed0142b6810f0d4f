import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { type InferredShapes, inferShapes } from '../../graph/shapes/infer-shapes.js'
import { unknownFacts } from '../../graph/shapes/rule.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { floatTypes } from '../plan-reductions.js'

/** Operators of whose input only the shape matters: what follows is computed on the host, and is never quantized. */
const shapeOperators = ['Shape', 'Size']

/** Operators whose first output has the elements of their first input, perhaps in another order. */
const keepsElements = [
  'Identity',
  'Dropout',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'DepthToSpace',
  'SpaceToDepth',
]

/** Operators whose outputs hold elements of their data, or copies of them, and nothing else. */
const movesElements = [...keepsElements, 'Slice', 'Split', 'Gather', 'Concat', 'Expand', 'Tile', 'Pad', 'MaxPool']

/**
 * Tensors that hold elements of inputs and nothing else. TensorRT's own tables have the whole range of these, whatever the
 * calibrator: pixels have no long tail that is worth clipping.
 */
export function listInputCopies(graph: Graph): Set<string> {
  const copies = new Set<GraphTensor>(graph.inputs)
  for (const node of sortNodes(graph)) {
    if (!node.is(...movesElements)) continue
    const data = node.is('Concat') ? node.inputs : node.inputs.slice(0, 1)
    if (!data.every((input) => input !== null && copies.has(input))) continue
    for (const output of node.outputs) if (output !== null) copies.add(output)
  }
  return new Set([...copies].map(({ name }) => name))
}

/** Tensors with the same elements, from the one that computes them to the given one. Their range is the same. */
export function listSameElements(tensor: GraphTensor): GraphTensor[] {
  const chain = [tensor]
  for (;;) {
    const [{ producer }] = chain as [GraphTensor]
    const input = producer?.is(...keepsElements) && producer.outputs[0] === chain[0] ? producer.inputs[0] : null
    if (!input || input.isOuter) return chain
    chain.unshift(input)
  }
}

/**
 * Tensors of an ONNX model that TensorRT asks a scale for: floating point inputs, and what nodes compute from inputs.
 * Its ONNX parser calls them as the file does.
 *
 * Not among them: constants, and what is computed from constants or shapes alone, which the parser folds; tensors inside of
 * If, Loop and Scan. What the parser adds of its own, such as the product of a Gemm before its bias, is called
 * `(Unnamed Layer* 8) [Matrix Multiply]_output` after its place in the network, and is in no ONNX file.
 */
export function listTableTensors(graph: Graph, shapes: InferredShapes = inferShapes(graph)): string[] {
  const active = new Set<GraphTensor>(graph.inputs)
  const names: string[] = []
  const collect = (tensor: GraphTensor) => {
    const { elementType } = shapes.get(tensor) ?? unknownFacts
    if (elementType === null || floatTypes.includes(elementType)) names.push(tensor.name)
  }
  for (const input of graph.inputs) collect(input)
  for (const node of sortNodes(graph)) {
    if (node.is(...shapeOperators)) continue
    const isActive = [...node.inputs, ...node.captured].some((input) => input !== null && active.has(input))
    if (!isActive) continue
    for (const output of node.outputs) {
      if (output === null) continue
      active.add(output)
      collect(output)
    }
  }
  return names
}
