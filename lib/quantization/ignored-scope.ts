import { z } from 'zod'
import type { FoldingStep } from '../graph/folding/folding-pass.js'
import type { Graph } from '../graph/graph.js'
import type { GraphNode } from '../graph/graph-node.js'
import { type NodeOrigins, traceNodes } from './trace-nodes.js'
import { refuseUnmatched, type Unmatched } from './unmatched-scope.js'

const names = z.array(z.string().min(1))

const pattern = z
  .union([z.string().min(1), z.instanceof(RegExp).describe('regular expression (not in a file)')])
  .superRefine((value, context) => {
    if (value instanceof RegExp) return
    try {
      void new RegExp(value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: `expected a regular expression: ${(error as Error).message}` })
    }
  })

/** Nodes that stay float. All of it together: a node is left out for any of these reasons. */
export const ignoredScopeSchema = z.strictObject({
  names: names.default([]).describe('of nodes, or of tensors they write, as in the file'),
  patterns: z.array(pattern).default([]).describe('regular expressions, found anywhere in a name: anchor them with ^ and $'),
  types: names.default([]).describe('operators: `Conv`, `com.microsoft.Gelu`'),
  subgraphs: z
    .array(z.strictObject({ inputs: names.min(1), outputs: names.min(1) }))
    .default([])
    .describe('everything on the ways from inputs to outputs, both named as nodes or tensors; nodes that are named belong to it'),
  validate: z.boolean().default(true).describe('what matches nothing is an error'),
})

export type IgnoredScope = z.input<typeof ignoredScopeSchema>
export type ParsedIgnoredScope = z.output<typeof ignoredScopeSchema>

export interface ScopedGraph {
  /** As it was read from the user's file, before anything was done to it: names are its. */
  readonly original: Graph
  /** What became of it. */
  readonly graph: Graph
  readonly steps: readonly FoldingStep[]
}

/**
 * The nodes of the folded graph that a user wants left float, each with the reason in words. A node that was folded into
 * another means that other. Operator types are those of the folded graph: a sum that became a bias is no sum any more.
 *
 * @throws IGNORED_SCOPE_UNMATCHED, which names all that matches nothing, each with the names closest to it
 */
export function resolveIgnoredScope(scoped: ScopedGraph, scope: ParsedIgnoredScope): Map<GraphNode, string> {
  const { original, graph } = scoped
  const origins = traceNodes(scoped)
  const ignored = new Map<GraphNode, string>()
  const unmatched: Unmatched[] = []
  const ignore = (nodes: Iterable<GraphNode>, reason: string) => {
    for (const node of nodes) if (!ignored.has(node)) ignored.set(node, reason)
  }
  const ignoreOriginals = (nodes: readonly GraphNode[], reason: string) => {
    for (const node of nodes) ignore(origins.of(node), reason)
  }
  const index = indexNames(original)
  for (const name of scope.names) {
    const nodes = index.get(name) ?? []
    if (nodes.length === 0) unmatched.push({ what: `the name ${name}`, name, known: index.keys() })
    ignoreOriginals(nodes, `ignored by its name (${name})`)
  }
  for (const pattern of scope.patterns) {
    const source = typeof pattern === 'string' ? pattern : pattern.source
    // Without the flags that make an expression remember where it stopped.
    const expression = new RegExp(source, typeof pattern === 'string' ? '' : pattern.flags.replace(/[gy]/g, ''))
    const nodes = [...original.nodes].filter((node) => namesOf(node).some((name) => expression.test(name)))
    if (nodes.length === 0) unmatched.push({ what: `the pattern ${source}`, name: source, known: index.keys() })
    ignoreOriginals(nodes, `ignored by the pattern ${source}`)
  }
  const types = new Set([...original.nodes, ...graph.nodes].map((node) => node.operator))
  for (const type of scope.types) {
    if (!types.has(type)) unmatched.push({ what: `the operator type ${type}`, name: type, known: types })
    ignore(
      [...graph.nodes].filter((node) => node.operator === type),
      `ignored by its type (${type})`,
    )
  }
  for (const subgraph of scope.subgraphs) ignoreSubgraph(original, index, subgraph, { origins, ignore, unmatched })
  if (scope.validate && unmatched.length > 0) throw refuseUnmatched(unmatched)
  return ignored
}

/** A node goes by its own name and by the names of what it writes. */
function namesOf(node: GraphNode): string[] {
  const written = node.outputs.flatMap((output) => (output === null ? [] : [output.name]))
  return node.name === '' ? written : [node.name, ...written]
}

function indexNames(graph: Graph): Map<string, GraphNode[]> {
  const index = new Map<string, GraphNode[]>()
  for (const node of graph.nodes) {
    for (const name of new Set(namesOf(node))) {
      const before = index.get(name)
      if (before) before.push(node)
      else index.set(name, [node])
    }
  }
  return index
}

interface Ignoring {
  readonly origins: NodeOrigins
  readonly ignore: (nodes: Iterable<GraphNode>, reason: string) => void
  readonly unmatched: Unmatched[]
}

function ignoreSubgraph(
  graph: Graph,
  index: ReadonlyMap<string, GraphNode[]>,
  { inputs, outputs }: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
  { origins, ignore, unmatched }: Ignoring,
): void {
  const label = `from ${inputs.join(', ')} to ${outputs.join(', ')}`
  const before = unmatched.length
  const known = () => new Set([...index.keys(), ...graph.tensors.keys()])
  const refuse = (name: string) => unmatched.push({ what: `${name} of the subgraph ${label}`, name, known: known() })
  // A tensor that is named begins behind whoever writes it.
  const starts = inputs.flatMap((name) => {
    const named = [...graph.nodes].filter((node) => node.name === name)
    const found = named.length > 0 ? named : [...(graph.tensors.get(name)?.consumers ?? [])]
    if (found.length === 0) refuse(name)
    return found
  })
  const ends = outputs.flatMap((name) => {
    const found = index.get(name) ?? []
    if (found.length === 0) refuse(name)
    return found
  })
  if (unmatched.length > before) return
  const after = walk(starts, (node) => node.outputs.flatMap((output) => [...(output?.consumers ?? [])]))
  const upTo = walk(ends, (node) => [...node.inputs, ...node.captured].flatMap((input) => input?.producer ?? []))
  const inside = [...after].filter((node) => upTo.has(node))
  if (inside.length === 0) {
    unmatched.push({ what: `the subgraph ${label}: no way leads there, so it`, name: '', known: [] })
    return
  }
  for (const node of inside) ignore(origins.of(node), `ignored with the subgraph ${label}`)
}

function walk(starts: readonly GraphNode[], next: (node: GraphNode) => readonly GraphNode[]): Set<GraphNode> {
  const seen = new Set(starts)
  // A set is iterated together with what is added meanwhile.
  for (const node of seen) for (const each of next(node)) seen.add(each)
  return seen
}
