import type { ModelInspection, ModelPort } from '../../api/inspection/inspect-model.js'
import type { OperatorCount, WeightCount } from '../../api/inspection/model-contents.js'
import { formatShape } from '../../engine/partial-shape.js'
import { formatBytes, formatCount } from './format-quantity.js'
import { renderSuggestedIgnored } from './render-suggested-ignored.js'
import { type Row, renderSection, renderTable } from './render-table.js'

/** What `inspect` prints on a model. */
export function renderModelInspection(model: ModelInspection): string {
  const sections = [
    renderTable(summaryRows(model)),
    renderSection('Inputs', renderPorts(model.inputs)),
    renderSection('Outputs', renderPorts(model.outputs)),
    renderSection(`Operators (${formatCount(total(model.operators))})`, renderOperators(model.operators)),
    renderSection(
      `Weights (${formatCount(model.parameters)} parameters, ${formatBytes(model.weightBytes)})`,
      renderWeights(model.weights),
    ),
  ]
  const metadata = Object.entries(model.onnx?.metadata ?? {})
  if (metadata.length > 0)
    sections.push(renderSection('Metadata', renderTable(metadata.map(([key, value]) => [key, shorten(value)]))))
  sections.push(renderSection('As OpenVINO reads it', renderEngineReading(model)))
  if (model.suggestedIgnored !== null) sections.push(renderSuggestedIgnored(model.suggestedIgnored))
  return sections.join('\n\n')
}

function summaryRows(model: ModelInspection): Row[] {
  const rows: Row[] = [
    ['model', model.path],
    ['format', describeFormat(model)],
    ['size', describeSize(model)],
  ]
  if (model.onnx?.producer) rows.push(['producer', model.onnx.producer])
  if (model.onnx?.graph) rows.push(['graph', model.onnx.graph])
  rows.push(['quantized', model.quantization.map(({ type, count }) => `${count} ${type}`).join(', ') || 'no'])
  if (model.digest !== null) rows.push(['sha256', model.digest])
  return rows
}

function describeFormat({ format, onnx }: ModelInspection): string {
  if (!onnx) return format
  const opsets = onnx.opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ')
  return `onnx, IR version ${onnx.irVersion}, opset ${opsets}`
}

function describeSize({ bytes, files }: ModelInspection): string {
  return files.length === 1 ? formatBytes(bytes) : `${formatBytes(bytes)} in ${files.length} files`
}

function renderPorts(ports: readonly ModelPort[]): string {
  if (ports.length === 0) return 'none'
  return renderTable(ports.map(({ name, type, shape, symbols }) => [name, type, nameDimensions(formatShape(shape), symbols)]))
}

// `[?,3,?,?]` with the names that the model gives: `[batch,3,height,width]`.
function nameDimensions(shape: string, symbols: ModelPort['symbols']): string {
  if (!symbols) return shape
  const dimensions = shape.slice(1, -1).split(',')
  return `[${dimensions.map((dimension, axis) => symbols[axis] || dimension).join(',')}]`
}

function renderOperators(operators: readonly OperatorCount[]): string {
  if (operators.length === 0) return 'none'
  return renderTable(
    operators.map(({ domain, type, count }) => [count, /^(?:ai\.onnx|opset\d+)$/.test(domain) ? type : `${domain}.${type}`]),
  )
}

function renderWeights(weights: readonly WeightCount[]): string {
  if (weights.length === 0) return 'none'
  const rows = weights.map(
    ({ type, tensors, elements, bytes }): Row => [type, formatCount(tensors), formatCount(elements), formatBytes(bytes)],
  )
  return renderTable(rows, { header: ['type', 'tensors', 'elements', 'bytes'] })
}

function renderEngineReading({ engine, engineError, onnx }: ModelInspection): string {
  if (engineError) return `cannot be read: ${engineError.code}: ${engineError.message}\ncure: ${engineError.cure}`
  if (!engine) return 'not known: OpenVINO is not installed (enginery doctor says what to do)'
  const rows: Row[] = [['computes', engine.types.map(({ type, count }) => `${count} ${type}`).join(', ') || 'nothing']]
  // What an ONNX file says is printed above; the engine sees its own operations, and shapes that the file leaves open.
  if (onnx) {
    const ports = (list: typeof engine.inputs) =>
      list.map(({ name, type, shape }) => `${name} ${type}${formatShape(shape)}`).join(', ')
    rows.unshift(['inputs', ports(engine.inputs)], ['outputs', ports(engine.outputs)])
    rows.push(['operations', `${formatCount(total(engine.operators))}: ${describeOperations(engine.operators)}`])
  }
  return renderTable(rows)
}

const mostOperations = 12

function describeOperations(operators: readonly OperatorCount[]): string {
  const shown = operators.slice(0, mostOperations).map(({ type, count }) => `${count} ${type}`)
  return operators.length > mostOperations
    ? `${shown.join(', ')}, and ${operators.length - mostOperations} other kinds`
    : shown.join(', ')
}

function total(counts: readonly OperatorCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0)
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 97)}... (${formatCount(text.length)} characters)` : line
}
