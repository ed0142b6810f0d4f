import { Graph } from './graph.js'
import type { GraphTensor } from './graph-tensor.js'

/** A graph of its own, which can be edited without changing the first. Constants are shared: they never change. */
export function cloneGraph(graph: Graph): Graph {
  return cloneGraphWithMap(graph).graph
}

/** As {@link cloneGraph}, with the way from each tensor to its copy. */
export function cloneGraphWithMap(graph: Graph): { graph: Graph; tensors: Map<GraphTensor, GraphTensor> } {
  const copy = new Graph(new Map(graph.opsets), graph.source)
  const tensors = new Map<GraphTensor, GraphTensor>()
  for (const tensor of graph.tensors.values()) {
    const twin = copy.addTensor(tensor.name, tensor)
    twin.constant = tensor.constant
    twin.isOuter = tensor.isOuter
    tensors.set(tensor, twin)
  }
  const twinOf = (tensor: GraphTensor | null) => (tensor === null ? null : (tensors.get(tensor) as GraphTensor))
  for (const input of graph.inputs) copy.addInput(twinOf(input) as GraphTensor)
  for (const node of graph.nodes) {
    const { type, domain, name, attributes, source } = node
    const inputs = node.inputs.map(twinOf)
    const outputs = node.outputs.map(twinOf)
    const twin = copy.addNode({ type, domain, name, attributes: [...attributes.values()], inputs, outputs }, source)
    for (const tensor of node.captured) copy.addCapture(twin, twinOf(tensor) as GraphTensor)
  }
  for (const output of graph.outputs) copy.addOutput(twinOf(output) as GraphTensor)
  for (const name of graph.reservedNames) copy.reservedNames.add(name)
  return { graph: copy, tensors }
}
