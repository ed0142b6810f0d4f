import type { z } from 'zod'
import { formatBytes, formatDuration, significant } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'
import type { quantizeReportSchema } from './quantize-report-schema.js'
import { renderCheck, renderCure, renderSensitivity } from './render-accuracy.js'

type Report = z.output<typeof quantizeReportSchema>

const mostNames = 3

/** What became of a model, as tables for people. */
export function renderQuantization(report: Report): string {
  const { model, output, operators, float } = report
  const size = `${formatBytes(output.bytes)}, ${significant(output.bytes / model.bytes)} of ${formatBytes(model.bytes)}`
  const facts: Row[] = [['wrote', `${output.path} (${size})`]]
  if (report.kept === 'float') facts.push(['model', 'the float one: INT8 does not pay on this CPU'])
  const [nothing] = report.warnings.filter(({ code }) => code === 'NOTHING_QUANTIZED')
  if (nothing !== undefined) facts.push(['model', `computes in float, ${nothing.message}`])
  if (report.isPassed) facts.push(['model', 'quantized already: written as it was'])
  else facts.push(...describeRun(report))
  const sections = [renderTable(facts)]
  if (operators.length > 0) {
    const rows = operators.map(({ operator, quantized, float }): Row => [operator, quantized, float])
    sections.push(renderSection('Layers', renderTable(rows, { header: ['operator', 'INT8', 'float'] })))
  }
  if (float.length > 0) sections.push(renderSection('Left float', renderTable(groupByReason(float))))
  if (report.check !== null) sections.push(renderSection('Compared with the float model', renderCheck(report.check)))
  if (report.cure !== null) sections.push(renderSection('What was done about it', renderCure(report.cure)))
  if (report.sensitivity !== null) sections.push(renderSection('Layers that cost most', renderSensitivity(report.sensitivity)))
  if (report.speed !== null) sections.push(renderSection('Speed here', renderTable(describeSpeed(report.speed))))
  if (report.warnings.length > 0) {
    const lines = report.warnings.map(({ code, message, why }) => `${code}: ${message}\n  ${why}`)
    sections.push(renderSection('Warnings', lines.join('\n')))
  }
  return sections.join('\n\n')
}

function describeRun({ target, preset, calibration, duration, activations }: Report): Row[] {
  const { samples, range, shapes, reused } = calibration
  const inputs = Object.entries(shapes ?? {}).map(([name, shape]) => `${name} ${shape.join('x')}`)
  const ranges = reused ? 'statistics of before' : `${samples} samples`
  return [
    ['for', `${target}, preset ${preset}`],
    ['ranges', `of ${activations} tensors by ${range}, from ${ranges}${inputs.length > 0 ? ` (${inputs.join(', ')})` : ''}`],
    ...describeConvergence(calibration.convergence),
    ['time', formatDuration(duration * 1000)],
  ]
}

function describeConvergence(convergence: Report['calibration']['convergence']): Row[] {
  const last = convergence.at(-1)
  if (last === undefined) return []
  const [percent, largest] = [last.median, last.largest].map((share) => `${significant(100 * share)} %`)
  const worst = last.tensors[0]?.tensor ?? ''
  return [['converged', `after ${last.samples} samples ranges still moved by ${percent} (median), ${worst} most: ${largest}`]]
}

function describeSpeed({ cpu, float, quantized, ratio, int8 }: NonNullable<Report['speed']>): Row[] {
  const verdict = ratio >= 1 ? 'INT8 pays on this CPU' : 'INT8 does not pay on this CPU'
  return [
    ['CPU', cpu],
    ['throughput', `${significant(float)} inferences a second in float, ${significant(quantized)} in INT8`],
    ['ratio', `${ratio.toFixed(2)}: ${verdict}`],
    ['8 bits', `${int8.layers} of ${int8.of} layers`],
  ]
}

function groupByReason(float: Report['float']): Row[] {
  const groups = new Map<string, string[]>()
  for (const { node, operator, reason } of float) {
    const key = `${reason}\n${operator}`
    const names = groups.get(key) ?? []
    names.push(node)
    groups.set(key, names)
  }
  return [...groups].map(([key, names]): Row => {
    const [reason = '', operator = ''] = key.split('\n')
    const shown = names.slice(0, mostNames).join(', ')
    return [names.length, operator, reason, names.length > mostNames ? `${shown}, ...` : shown]
  })
}
