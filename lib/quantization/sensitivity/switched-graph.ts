import { cloneGraphWithMap } from '../../graph/clone-graph.js'
import { Constant } from '../../graph/constant.js'
import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { movingOperators } from '../targets/target.js'
import { addSimulatedQuantizer, restoreWeights } from '../verification/simulate-quantizers.js'

/** A float graph in which every quantized layer is there twice, in float and quantized, with a switch for each. */
export interface SwitchedGraph {
  readonly graph: Graph
  /** An input, f32 with an element for each layer: 0 is float, 1 quantized. */
  readonly switches: string
  /** Nodes of the float graph, in the order of the switches and of the computation. */
  readonly layers: readonly GraphNode[]
  /** Outputs by the name of the float graph's output. */
  readonly outputs: ReadonlyMap<string, string>
}

/**
 * Makes one model that can run with any set of layers quantized, so that what a layer costs shows without making,
 * compiling and calibrating a model for it. Neither graph is changed.
 *
 * @param float as it was quantized
 * @param quantized what became of a copy of it
 * @param twins nodes of the copy, in the order of the float graph's nodes
 */
export function switchLayers(float: Graph, quantized: Graph, twins: readonly GraphNode[]): SwitchedGraph {
  const { graph, tensors } = cloneGraphWithMap(float)
  const originals = [...float.nodes]
  const copies = [...graph.nodes]
  const places = new Map(originals.map((node, index) => [node, index]))
  const order = sortNodes(float).map((node) => places.get(node) as number)
  const layers = order.filter((index) => isQuantizedLayer(twins[index] as GraphNode))
  const switches = graph.addTensor('layer_switches', { elementType: 'f32', shape: [layers.length] })
  graph.addInput(switches)
  const builder = new SwitchBuilder(graph, quantized)
  const gates = new Map<GraphNode, GraphTensor>()
  for (const [position, index] of layers.entries()) {
    const gate = builder.gateOf(switches, position)
    gates.set(copies[index] as GraphNode, gate)
    builder.switchNode(copies[index] as GraphNode, twins[index] as GraphNode, gate)
  }
  // A bias that was corrected may stand in a sum of its own behind the layer.
  for (const index of order) {
    const [copy, twin] = [copies[index] as GraphNode, twins[index] as GraphNode]
    if (!gates.has(copy)) builder.switchConstants(copy, twin, gates)
  }
  const outputs = float.outputs.map((output) => [output.name, builder.latest(tensors.get(output) as GraphTensor)] as const)
  for (const output of [...graph.outputs]) graph.removeOutput(output)
  const shown = new Map<string, string>()
  for (const [name, tensor] of outputs) {
    const own =
      tensor.producer !== null && !tensor.isGraphOutput
        ? tensor
        : graph.addOperator({ type: 'Identity', inputs: [tensor] }, `${name}/out`, tensor)
    graph.addOutput(own)
    shown.set(name, own.name)
  }
  return { graph, switches: switches.name, layers: layers.map((index) => originals[index] as GraphNode), outputs: shown }
}

/** True where a node computes on what quantizers write; weights that are stored as integers alone make no layer one. */
function isQuantizedLayer(node: GraphNode): boolean {
  if (node.is(...movingOperators, 'DequantizeLinear', 'QuantizeLinear')) return false
  return node.inputs.some((input) => input !== null && findQuantizer(input)?.inputs[0]?.constant === null)
}

/** The DequantizeLinear whose numbers a tensor holds, moved or not. */
function findQuantizer(tensor: GraphTensor): GraphNode | null {
  let node = tensor.producer
  while (node?.is(...movingOperators)) node = node.inputs[0]?.producer ?? null
  return node?.is('DequantizeLinear') ? node : null
}

class SwitchBuilder {
  readonly #simulated = new Map<string, GraphTensor>()
  /** What stands for a tensor now. */
  readonly #latest = new Map<GraphTensor, GraphTensor>()

  constructor(
    readonly graph: Graph,
    readonly quantized: Graph,
  ) {}

  latest(tensor: GraphTensor): GraphTensor {
    return this.#latest.get(tensor) ?? tensor
  }

  gateOf(switches: GraphTensor, position: number): GraphTensor {
    const index = this.graph.addConstant('layer_switch', Constant.of('i64', [], BigInt64Array.of(BigInt(position))))
    return this.graph.addOperator({ type: 'Gather', inputs: [switches, index] }, 'layer_switch', {
      elementType: 'f32',
      shape: [],
    })
  }

  switchNode(node: GraphNode, twin: GraphNode, gate: GraphTensor): void {
    const inputs = node.inputs.map((input, index) => this.#quantizedInput(input, twin.inputs[index] ?? null))
    const float = node.outputs[0] as GraphTensor
    const { type, domain, attributes } = node
    const own = this.graph.addOperator(
      { type, domain, attributes: [...attributes.values()], inputs },
      `${float.name}/quantized`,
      float,
    )
    this.#blend(float, own, gate)
  }

  switchConstants(node: GraphNode, twin: GraphNode, gates: ReadonlyMap<GraphNode, GraphTensor>): void {
    const changed = node.inputs.findIndex((input, index) => {
      const other = twin.inputs[index]?.constant ?? null
      return input?.constant != null && other !== null && other !== input.constant && other.elementType === 'f32'
    })
    if (changed === -1) return
    const gate = node.inputs.map((input) => input && this.#layerBehind(input, gates)).find((found) => found)
    const output = node.outputs[0]
    if (!gate || !output) return
    const inputs = [...node.inputs]
    const constant = (twin.inputs[changed] as GraphTensor).constant as Constant
    inputs[changed] = this.graph.addConstant(`${node.inputs[changed]?.name}/corrected`, constant)
    const { type, domain, attributes } = node
    const own = this.graph.addOperator(
      { type, domain, attributes: [...attributes.values()], inputs },
      `${output.name}/corrected`,
      output,
    )
    this.#blend(output, own, gate)
  }

  #layerBehind(tensor: GraphTensor, gates: ReadonlyMap<GraphNode, GraphTensor>): GraphTensor | null {
    // The sum reads the blend, which reads the layer.
    for (const [layer, gate] of gates) {
      const output = layer.outputs[0]
      if (output && (output === tensor || this.latest(output) === tensor)) return gate
    }
    return null
  }

  /** float + gate * (other - float), read by all who read the first. */
  #blend(float: GraphTensor, other: GraphTensor, gate: GraphTensor): void {
    const readers = float.uses.filter(({ node }) => node.outputs[0] !== other)
    const apply = (type: string, inputs: readonly GraphTensor[], what: string) =>
      this.graph.addOperator({ type, inputs }, `${float.name}/${what}`, { elementType: 'f32', shape: float.shape })
    const difference = apply('Sub', [other, float], 'difference')
    const blended = apply('Add', [float, apply('Mul', [difference, gate], 'share')], 'switched')
    for (const { node, index } of readers) this.graph.setInput(node, index, blended)
    this.#latest.set(float, blended)
  }

  /** What the quantized layer reads in place of an input. */
  #quantizedInput(input: GraphTensor | null, twin: GraphTensor | null): GraphTensor | null {
    if (input === null || twin === null) return input
    if (twin.constant !== null) {
      return twin.constant === input.constant ? input : this.graph.addConstant(`${input.name}/corrected`, twin.constant)
    }
    const dequantize = findQuantizer(twin)
    if (dequantize === null) return input
    const [integers = null] = dequantize.inputs
    const key = `${input.name} ${dequantize.outputs[0]?.name}`
    const made = this.#simulated.get(key) ?? this.#simulate(input, integers, dequantize)
    this.#simulated.set(key, made)
    return made
  }

  #simulate(input: GraphTensor, integers: GraphTensor | null, dequantize: GraphNode): GraphTensor {
    if (integers?.constant != null)
      return this.graph.addConstant(`${input.name}/restored`, restoreWeights(dequantize, integers.constant))
    const quantize = integers?.producer
    return quantize?.is('QuantizeLinear') ? addSimulatedQuantizer(this.graph, input, quantize, dequantize) : input
  }
}
