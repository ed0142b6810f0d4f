import type { EngineInspection } from '../../api/inspection/inspect-engine.js'
import { countInt8, countPrecisions } from '../../engine/engine-layers.js'
import { formatBytes } from './format-quantity.js'
import { describeInt8, describePrecisions, renderEnginePorts } from './render-engine.js'
import { type Row, renderSection, renderTable } from './render-table.js'

/** What `inspect` prints on a saved engine. */
export function renderEngineInspection(engine: EngineInspection, listLayers: boolean): string {
  const { manifest, description, loadError } = engine
  const sections = [
    renderTable(summaryRows(engine)),
    renderSection('Inputs', renderEnginePorts(manifest.inputs)),
    renderSection('Outputs', renderEnginePorts(manifest.outputs)),
    renderSection('Built with', renderTable(builtWithRows(engine))),
  ]
  if (loadError)
    sections.push(renderSection('It does not load here', `${loadError.code}: ${loadError.message}\ncure: ${loadError.cure}`))
  if (!description) return sections.join('\n\n')
  const kinds = new Map<string, number>()
  const computing = description.layers
  for (const { type, precision } of computing) {
    const kind = `${type} ${precision}`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  const counted = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, count]): Row => [count, ...kind.split(' ')])
  sections.push(renderSection(`Layers as executed (${computing.length})`, renderTable(counted)))
  if (listLayers) {
    const rows = computing.map(({ type, precision, kernel, name }): Row => [type, precision, kernel || '-', name])
    sections.push(renderSection('Every layer', renderTable(rows, { header: ['type', 'precision', 'kernel', 'name'] })))
  }
  if (description.notes.length > 0) sections.push(renderSection('Notes', description.notes.join('\n')))
  return sections.join('\n\n')
}

function summaryRows({ path, bytes, manifest, description }: EngineInspection): Row[] {
  return [
    ['engine', path],
    ['size', formatBytes(bytes)],
    ['backend', manifest.backend],
    ['device', manifest.devices.map(({ name, fullName }) => `${name} (${fullName})`).join(', ')],
    ['runs on', description ? description.executionDevices.join(', ') : 'not loaded'],
    ['layers', describePrecisions(description ? countPrecisions(description.layers) : manifest.precisions)],
    ...(description ? [['INT8', describeInt8(countInt8(description.layers))] as const] : []),
    ['requests', manifest.requestCount],
    ['created', manifest.createdAt],
  ]
}

function builtWithRows({ manifest }: EngineInspection): Row[] {
  const { model, versions, options, cpuFeatures } = manifest
  return [
    ['model', `${model.name ?? '(bytes)'}, ${model.format}, ${formatBytes(model.bytes)}`],
    ['sha256', model.sha256],
    [
      'versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['options', JSON.stringify(options)],
    ['processor', cpuFeatures.join(' ')],
  ]
}
