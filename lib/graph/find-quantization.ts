import type { GraphMessage } from '../model/onnx-messages.js'
import { subgraphsOf } from './attributes.js'
import type { Graph } from './graph.js'

/** Standard operators that only a quantized model has. */
const standardOperators = new Set([
  'ConvInteger',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'MatMulInteger',
  'QLinearConv',
  'QLinearMatMul',
  'QuantizeLinear',
])

/** Those that engines added in domains of their own: `QLinearAdd`, `DynamicQuantizeMatMul`, `MatMulNBits`, `FakeQuantize`, ... */
const foreignOperator =
  /^(QLinear|QGemm|QAttention|QMoE|QOrdered|Quantize|Dequantize|DynamicQuantize|FakeQuantize|MatMulInteger|MatMulNBits|GatherBlockQuantized)/

export interface Quantization {
  /** Of the operators found, with their domain where that is not the standard one, each with its count. */
  readonly operators: Readonly<Record<string, number>>
  /** Labels of all such nodes, those in subgraphs included. */
  readonly nodes: readonly string[]
}

/** What is quantized in a model already; null where nothing is. */
export function findQuantization(graph: Graph): Quantization | null {
  const operators: Record<string, number> = {}
  const nodes: string[] = []
  const look = (domain: string, type: string, label: string) => {
    const isQuantized = domain === '' ? standardOperators.has(type) : foreignOperator.test(type)
    if (!isQuantized) return
    const operator = domain === '' ? type : `${domain}.${type}`
    operators[operator] = (operators[operator] ?? 0) + 1
    nodes.push(label)
  }
  const lookInside = (message: GraphMessage): void => {
    for (const { domain = '', type = '', name, outputs, attributes } of message.nodes) {
      look(domain === 'ai.onnx' ? '' : domain, type, name || `${type} -> ${outputs[0] ?? 'nothing'}`)
      for (const value of attributes) subgraphsOf(value).forEach(lookInside)
    }
  }
  for (const node of graph.nodes) {
    look(node.domain, node.type, node.label)
    for (const value of node.attributes.values()) subgraphsOf(value).forEach(lookInside)
  }
  return nodes.length === 0 ? null : { operators, nodes }
}
