import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'

/** Activations that an engine leaves out where the quantizer behind them cuts off the same. */
const impliedOperators = ['Relu', 'Clip']

/**
 * The tensor to be quantized so that a layer writes integers: its own output, or that of a Relu or Clip which alone reads it.
 *
 * Null where the layer writes floats in any case: an output of the graph, or what a node reads that is left float (SiLU that
 * is spelled out: quantized before it, nets lose more than they gain).
 */
export function findIntegerOutput(node: GraphNode, exact: ReadonlyMap<GraphNode, string>): GraphTensor | null {
  let tensor = node.outputs[0] ?? null
  for (let reader = tensor?.soleConsumer ?? null; reader?.is(...impliedOperators); reader = tensor?.soleConsumer ?? null) {
    if (reader.inputs[0] !== tensor || exact.has(reader) || tensor?.isGraphOutput) break
    tensor = reader.outputs[0] ?? null
  }
  if (tensor === null || tensor.isGraphOutput || tensor.isCaptured || tensor.uses.length === 0) return null
  return tensor.uses.some(({ node: reader }) => exact.has(reader)) ? null : tensor
}
