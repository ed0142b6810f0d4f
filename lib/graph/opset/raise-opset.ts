import { engineryError } from '../../errors/enginery-error.js'
import { blameModel } from '../../model/onnx-file.js'
import type { GraphMessage } from '../../model/onnx-messages.js'
import { WireError } from '../../model/wire-cursor.js'
import type { AttributeValue } from '../attributes.js'
import { subgraphsOf } from '../attributes.js'
import { cloneGraph } from '../clone-graph.js'
import type { Graph } from '../graph.js'
import { graphFromSubgraph } from '../graph-from-onnx.js'
import type { GraphNode } from '../graph-node.js'
import { messageFromGraph } from '../onnx-from-graph.js'
import { inferShapes } from '../shapes/infer-shapes.js'
import { sortNodes } from '../sort-nodes.js'
import { operatorConverters } from './operator-converters.js'
import { unchangedOperators } from './unchanged-operators.js'

/** Standard operator sets that are read. */
export const oldestOpset = 7
export const newestOpset = 23
/** The first in which QuantizeLinear and DequantizeLinear take a scale per channel. */
export const quantizableOpset = 13

export interface RaisedGraph {
  readonly graph: Graph
  readonly from: number
  readonly to: number
  /** Labels of the nodes that had to be rewritten. */
  readonly converted: readonly string[]
}

/**
 * The graph with standard operators of opset 13 or later: nodes of older sets are rewritten, inside subgraphs too. A graph
 * that is new enough comes back itself, another is not changed.
 *
 * @param model for errors
 * @throws OPSET_UNSUPPORTED outside 7 to 23; OPERATORS_NOT_RAISED, naming all operators that have no rewrite; MODEL_CORRUPT
 */
export function raiseOpset(graph: Graph, model = 'The model'): RaisedGraph {
  const from = graph.opset
  if (from < oldestOpset || from > newestOpset) {
    throw engineryError('OPSET_UNSUPPORTED', { model, received: from, oldest: oldestOpset, newest: newestOpset })
  }
  if (from >= quantizableOpset) return { graph, from, to: from, converted: [] }
  const raised = cloneGraph(graph)
  const refused = new Set<string>()
  const converted: string[] = []
  try {
    raiseNodes(raised, from, { refused, converted, depth: 0 })
  } catch (error) {
    throw blameModel(model, error)
  }
  // A function body has operator sets of its own, which must agree with the model's.
  for (const { domain, name } of graph.source?.functions ?? []) refused.add(`the function ${domain ?? ''}.${name ?? ''}`)
  if (refused.size > 0) {
    throw engineryError('OPERATORS_NOT_RAISED', { model, from, to: quantizableOpset, operators: [...refused].sort().join('; ') })
  }
  return { graph: raised, from, to: quantizableOpset, converted }
}

interface Raising {
  readonly refused: Set<string>
  readonly converted: string[]
  readonly depth: number
}

const deepestSubgraph = 64

function raiseNodes(graph: Graph, from: number, raising: Raising): void {
  if (raising.depth > deepestSubgraph) throw new WireError(`graphs nested deeper than ${deepestSubgraph}`)
  const shapes = inferShapes(graph)
  for (const node of sortNodes(graph)) {
    if (node.domain !== '') continue
    raiseSubgraphs(node, graph, from, raising)
    const convert = Object.hasOwn(operatorConverters, node.type) ? operatorConverters[node.type] : undefined
    if (convert === undefined) {
      if (!unchangedOperators.has(node.type)) raising.refused.add(node.type)
      continue
    }
    const before = describe(node)
    const reason = convert({ graph, node, from, shapes })
    if (reason !== null) raising.refused.add(`${node.type} (${node.label}: ${reason})`)
    else if (describe(node) !== before) raising.converted.push(node.label)
  }
  graph.opsets.set('', quantizableOpset)
}

function describe(node: GraphNode): string {
  const inputs = node.inputs.map((input) => input?.name ?? '')
  return JSON.stringify([
    node.type,
    [...node.attributes.keys()],
    inputs,
    node.outputs.map((output) => output?.name),
    node.int('axis'),
  ])
}

function raiseSubgraphs(node: GraphNode, graph: Graph, from: number, raising: Raising): void {
  const raise = (message: GraphMessage): GraphMessage => {
    const inside = graphFromSubgraph(message, new Map(graph.opsets).set('', from))
    // New names on either side must not hide what the other side means.
    for (const name of [...graph.tensors.keys(), ...graph.reservedNames]) inside.reservedNames.add(name)
    raiseNodes(inside, from, { ...raising, depth: raising.depth + 1 })
    for (const name of inside.tensors.keys()) graph.reservedNames.add(name)
    return messageFromGraph(inside)
  }
  for (const [name, value] of node.attributes) {
    if (subgraphsOf(value).length === 0) continue
    const raised: AttributeValue = {
      ...value,
      graphs: value.graphs.map(raise),
      ...(value.graph && { graph: raise(value.graph) }),
    }
    node.attributes.set(name, raised)
  }
}
