import type { TensorRtModelInspection } from '../../api/inspect-with-tensorrt.js'
import { renderSection } from './render-table.js'

/** What TensorRT takes of a model, for people. */
export function renderTensorRtInspection(inspection: TensorRtModelInspection): string {
  const { library, supported, supportedNodes, unsupportedNodes, problems } = inspection
  const verdict = supported
    ? `takes all of it (${supportedNodes} nodes)`
    : `does not take ${unsupportedNodes.length} of ${supportedNodes + unsupportedNodes.length} nodes`
  const lines = [`${library} ${verdict}`]
  for (const { node, operator, reason, cure } of problems) {
    const where = [operator, node].filter(Boolean).join(' ')
    lines.push(`  ${where === '' ? '' : `${where}: `}${reason}`, `    cure: ${cure}`)
  }
  return renderSection('TensorRT', lines.join('\n'))
}
