import { encodeOnnxModel, type LoadedModel } from '../model/onnx-file.js'
import type { GraphMessage, NodeMessage, OpsetMessage, TensorMessage, ValueMessage } from '../model/onnx-messages.js'
import type { Graph } from './graph.js'
import type { GraphNode } from './graph-node.js'
import type { GraphTensor } from './graph-tensor.js'
import { sortNodes } from './sort-nodes.js'
import { isSameShape, messageFromType, typeFromMessage } from './value-types.js'

/**
 * The model that holds a graph. Metadata, functions and whatever else came with the graph's source are written again;
 * nodes, weights and values that were not edited are the very messages they came as.
 */
export function onnxFromGraph(graph: Graph): LoadedModel {
  const source: LoadedModel = graph.source ?? { opsets: [], metadata: [], functions: [], graph: emptyGraph }
  return replaceChanged(source, {
    irVersion: Math.max(source.irVersion ?? 0, irVersionOf(graph.opset)),
    graph: messageFromGraph(graph),
    opsets: messagesFromOpsets(graph, source.opsets),
  })
}

/** The bytes of {@link onnxFromGraph}: what an engine reads. */
export function encodeGraph(graph: Graph): Uint8Array {
  return encodeOnnxModel(onnxFromGraph(graph))
}

/** The graph alone, as an attribute holds it. */
export function messageFromGraph(graph: Graph): GraphMessage {
  const source = graph.source?.graph ?? emptyGraph
  const stated = new Map([...source.inputs, ...source.outputs].map((value) => [value.name ?? '', value]))
  const initializers: TensorMessage[] = []
  for (const { name, constant } of graph.tensors.values()) if (constant !== null) initializers.push(constant.toMessage(name))
  return replaceChanged(source, {
    nodes: sortNodes(graph).map(messageFromNode),
    initializers,
    inputs: graph.inputs.map((tensor) => messageFromPort(tensor, stated.get(tensor.name))),
    outputs: graph.outputs.map((tensor) => messageFromPort(tensor, stated.get(tensor.name))),
    values: source.values.filter((value) => isStillTrue(graph, value)),
  })
}

const emptyGraph: GraphMessage = {
  nodes: [],
  name: 'graph',
  initializers: [],
  inputs: [],
  outputs: [],
  values: [],
  sparseInitializers: [],
}

/** The first IR version whose readers know an opset; from 4 on initializers need not be inputs. */
function irVersionOf(opset: number): number {
  const firstOpsets: readonly [opset: number, ir: number][] = [
    [23, 11],
    [21, 10],
    [19, 9],
    [15, 8],
    [12, 7],
    [11, 6],
    [10, 5],
  ]
  return firstOpsets.find(([first]) => opset >= first)?.[1] ?? 4
}

function messageFromNode(node: GraphNode): NodeMessage {
  const source: NodeMessage = node.source ?? { inputs: [], outputs: [], attributes: [] }
  const nameOf = (tensor: GraphTensor | null) => tensor?.name ?? ''
  const domain = (source.domain ?? '') === 'ai.onnx' ? '' : (source.domain ?? '')
  return replaceChanged(source, {
    inputs: node.inputs.map(nameOf),
    outputs: node.outputs.map(nameOf),
    attributes: [...node.attributes.values()],
    ...(node.type !== (source.type ?? '') && { type: node.type }),
    ...(node.name !== (source.name ?? '') && { name: node.name }),
    ...(node.domain !== domain && { domain: node.domain }),
  })
}

function messageFromPort(tensor: GraphTensor, source: ValueMessage | undefined): ValueMessage {
  if (source === undefined) return messageFromType(tensor.name, tensor)
  const stated = typeFromMessage(source)
  // What was inferred for an output is not written over what the file says of it.
  const isSame = stated.elementType === tensor.elementType || tensor.elementType === null || stated.elementType === null
  if (isSame && (!tensor.isGraphInput || isSameShape(stated.shape, tensor.shape))) return source
  return { ...source, ...messageFromType(tensor.name, tensor) }
}

function isStillTrue(graph: Graph, value: ValueMessage): boolean {
  const tensor = graph.tensors.get(value.name ?? '')
  if (tensor === undefined || tensor.constant !== null || tensor.isGraphInput || tensor.isGraphOutput) return false
  const { elementType } = typeFromMessage(value)
  return elementType === null || elementType === tensor.elementType
}

function messagesFromOpsets(graph: Graph, source: readonly OpsetMessage[]): readonly OpsetMessage[] {
  const left = new Map(graph.opsets)
  const messages: OpsetMessage[] = []
  for (const message of source) {
    const domain = message.domain === 'ai.onnx' ? '' : (message.domain ?? '')
    const version = left.get(domain)
    left.delete(domain)
    if (version !== undefined) messages.push(message.version === version ? message : { ...message, version })
  }
  for (const [domain, version] of left) messages.push({ domain, version })
  return messages
}

/** The object itself where every part is what it was, so that it is written as the bytes it came as. */
function replaceChanged<T extends object>(message: T, parts: Partial<T>): T {
  const isSame = (a: unknown, b: unknown) =>
    Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((item, index) => item === b[index]) : a === b
  return (Object.keys(parts) as (keyof T)[]).every((key) => isSame(parts[key], message[key])) ? message : { ...message, ...parts }
}
