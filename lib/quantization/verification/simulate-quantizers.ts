import { cloneGraph } from '../../graph/clone-graph.js'
import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { removeDeadNodes } from '../../graph/remove-dead-nodes.js'

/**
 * The same numbers as a quantized graph, in float arithmetic that no engine takes for quantizers: rounding and cutting off
 * written out, weights as the floats that their integers mean. The graph is not changed.
 */
export function simulateQuantizers(quantized: Graph): Graph {
  const graph = cloneGraph(quantized)
  for (const node of [...graph.nodes]) {
    if (!node.is('DequantizeLinear')) continue
    const [integers = null] = node.inputs
    if (integers === null) continue
    const output = node.outputs[0] as GraphTensor
    if (integers.constant !== null) graph.setConstant(output, restoreWeights(node, integers.constant))
    else if (integers.producer?.is('QuantizeLinear')) simulatePair(graph, integers.producer, node)
  }
  removeDeadNodes(graph)
  return graph
}

/** The floats that integer weights mean. */
export function restoreWeights(node: GraphNode, integers: Constant): Constant {
  const scales = node.inputs[1]?.constant?.values() as Float32Array
  const { shape } = integers
  const values = integers.values() as Int8Array
  const axis = node.int('axis', 1)
  const inner = scales.length === 1 ? values.length : shape.slice(axis + 1).reduce((product, length) => product * length, 1)
  const restored = new Float32Array(values.length)
  for (let start = 0, slice = 0; start < restored.length; start += inner, slice = (slice + 1) % scales.length) {
    const scale = scales[slice] as number
    for (let at = start; at < start + inner; at++) restored[at] = (values[at] as number) * scale
  }
  return Constant.of('f32', shape, restored)
}

function simulatePair(graph: Graph, quantize: GraphNode, dequantize: GraphNode): void {
  const input = quantize.inputs[0] as GraphTensor
  const output = dequantize.outputs[0] as GraphTensor
  const simulated = addSimulatedQuantizer(graph, input, quantize, dequantize)
  graph.removeNode(dequantize)
  graph.addNode({ type: 'Identity', inputs: [simulated], outputs: [output] })
}

/**
 * Adds the arithmetic of a pair of quantizers to a graph, which need not be the one that holds them.
 *
 * @returns what the second of them would write
 */
export function addSimulatedQuantizer(graph: Graph, input: GraphTensor, quantize: GraphNode, dequantize: GraphNode): GraphTensor {
  const zeroPoint = quantize.inputs[2]?.constant
  const isSigned = (zeroPoint?.elementType ?? 'u8') === 'i8'
  const zero = Number(zeroPoint?.numbers()?.[0] ?? 0)
  const scales = scalesOf(quantize, input)
  const scale = dequantize.inputs[1]?.constant?.values() as Float32Array
  const scalar = (value: number, what: string) =>
    graph.addConstant(`${input.name}/${what}`, Constant.of('f32', [], Float32Array.of(value)))
  const [least, most] = isSigned ? [-128, 127] : [0, 255]
  const apply = (type: string, inputs: readonly GraphTensor[], what: string) =>
    graph.addOperator({ type, inputs }, `${input.name}/${what}`, { elementType: 'f32', shape: input.shape })
  const divided = apply('Div', [input, graph.addConstant(`${input.name}/step`, scales)], 'steps')
  const rounded = apply('Round', [divided], 'rounded')
  const clipped = apply('Clip', [rounded, scalar(least - zero, 'least'), scalar(most - zero, 'most')], 'clipped')
  return apply('Mul', [clipped, scalar(scale[0] as number, 'unit')], 'simulated')
}

/** Scales that may differ along an axis, shaped so that they can be divided by. */
function scalesOf(quantize: GraphNode, input: GraphTensor): Constant {
  const scales = quantize.inputs[1]?.constant as Constant
  if (scales.elements === 1) return Constant.of('f32', [], (scales.values() as Float32Array).slice(0, 1))
  const rank = input.shape?.length ?? quantize.int('axis', 1) + 1
  const axis = quantize.int('axis', 1)
  const behind = (axis < 0 ? rank + axis : axis) + 1
  const shape = [scales.elements, ...new Array<number>(Math.max(0, rank - behind)).fill(1)]
  return Constant.of('f32', shape, scales.values() as Float32Array)
}
