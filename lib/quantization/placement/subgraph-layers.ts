import { subgraphsOf } from '../../graph/attributes.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphMessage } from '../../model/onnx-messages.js'
import type { SkippedNode } from '../quantizer.js'

const computing = new Set(['Conv', 'ConvTranspose', 'GRU', 'Gemm', 'LSTM', 'MatMul', 'RNN'])

/**
 * What stays float inside a node that holds graphs of its own (If, Loop, Scan): the node itself, and the layers within,
 * through any depth.
 */
export function listSubgraphLayers(node: GraphNode): SkippedNode[] {
  if (!node.hasSubgraphs) return []
  const reason = `inside ${node.type}, whose subgraphs stay float`
  const skipped: SkippedNode[] = [{ node: node.label, operator: node.operator, reason: 'its subgraphs stay float' }]
  const look = (graph: GraphMessage, path: string): void => {
    for (const { domain = '', type = '', name, outputs, attributes } of graph.nodes) {
      const label = `${path}/${name || `${type} -> ${outputs[0] ?? 'nothing'}`}`
      if ((domain === '' || domain === 'ai.onnx') && computing.has(type)) skipped.push({ node: label, operator: type, reason })
      for (const value of attributes) for (const inner of subgraphsOf(value)) look(inner, label)
    }
  }
  for (const value of node.attributes.values()) for (const graph of subgraphsOf(value)) look(graph, node.label)
  return skipped
}
