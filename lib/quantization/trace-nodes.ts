import type { FoldingStep } from '../graph/folding/folding-pass.js'
import type { Graph } from '../graph/graph.js'
import type { GraphNode } from '../graph/graph-node.js'

export interface NodeOrigins {
  /** The nodes that do the work of a node of the original now; none where it is constant, or did nothing. */
  of(original: GraphNode): ReadonlySet<GraphNode>
}

// Their `into` is a tensor: whoever writes it does not do the work of a node that did nothing.
const passesWithoutHeir = new Set(['constants', 'identities', 'dead-nodes'])

/** Finds out what became of nodes while a graph was raised and folded, by names: nodes themselves were copied on the way. */
export function traceNodes(scoped: {
  readonly original: Graph
  readonly graph: Graph
  readonly steps: readonly FoldingStep[]
}): NodeOrigins {
  const { graph } = scoped
  const byLabel = new Map<string, GraphNode[]>()
  for (const node of graph.nodes) append(byLabel, node.label, node)
  const heirs = new Map<string, string[]>()
  const folded = new Map<string, string[]>()
  const gone = new Set<string>()
  for (const { pass, nodes, into } of scoped.steps) {
    for (const { label } of nodes) {
      gone.add(label)
      if (passesWithoutHeir.has(pass)) continue
      append(heirs, label, into)
      append(folded, into, label)
    }
  }
  const writers = new Map<string, GraphNode>()
  for (const tensor of graph.tensors.values()) if (tensor.producer !== null) writers.set(tensor.name, tensor.producer)
  // A node without a name is called by what it writes, and that changes when it takes over the work of the next.
  const outputOf = (label: string) => / -> (.*)$/s.exec(label)?.[1] ?? label

  const follow = (label: string, found: Set<GraphNode>, seen: Set<string>): void => {
    if (seen.has(label)) return
    seen.add(label)
    for (const node of byLabel.get(label) ?? []) found.add(node)
    for (const heir of heirs.get(label) ?? []) follow(heir, found, seen)
    if (byLabel.has(label) || found.size > 0) return
    for (const absorbed of folded.get(label) ?? []) {
      const writer = writers.get(outputOf(absorbed))
      if (writer) found.add(writer)
    }
  }
  return {
    of(original) {
      const found = new Set<GraphNode>()
      follow(original.label, found, new Set())
      if (found.size > 0 || gone.has(original.label)) return found
      for (const output of original.outputs) {
        const writer = output === null ? undefined : writers.get(output.name)
        if (writer) found.add(writer)
      }
      return found
    },
  }
}

function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
