import { blameModel, type LoadedModel, loadOnnxModel } from '../model/onnx-file.js'
import type { GraphMessage, NodeMessage, OpsetMessage } from '../model/onnx-messages.js'
import { describeTensor } from '../model/tensor-values.js'
import { WireError } from '../model/wire-cursor.js'
import { subgraphsOf } from './attributes.js'
import { Constant } from './constant.js'
import { Graph } from './graph.js'
import type { GraphTensor } from './graph-tensor.js'
import { listSubgraphNames } from './subgraph-names.js'
import { typeFromMessage } from './value-types.js'

/**
 * Reads an ONNX model into a graph. Initializers that an old file lists as inputs are constants, as every engine treats them.
 *
 * @param source a path, or bytes, which must not change while the graph is in use
 * @throws MODEL_CORRUPT, FILE_NOT_READ, OUT_OF_MEMORY, EXTERNAL_DATA_MISSING, EXTERNAL_DATA_INVALID
 */
export async function readGraph(source: string | Uint8Array): Promise<Graph> {
  const model = await loadOnnxModel(source)
  return graphFromOnnx(model, typeof source === 'string' ? source : `The model of ${source.length} bytes`)
}

/**
 * The graph of a model in memory.
 *
 * @param name for errors
 * @throws MODEL_CORRUPT where names are read that nothing writes, or written twice
 */
export function graphFromOnnx(model: LoadedModel, name = 'The model'): Graph {
  try {
    const graph = new Graph(readOpsets(model.opsets), model)
    fillGraph(graph, model.graph, false)
    return graph
  } catch (error) {
    throw blameModel(name, error)
  }
}

/** The graph in an attribute. What it reads from the graph around it has `isOuter`. Throws WireError. */
export function graphFromSubgraph(message: GraphMessage, opsets: ReadonlyMap<string, number>): Graph {
  const graph = new Graph(new Map(opsets), { opsets: [], metadata: [], functions: [], graph: message })
  fillGraph(graph, message, true)
  return graph
}

function readOpsets(opsets: readonly OpsetMessage[]): Map<string, number> {
  // Models of the first IR versions import nothing: operators are those of version 1.
  if (opsets.length === 0) return new Map([['', 1]])
  return new Map(opsets.map(({ domain, version }) => [normalizeDomain(domain), version ?? 0]))
}

function normalizeDomain(domain = ''): string {
  return domain === 'ai.onnx' ? '' : domain
}

function fillGraph(graph: Graph, message: GraphMessage, isInside: boolean): void {
  const define = (name: string, kind: string): GraphTensor => {
    if (name === '') throw new WireError(`${kind} without a name`)
    if (graph.tensors.has(name)) throw new WireError(`the tensor ${name} is defined twice, the second time by ${kind}`)
    return graph.addTensor(name)
  }
  for (const initializer of message.initializers) {
    const tensor = define(initializer.name ?? '', 'an initializer')
    tensor.constant = Constant.fromMessage(initializer)
    tensor.elementType = tensor.constant.elementType
    tensor.shape = tensor.constant.shape
  }
  for (const { values } of message.sparseInitializers) define(values?.name ?? '', 'a sparse initializer').isOuter = true
  const given = new Set<string>()
  for (const value of message.inputs) {
    const name = value.name ?? ''
    if (given.has(name)) throw new WireError(`the input ${name} is there twice`)
    given.add(name)
    const known = graph.tensors.get(name)
    if (known !== undefined) continue
    const tensor = define(name, 'an input')
    Object.assign(tensor, typeFromMessage(value))
    graph.addInput(tensor)
  }
  for (const node of message.nodes) {
    for (const output of node.outputs) if (output !== '') define(output, `the node ${node.name || node.type || ''}`)
  }
  for (const node of message.nodes) addNode(graph, node, isInside)
  for (const value of message.values) stateType(graph.tensors.get(value.name ?? ''), value)
  for (const value of message.outputs) {
    const tensor = find(graph, value.name ?? '', isInside, 'the list of outputs')
    if (tensor.isGraphOutput) throw new WireError(`the output ${tensor.name} is there twice`)
    stateType(tensor, value)
    graph.addOutput(tensor)
  }
}

function stateType(tensor: GraphTensor | undefined, value: Parameters<typeof typeFromMessage>[0]): void {
  if (tensor === undefined || tensor.constant !== null) return
  const { elementType, shape } = typeFromMessage(value)
  tensor.elementType ??= elementType
  tensor.shape ??= shape
}

function addNode(graph: Graph, message: NodeMessage, isInside: boolean): void {
  const { type = '', domain, name = '', attributes } = message
  const reader = `the node ${name || type}`
  const inputs = message.inputs.map((input) => (input === '' ? null : find(graph, input, isInside, reader)))
  const outputs = message.outputs.map((output) => (output === '' ? null : (graph.tensors.get(output) as GraphTensor)))
  const node = graph.addNode({ type, domain: normalizeDomain(domain), name, attributes, inputs, outputs }, message)
  // Looked at now, so that an error can name the file.
  for (const { tensor } of attributes) if (tensor !== undefined) describeTensor(tensor)
  if (node.attributes.size !== attributes.length) throw new WireError(`${reader} has an attribute twice`)
  if (!attributes.some((value) => subgraphsOf(value).length > 0)) return
  const names = listSubgraphNames(message)
  for (const captured of names.captured) graph.addCapture(node, find(graph, captured, isInside, `a graph in ${reader}`))
  for (const own of names.own) graph.reservedNames.add(own)
}

function find(graph: Graph, name: string, isInside: boolean, reader: string): GraphTensor {
  const known = graph.tensors.get(name)
  if (known !== undefined) return known
  if (!isInside || name === '') throw new WireError(`${reader} reads the tensor "${name}", which nothing writes`)
  const outer = graph.addTensor(name)
  outer.isOuter = true
  return outer
}
