import type { SuggestedIgnored } from '../../api/inspection/suggest-ignored.js'
import { renderSection, renderTable } from './render-table.js'

const mostNames = 4

/** What recipes recognise in a graph, findings of one kind together. */
export function renderSuggestedIgnored(findings: readonly SuggestedIgnored[]): string {
  const title = 'Recognised by its structure'
  if (findings.length === 0) return renderSection(title, 'nothing')
  const groups = new Map<string, SuggestedIgnored[]>()
  for (const finding of findings) {
    const key = [finding.recipe, finding.decision, finding.reason].join('\n')
    groups.set(key, [...(groups.get(key) ?? []), finding])
  }
  const blocks = [...groups.values()].map(renderGroup)
  const cure =
    'quantize leaves float what is marked float; --without-recipe NAME turns a recipe off, --ignore NAME leaves more nodes float.'
  return renderSection(title, [...blocks, cure].join('\n\n'))
}

function renderGroup(group: readonly SuggestedIgnored[]): string {
  const [{ recipe, decision, reason }] = group as [SuggestedIgnored]
  const nodes = new Map(group.flatMap((finding) => finding.nodes.map((node) => [node.name, node] as const)))
  const layers = [...nodes.values()].filter(({ couldBeInteger }) => couldBeInteger)
  const times = group.length > 1 ? `, ${group.length} times` : ''
  const head = `${recipe}: ${decision === 'float' ? 'float' : 'noted'}${times}\n  ${reason}`
  if (layers.length === 0) return `${head}\n  ${nodes.size} nodes, which are float in any case`
  const rows = layers.slice(0, mostNames).map(({ name, operator }) => [operator, name])
  const more = layers.length > mostNames ? `\n  and ${layers.length - mostNames} more layers and products (--json lists all)` : ''
  const table = renderTable(rows)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
  return `${head}\n${table}${more}`
}
