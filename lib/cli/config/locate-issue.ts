import type { Document, Node, Pair } from 'yaml'
import { yaml } from '../../model/yaml-parser.js'

/**
 * Offset in the file of what an issue's path points to: its key where it has one, otherwise the closest thing around it
 * that the file does hold (for a value that is missing).
 */
export function locateIssue(document: Document, path: readonly PropertyKey[]): number {
  let node = resolveAlias(document.contents, document)
  let offset = startOf(node) ?? 0
  for (const key of path) {
    if (yaml().isMap(node)) {
      const pair = node.items.find((item) => keyOf(item) === String(key))
      if (!pair) return offset
      offset = startOf(pair.key) ?? startOf(pair.value) ?? offset
      node = resolveAlias(pair.value, document)
    } else if (yaml().isSeq(node)) {
      const item = node.items[Number(key)]
      if (item === undefined) return offset
      offset = startOf(item) ?? offset
      node = resolveAlias(item, document)
    } else {
      return offset
    }
  }
  return offset
}

function keyOf(pair: Pair): string {
  return String(yaml().isScalar(pair.key) ? pair.key.value : pair.key)
}

function startOf(node: unknown): number | undefined {
  return yaml().isNode(node) ? node.range?.[0] : undefined
}

function resolveAlias(node: unknown, document: Document): Node | undefined {
  if (yaml().isAlias(node)) return node.resolve(document)
  return yaml().isNode(node) ? node : undefined
}
