import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { checkCalibrationCache } from '../../api/tensorrt/check-calibration-cache.js'
import { convertCalibrationCache } from '../../api/tensorrt/convert-calibration-cache.js'
import { type RangeEstimatorName, rangeEstimatorNames } from '../../calibration/range-estimator-options.js'
import { type CalibrationTable, readCalibrationTable } from '../../calibration/tensorrt/calibration-table.js'
import { isProblem } from '../../calibration/tensorrt/check-table.js'
import { largestInteger, scaleToHex } from '../../calibration/tensorrt/scale-hex.js'
import {
  type CalibrationAlgorithm,
  calibrationAlgorithmNames,
  formatTableHeader,
  type WritableAlgorithm,
  writableAlgorithms,
} from '../../calibration/tensorrt/table-header.js'
import { readTableManifest } from '../../calibration/tensorrt/table-manifest.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { RegisterAction } from '../create-program.js'
import { exitCodes } from '../exit-codes.js'
import { checkWritable } from '../files/check-writable.js'
import { parseTensorRtVersion } from '../options/parse-tensorrt-version.js'
import type {
  checkCacheReportSchema,
  convertCacheReportSchema,
  showCacheReportSchema,
} from '../reports/calibration-cache-schemas.js'
import type { CommandResult, CommonFlags, Session } from '../session.js'
import { significant } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

interface CheckFlags extends CommonFlags {
  model?: string
  calibrator?: CalibrationAlgorithm
  tensorrt?: string
}

interface ConvertFlags extends CommonFlags {
  output?: string
  calibrator?: WritableAlgorithm
  tensorrt?: string
  range?: RangeEstimatorName
  force?: true
}

const examples = `
Examples:
  enginery calibration-cache show yolox.calib
  enginery calibration-cache check yolox.calib --model yolox.onnx --calibrator entropy2 --tensorrt 10
  enginery calibration-cache convert yolox.calib -o yolox.ranges.json
  enginery calibration-cache convert calibration.json -o yolox.calib --tensorrt 8.6.1

Files are those of TensorRT 8 to 10, trtexec (--calib) and Polygraphy. \`quantize --write-calibration-table\` makes them.
check ends with 1 where the table is not to be used.`

export function addCalibrationCacheCommand(program: Command, register: RegisterAction): void {
  const group = program
    .command('calibration-cache')
    .summary("TensorRT's calibration caches: what is in them, whether they fit, other forms")
    .description('Reads, checks and converts calibration caches of TensorRT: a scale for each tensor, found by a calibrator.')
    .addHelpText('after', examples)
  const calibrator = (names: readonly string[]) =>
    new Option('--calibrator <name>', 'calibrator that the table is for').choices(names)
  register<CommonFlags>(
    group.command('show').argument('<file>', 'calibration cache').description('Prints the header and every scale.'),
    show,
  )
  register<CheckFlags>(
    group
      .command('check')
      .argument('<file>', 'calibration cache')
      .description('Says what is wrong in a cache, and what does not fit its manifest, a model and a TensorRT.')
      .option('--model <file>', 'float ONNX model that an engine is to be built of')
      .addOption(calibrator(calibrationAlgorithmNames))
      .option('--tensorrt <version>', 'that will read it: 10, 8.6.1'),
    check,
  )
  register<ConvertFlags>(
    group
      .command('convert')
      .argument('<file>', 'calibration cache, ranges in JSON (also calibration.json of onnxruntime), or .stats of quantize')
      .description('Writes a calibration cache, or, to a name that ends in .json, ranges.')
      .option('-o, --output <file>', 'file to write')
      .addOption(calibrator(writableAlgorithms))
      .option('--tensorrt <version>', 'for the header: 8.6.1, 10.15.1', parseTensorRtVersion)
      .addOption(new Option('--range <name>', 'how statistics become a range').choices(Object.keys(rangeEstimatorNames)))
      .option('--force', 'replace the output file if it is there'),
    convert,
  )
}

async function show(_session: Session, file: string | undefined): Promise<CommandResult> {
  const path = file as string // commander sees to it
  const table = await readCalibrationTable(path)
  const manifest = await readTableManifest(path)
  const scales = [...table.scales].map(([tensor, scale]) => ({
    tensor,
    scale,
    hex: scaleToHex(scale),
    range: scale * largestInteger,
  }))
  const json: z.input<typeof showCacheReportSchema> = {
    command: 'calibration-cache show',
    enginery: readPackageVersion(),
    file: await describeFile(path),
    ...describeTable(table),
    manifest: manifest as Record<string, unknown> | null,
    scales,
  }
  const facts: Row[] = [
    ['header', formatTableHeader(table)],
    ['tensors', String(table.scales.size)],
  ]
  if (manifest !== null) {
    facts.push(['model', `${manifest.model.name ?? 'bytes'} (${manifest.model.sha256.slice(0, 12)}...)`])
    facts.push(['made by', `${manifest.calibrator.by}, of ${manifest.samples ?? 'unknown'} samples, ${manifest.createdAt}`])
  } else facts.push(['manifest', 'none: nothing tells of which model and data it is'])
  const rows = scales.map(({ tensor, hex, range }): Row => [tensor, hex, significant(range)])
  const text = [renderTable(facts), renderSection('Scales', renderTable(rows, { header: ['tensor', 'scale', 'range +/-'] }))]
  return { json, text: text.join('\n\n') }
}

async function check(session: Session, file: string | undefined, flags: CheckFlags): Promise<CommandResult> {
  const path = file as string
  const { model, calibrator, tensorrt } = flags
  const { table, findings, manifest } = await checkCalibrationCache(path, {
    model,
    calibrator,
    tensorrt,
    signal: session.signal,
  })
  const ok = !findings.some(isProblem)
  const json: z.input<typeof checkCacheReportSchema> = {
    command: 'calibration-cache check',
    enginery: readPackageVersion(),
    file: await describeFile(path),
    ok,
    table: table && describeTable(table),
    manifest: manifest as Record<string, unknown> | null,
    findings: findings.map((finding) => ({ ...finding, tensors: [...finding.tensors] })),
  }
  const header = table === null ? 'no table of TensorRT' : `${formatTableHeader(table)}, ${table.scales.size} tensors`
  const lines = findings.map(({ level, text }) => `${level}: ${text}`)
  const verdict = ok ? 'nothing speaks against it' : 'not to be used as it is'
  return {
    json,
    text: [
      renderTable([
        ['header', header],
        ['verdict', verdict],
      ]),
      ...(lines.length > 0 ? [lines.join('\n')] : []),
    ].join('\n\n'),
    exitCode: ok ? exitCodes.ok : exitCodes.failure,
  }
}

async function convert(_session: Session, file: string | undefined, flags: ConvertFlags): Promise<CommandResult> {
  const path = file as string
  if (flags.output === undefined) throw usage('no output: name it with --output')
  const output = resolve(flags.output)
  const [before, source] = await Promise.all([output, path].map((name) => stat(name).catch(() => null)))
  if (before?.isFile() && source && before.ino === source.ino && before.dev === source.dev) {
    throw usage(`--output: expected another file than the input, received ${flags.output}`)
  }
  if (before?.isFile() && !flags.force) throw usage(`--output: ${flags.output} is there already; --force replaces it`)
  await checkWritable(output)
  const { calibrator, tensorrt, range } = flags
  const { table, from } = await convertCalibrationCache(path, { output, calibrator, tensorrt, range })
  const json: z.input<typeof convertCacheReportSchema> = {
    command: 'calibration-cache convert',
    enginery: readPackageVersion(),
    file: await describeFile(path),
    from,
    output: await describeFile(output),
    ...describeTable(table),
  }
  const text = renderTable([
    ['wrote', `${output} (${table.scales.size} tensors, from ${from === 'table' ? 'a table' : from})`],
    ['header', formatTableHeader(table)],
  ])
  return { json, text }
}

function describeTable({ algorithm, version, major, scales }: CalibrationTable) {
  return { algorithm, version, major, tensors: scales.size }
}

async function describeFile(path: string) {
  return { path: resolve(path), bytes: (await stat(path)).size }
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
