import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { z } from 'zod'
import { createCalibrationTable } from '../../api/tensorrt/create-calibration-table.js'
import { formatTableHeader } from '../../calibration/tensorrt/table-header.js'
import { tableManifestPathOf } from '../../calibration/tensorrt/table-manifest.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { CalibrationOptions, QuantizationOptions } from '../../quantization/quantize-options.js'
import { checkWritable } from '../files/check-writable.js'
import type { QuantizeFlags } from '../options/quantize-flags.js'
import type { writtenTableReportSchema } from '../reports/calibration-cache-schemas.js'
import { type CommandResult, type Session, withProgress } from '../session.js'
import { formatDuration } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

/** Options of quantize that decide nothing about a table of scales: TensorRT chooses what it computes in INT8. */
const notForTables = {
  output: '--output',
  target: '--target',
  preset: '--preset',
  ignore: '--ignore',
  ignorePattern: '--ignore-pattern',
  ignoreType: '--ignore-type',
  biasCorrection: '--no-bias-correction',
  channelAlignment: '--channel-alignment',
  measure: '--measure',
  pass: '--pass',
} as const satisfies Partial<Record<keyof QuantizeFlags, string>>

const mostNames = 5

/** `quantize --write-calibration-table`: ranges for TensorRT, and no quantized model. */
export async function writeTable(
  session: Session,
  flags: QuantizeFlags & { writeCalibrationTable: string },
  given: { readonly model: string; readonly calibration: CalibrationOptions; readonly quantization: QuantizationOptions },
): Promise<CommandResult> {
  const [odd] = (Object.keys(notForTables) as (keyof typeof notForTables)[]).filter((name) => isGiven(flags[name], name))
  if (odd !== undefined) {
    throw usage(
      `${notForTables[odd]}: not with --write-calibration-table, which writes no model: only what TensorRT will ask ranges for`,
    )
  }
  const { model, calibration, quantization } = given
  const output = resolve(flags.writeCalibrationTable)
  const there = await stat(output).catch(() => null)
  if (there?.isFile() && !flags.force) throw usage(`--write-calibration-table: ${output} is there already; --force replaces it`)
  await checkWritable(output)
  const start = performance.now()
  const { table, missing, samples, warnings } = await withProgress(session, (bar) =>
    createCalibrationTable({
      model,
      calibration,
      output,
      calibrator: flags.calibrator,
      tensorrt: flags.tensorrt,
      range: quantization.activations?.range,
      shapes: quantization.shapes,
      signal: session.signal,
      logger: session.logger,
      onProgress: ({ fraction, done, total }) => bar.update(`${done}${total === undefined ? '' : `/${total}`}`, fraction),
    }),
  )
  const describe = async (path: string) => ({ path, bytes: (await stat(path)).size })
  const json: z.input<typeof writtenTableReportSchema> = {
    command: 'quantize',
    enginery: readPackageVersion(),
    model: await describe(resolve(model)),
    output: await describe(output),
    manifest: await describe(tableManifestPathOf(output)),
    algorithm: table.algorithm,
    version: table.version,
    major: table.major,
    tensors: table.scales.size,
    samples,
    missing: [...missing],
    warnings: [...warnings],
    duration: (performance.now() - start) / 1000,
  }
  const facts: Row[] = [
    ['wrote', `${output} (${formatTableHeader(table)}, ${table.scales.size} tensors)`],
    ['manifest', json.manifest.path],
    ['ranges', `from ${samples} samples`],
    ['time', formatDuration(json.duration * 1000)],
  ]
  const sections = [renderTable(facts)]
  if (missing.length > 0) {
    const lines = missing.slice(0, mostNames).map(({ tensor, reason }) => `${tensor}: ${reason}`)
    if (missing.length > mostNames) lines.push(`and ${missing.length - mostNames} more`)
    sections.push(renderSection('Without a scale, so float in TensorRT', lines.join('\n')))
  }
  if (warnings.length > 0) {
    sections.push(renderSection('Warnings', warnings.map(({ code, message, why }) => `${code}: ${message}\n  ${why}`).join('\n')))
  }
  return { json, text: sections.join('\n\n') }
}

/** commander says true of an option with `no-` that was not given. */
function isGiven(value: unknown, name: keyof typeof notForTables): boolean {
  return name === 'biasCorrection' ? value === false : value !== undefined
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
