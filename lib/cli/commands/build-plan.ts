import { stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { buildEngine } from '../../api/engines/build-engine.js'
import { manifestPathOf } from '../../engine/manifest.js'
import { groupWarnings } from '../../engine/tensorrt/group-warnings.js'
import type { TensorRtPlan } from '../../engine/tensorrt/plan.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { ConfigDocument } from '../config/read-document.js'
import { checkWritable } from '../files/check-writable.js'
import { describeWriteError } from '../files/describe-file-error.js'
import { stemOf } from '../files/stem-of.js'
import { collectTensorRtOptions, type PlanFlags } from '../options/collect-tensorrt-options.js'
import type { planReportSchema } from '../reports/plan-report-schema.js'
import type { portSchema } from '../reports/shared-schemas.js'
import { type CommandResult, type Session, withProgress } from '../session.js'
import { formatBytes, formatDuration } from '../text/format-quantity.js'
import { renderEnginePorts } from '../text/render-engine.js'
import { describeLayers, renderNotInt8, renderPrecision } from '../text/render-plan-precision.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

/** `build --backend tensorrt`: a plan and its manifest. */
export async function buildPlan(
  session: Session,
  argument: string | undefined,
  flags: PlanFlags,
  document: ConfigDocument | undefined,
): Promise<CommandResult> {
  const { options, output: named, layerInfo: exported, ignored } = await collectTensorRtOptions(argument, flags, document)
  const output = resolve(named ?? `${stemOf(options.model)}.plan`)
  await checkWritable(output)
  const layersFile = flags.layerInfo ?? exported
  const layerInfo = layersFile === null ? undefined : resolve(layersFile)
  if (layerInfo !== undefined) await checkWritable(layerInfo)
  const start = performance.now()
  const plan = await withProgress(session, async (bar) => {
    const { signal, logger } = session
    const built = await buildEngine({
      ...options,
      signal,
      logger,
      onProgress: ({ stage, fraction }) => bar.update(stage, fraction),
    })
    return built
  })
  const elapsed = performance.now() - start
  const { versions, devices } = await plan.save(output)
  if (layerInfo !== undefined) await writeLayers(layerInfo, plan)
  const files = await Promise.all(
    [output, manifestPathOf(output), ...(layerInfo === undefined ? [] : [layerInfo])].map(async (path) => ({
      path,
      bytes: (await stat(path)).size,
    })),
  )
  const notes = [...plan.notes]
  if (ignored.length > 0) notes.push(`about running, and left alone: ${ignored.join(', ')}`)
  const json: z.input<typeof planReportSchema> = {
    command: 'build',
    enginery: readPackageVersion(),
    plan: {
      path: resolve(options.model),
      origin: plan.fromCache ? 'cache' : 'built',
      elapsed,
      versions: { ...versions },
      devices: devices.map(({ fullName }) => fullName),
      precision: options.precision ?? 'fp32',
      inputs: portsOf(plan.inputs),
      outputs: portsOf(plan.outputs),
      layers: plan.layers?.length ?? null,
      optimized: countOptimized(plan),
      precisionReport: { ...plan.precision, notInt8: [...plan.precision.notInt8] },
      calibration: plan.calibrationWarnings.map((warning) => ({ ...warning })),
      warnings: plan.warnings.map((warning) => ({ ...warning })),
      notes,
    },
    files,
  }
  return { json, text: renderPlan(json, plan) }
}

/** What `--layer-info` writes: the network, what became of it, and what it computes in. */
async function writeLayers(path: string, plan: TensorRtPlan): Promise<void> {
  const { layers: network, optimizedLayers: optimized, precision, versions } = plan
  const text = `${JSON.stringify({ versions, network, optimized, precision }, null, 1)}\n`
  await writeFile(path, text).catch((error: unknown) => {
    throw describeWriteError(error, path)
  })
}

function countOptimized({ optimizedLayers: found }: TensorRtPlan): z.input<typeof planReportSchema>['plan']['optimized'] {
  if (!found.available) return { available: false, reason: found.reason }
  return { available: true, source: found.source, layers: found.layers.length }
}

function portsOf(ports: TensorRtPlan['inputs']): z.input<typeof portSchema>[] {
  return ports as unknown as z.input<typeof portSchema>[]
}

function renderPlan({ plan: described, files }: z.input<typeof planReportSchema>, plan: TensorRtPlan): string {
  const { path, origin, elapsed, versions, devices, precision, layers, optimized, precisionReport, warnings, notes } = described
  const libraries = Object.entries(versions).filter(([name]) => name !== 'enginery')
  const how = origin === 'cache' ? 'taken from the cache' : 'built'
  const facts: Row[] = [
    ['plan', `${path} (${how} in ${formatDuration(elapsed)})`],
    ['library', libraries.map(([name, version]) => `${name} ${version}`).join(', ')],
    ['for', devices.join(', ')],
    ['precision', precision],
    ...(layers === null ? [] : [['layers', describeLayers(layers, optimized)] satisfies Row]),
    ...renderPrecision(precisionReport),
    ...notes.map((note): Row => ['note', note]),
    ...files.map((file): Row => ['wrote', `${file.path} (${formatBytes(file.bytes)})`]),
  ]
  const sections = [
    renderTable(facts),
    renderSection('Inputs', renderEnginePorts(plan.inputs)),
    renderSection('Outputs', renderEnginePorts(plan.outputs)),
  ]
  const { notInt8 } = precisionReport
  if (precision === 'int8' && notInt8.length > 0) sections.push(renderSection('Not INT8', renderNotInt8(notInt8)))
  if (described.calibration.length > 0) {
    sections.push(renderSection('Samples', described.calibration.map(({ message }) => message).join('\n')))
  }
  if (warnings.length > 0) sections.push(renderSection('Warnings', [...groupWarnings(warnings).values()].join('\n')))
  return sections.join('\n\n')
}
