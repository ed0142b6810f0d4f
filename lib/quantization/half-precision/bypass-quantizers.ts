import { cloneGraph } from '../../graph/clone-graph.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { removeDeadNodes } from '../../graph/remove-dead-nodes.js'
import { restoreWeights } from '../verification/simulate-quantizers.js'

/**
 * A quantized graph without its quantizers: what stood before one is read as it is, weights are the floats that their integers
 * mean. It tells how far values reach nearly as well as with them, and runs at the speed of the float model. The graph is
 * not changed.
 */
export function bypassQuantizers(quantized: Graph): Graph {
  const graph = cloneGraph(quantized)
  for (const node of [...graph.nodes]) {
    if (!node.is('DequantizeLinear')) continue
    const [integers = null] = node.inputs
    const output = node.outputs[0] as GraphTensor
    if (integers?.constant) graph.setConstant(output, restoreWeights(node, integers.constant))
    else if (integers?.producer?.is('QuantizeLinear') && !output.isGraphOutput)
      graph.replaceUses(output, integers.producer.inputs[0] as GraphTensor)
  }
  removeDeadNodes(graph)
  return graph
}
