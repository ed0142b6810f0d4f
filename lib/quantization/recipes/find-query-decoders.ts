import type { Graph } from '../../graph/graph.js'
import type { GraphNode } from '../../graph/graph-node.js'
import type { GraphTensor } from '../../graph/graph-tensor.js'
import { sortNodes } from '../../graph/sort-nodes.js'
import { type AttentionBlock, findAttention } from './find-attention.js'
import { findSampling, type SamplingSite } from './find-sampling.js'
import { climb, dependents, dependsOnInputs, isArithmetic, isComputing, isMove, layersBefore } from './value-flow.js'

/** A decoder as DETR has it: a set of queries that read from features of the picture, layer after layer. */
export interface QueryDecoder {
  /** The layers and products that compute on queries, in the order of the graph. */
  readonly nodes: readonly GraphNode[]
  /** Where queries read from the picture at positions, rather than from all of it. */
  readonly isDeformable: boolean
  /** TopK nodes that choose the queries; none where they were learned. */
  readonly selections: readonly QuerySelection[]
}

export interface QuerySelection {
  readonly topK: GraphNode
  /** Layers that write what is sorted. */
  readonly scores: readonly GraphNode[]
  /** Nodes that take what was chosen. */
  readonly gathers: readonly GraphNode[]
}

/** Reads features with queries. */
interface CrossSite {
  readonly queries: readonly GraphTensor[]
  readonly value: GraphTensor
  readonly output: GraphNode
  readonly isDeformable: boolean
}

/** All query decoders of a graph, taken together; null where there is none. */
export function findQueryDecoder(graph: Graph): QueryDecoder | null {
  const sites = [...findSampling(graph).flatMap(siteOfSampling), ...findAttention(graph).map(siteOfAttention)]
  const selections = findSelections(graph)
  const chosen = dependents(selections.flatMap(({ gathers }) => gathers.flatMap(({ outputs }) => outputs)))
  const gathers = new Set(selections.flatMap((selection) => selection.gathers))
  const isChosen = ({ producer }: GraphTensor) => producer !== null && (chosen.has(producer) || gathers.has(producer))
  // Tokens that were merely thinned out read from each other: only a decoder reads what was not chosen.
  const crossing = sites.filter(({ queries, value }) => queries.some(isChosen) && !isChosen(value))
  if (crossing.length > 0) return describe(graph, chosen, crossing, selections)
  const learned = sites.filter(({ queries, value }) => !queries.some(dependsOnInputs) && dependsOnInputs(value))
  const decoded = dependents(learned.flatMap(({ output }) => output.outputs))
  const later = sites.filter(
    ({ output, value }) => decoded.has(output) && !(value.producer !== null && decoded.has(value.producer)),
  )
  // One reading with learned queries is a way to pool; a decoder goes on with what it read.
  if (learned.length === 0 || later.length === 0) return null
  return describe(graph, new Set([...learned.map(({ output }) => output), ...decoded]), [...learned, ...later], [])
}

function describe(
  graph: Graph,
  decoded: ReadonlySet<GraphNode>,
  sites: readonly CrossSite[],
  selections: readonly QuerySelection[],
): QueryDecoder {
  const nodes = sortNodes(graph).filter((node) => decoded.has(node) && isComputing(node))
  return { nodes, isDeformable: sites.some((site) => site.isDeformable), selections }
}

function siteOfSampling({ node, value, positions, weights }: SamplingSite): CrossSite[] {
  if (weights.length === 0) return []
  return [
    {
      queries: [positions, ...weights.flatMap(({ outputs }) => outputs)].filter((each) => each !== null),
      value,
      output: node,
      isDeformable: true,
    },
  ]
}

function siteOfAttention({ query, value, output }: AttentionBlock): CrossSite {
  return { queries: query, value, output, isDeformable: false }
}

/** TopK whose indices take rows that go on to be computed with. */
function findSelections(graph: Graph): QuerySelection[] {
  return sortNodes(graph)
    .filter((node) => node.is('TopK'))
    .flatMap((topK) => {
      const gathers = [...graph.nodes].filter(
        (node) => node.is('Gather', 'GatherElements', 'GatherND') && climb([node.inputs[1] ?? null], isIndexStep).ends.has(topK),
      )
      const isUsed = [...dependents(gathers.flatMap(({ outputs }) => outputs))].some(isComputing)
      return isUsed ? [{ topK, scores: layersBefore(topK.inputs.slice(0, 1), isScoreStep), gathers }] : []
    })
}

function isIndexStep(node: GraphNode): boolean {
  return isMove(node) || isArithmetic(node) || node.is('Mod', 'Floor', 'Where', 'Clip')
}

function isScoreStep(node: GraphNode): boolean {
  return isMove(node) || isArithmetic(node) || node.is('ReduceMax', 'Max', 'Sigmoid', 'Softmax', 'Where')
}
