import type { AttributeMessage, GraphMessage, NodeMessage, SparseTensorMessage, TensorMessage } from './onnx-messages.js'

type Change = (tensor: TensorMessage, holder: 'initializer' | 'attribute') => TensorMessage

/**
 * A graph with its tensors replaced, those of nodes and of graphs inside nodes included. Messages in which nothing was
 * replaced stay the objects they are.
 */
export function mapTensors(graph: GraphMessage, change: Change): GraphMessage {
  const asInitializer = (tensor: TensorMessage) => change(tensor, 'initializer')
  return replaceParts(graph, {
    initializers: mapList(graph.initializers, asInitializer),
    sparseInitializers: mapList(graph.sparseInitializers, (sparse) => mapSparse(sparse, asInitializer)),
    nodes: mapList(graph.nodes, (node) => mapNode(node, change)),
  })
}

function mapSparse(sparse: SparseTensorMessage, change: (tensor: TensorMessage) => TensorMessage): SparseTensorMessage {
  const { values, indices } = sparse
  return replaceParts(sparse, { ...(values && { values: change(values) }), ...(indices && { indices: change(indices) }) })
}

function mapNode(node: NodeMessage, change: Change): NodeMessage {
  return replaceParts(node, { attributes: mapList(node.attributes, (attribute) => mapAttribute(attribute, change)) })
}

function mapAttribute(attribute: AttributeMessage, change: Change): AttributeMessage {
  const inAttribute = (tensor: TensorMessage) => change(tensor, 'attribute')
  const { tensor, graph } = attribute
  return replaceParts(attribute, {
    ...(tensor && { tensor: inAttribute(tensor) }),
    ...(graph && { graph: mapTensors(graph, change) }),
    tensors: mapList(attribute.tensors, inAttribute),
    graphs: mapList(attribute.graphs, (part) => mapTensors(part, change)),
  })
}

function replaceParts<T extends object>(message: T, parts: Partial<T>): T {
  const changed = (Object.keys(parts) as (keyof T)[]).some((key) => parts[key] !== message[key])
  return changed ? { ...message, ...parts } : message
}

function mapList<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  const mapped = list.map(change)
  return mapped.every((item, index) => item === list[index]) ? list : mapped
}
