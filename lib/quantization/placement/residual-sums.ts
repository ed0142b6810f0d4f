import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import type { InferredShapes } from '../../graph/shapes/infer-shapes.js'

/** Operators that an engine computes together with the sum before them. */
const activationOperators = ['Relu', 'Clip', 'LeakyRelu', 'PRelu', 'HardSwish', 'Sigmoid', 'Elu']
const movingBehind = ['MaxPool', 'Concat', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'Split', 'Resize']

/**
 * Sums of two activations of which at least one is what a convolution on integers writes for the sum alone: engines add
 * them inside the convolution. A sum that no operator on integers reads is left out.
 *
 * @returns for each sum which operand the convolution that comes last writes
 */
export function findResidualSums(
  order: readonly GraphNode[],
  integer: ReadonlySet<GraphNode>,
  shapes: InferredShapes,
): Map<GraphNode, 0 | 1> {
  const sums = new Map<GraphNode, 0 | 1>()
  const positions = new Map(order.map((node, position) => [node, position]))
  const feedsIntegers = new Map<GraphTensor, boolean>()
  for (const node of [...order].reverse()) {
    for (const output of node.outputs) {
      if (output === null) continue
      feedsIntegers.set(
        output,
        output.uses.some((use) => leadsToIntegers(use.node)),
      )
    }
    const operand = convolutionOperand(node, integer, shapes, positions)
    if (operand !== null && feedsIntegers.get(node.outputs[0] as GraphTensor)) sums.set(node, operand)
  }
  return sums

  function leadsToIntegers(reader: GraphNode): boolean {
    if (integer.has(reader) || sums.has(reader)) return true
    if (!reader.is(...activationOperators, ...movingBehind)) return false
    return reader.outputs.some((output) => output !== null && feedsIntegers.get(output) === true)
  }
}

function convolutionOperand(
  node: GraphNode,
  integer: ReadonlySet<GraphNode>,
  shapes: InferredShapes,
  positions: ReadonlyMap<GraphNode, number>,
): 0 | 1 | null {
  const [left = null, right = null] = node.inputs
  if (!node.is('Add') || left === null || right === null || left === right) return null
  if (left.constant !== null || right.constant !== null) return null
  const [a, b] = [shapes.get(left)?.shape ?? null, shapes.get(right)?.shape ?? null]
  if (a === null || b === null || JSON.stringify(a) !== JSON.stringify(b)) return null
  const positionOf = (tensor: GraphTensor) => {
    const { producer } = tensor
    const isWritten = producer !== null && integer.has(producer) && producer.is('Conv') && tensor.soleConsumer === node
    return isWritten ? (positions.get(producer) ?? -1) : -1
  }
  const [first, second] = [positionOf(left), positionOf(right)]
  if (first < 0 && second < 0) return null
  return first > second ? 0 : 1
}
