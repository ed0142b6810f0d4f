import type { TensorRtModelInspection } from '../../api/tensorrt/inspect-with-tensorrt.js'
import { describeGroup, groupProblems } from '../../engine/tensorrt/explain-problems.js'
import { renderSection } from './render-table.js'

/** What TensorRT takes of a model, for people. */
export function renderTensorRtInspection(inspection: TensorRtModelInspection): string {
  const { library, supported, supportedNodes, unsupportedNodes, problems } = inspection
  const verdict = supported
    ? `takes all of it (${supportedNodes} nodes)`
    : `does not take ${unsupportedNodes.length} of ${supportedNodes + unsupportedNodes.length} nodes`
  const lines = [`${library} ${verdict}`]
  const groups = groupProblems(problems)
  for (const [index, group] of groups.entries()) {
    lines.push(`  ${describeGroup(group)}`)
    if (groups[index + 1]?.cure !== group.cure) lines.push(`    cure: ${group.cure}`)
  }
  return renderSection('TensorRT', lines.join('\n'))
}
