import type { Command } from 'commander'
import type { z } from 'zod'
import { checkEnvironment, type EnvironmentReport } from '../../api/environment/check-environment.js'
import type { Finding } from '../../api/environment/environment-findings.js'
import type { CpuFeatures } from '../../native/kernels-addon.js'
import type { RegisterAction } from '../create-program.js'
import { exitCodes } from '../exit-codes.js'
import type { doctorReportSchema } from '../reports/report-schemas.js'
import type { CommandResult, CommonFlags, Session } from '../session.js'
import { formatBytes } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

interface DoctorFlags extends CommonFlags {
  cache?: string
}

const examples = `
Examples:
  enginery doctor
  enginery doctor --cache ~/.cache/engines
  enginery doctor --verbose      also lists the properties that --property takes, per device
  enginery doctor --json | jq .findings

Ends with 1 where something that every engine needs is missing.`

export function addDoctorCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('doctor')
    .summary('what is here, what is missing, what to do')
    .description(
      'Looks at Node, the processor, the addons, OpenVINO, TensorRT and their devices: what is here, what is missing, what to do.',
    )
    .option('--cache <dir>', 'look at this engine cache, too')
    .addHelpText('after', examples)
  register(command, diagnose)
}

async function diagnose(_session: Session, _argument: string | undefined, flags: DoctorFlags): Promise<CommandResult> {
  const report = await checkEnvironment({ cache: flags.cache })
  const ok = !report.findings.some(({ level }) => level === 'problem')
  const json = { command: 'doctor', ok, ...report } as z.input<typeof doctorReportSchema>
  return { json, text: renderReport(report, flags.verbose ?? false), exitCode: ok ? exitCodes.ok : exitCodes.failure }
}

function renderReport(report: EnvironmentReport, verbose: boolean): string {
  const sections = [
    renderSection('System', renderTable(systemRows(report))),
    renderSection('Addons', renderAddons(report, verbose)),
  ]
  if (report.openvino) {
    sections.push(renderSection('OpenVINO', renderOpenVino(report.openvino, verbose)))
  }
  if (report.tensorrt.libraries.length > 0) sections.push(renderSection('TensorRT', renderTensorRt(report.tensorrt)))
  if (report.folders.length > 0) sections.push(renderSection('Folders', renderTable(report.folders.map(folderRow))))
  const variables = Object.entries(report.variables)
  if (variables.length > 0) sections.push(renderSection('Environment variables', renderTable(variables)))
  sections.push(renderSection('Findings', report.findings.map(renderFinding).join('\n')))
  return sections.join('\n\n')
}

function systemRows({ enginery, node, system, cpu, sharp }: EnvironmentReport): Row[] {
  const { name, version } = system.cLibrary
  const rows: Row[] = [
    ['enginery', enginery],
    ['Node', `${node.version} (needed: ${node.required})`],
    ['platform', `${system.platform}, ${system.release}`],
  ]
  if (name !== 'none') rows.push(['C library', version === null ? name : `${name} ${version}`])
  rows.push(['sharp', sharp.version ?? 'cannot be used: see findings'])
  rows.push(['memory', formatBytes(system.memoryBytes)])
  if (!cpu) return [...rows, ['processor', 'unknown: the kernels addon does not load']]
  return [
    ...rows,
    ['processor', cpu.brand || cpu.vendor || 'unknown'],
    ['threads', describeThreads(cpu)],
    ['has', featureNames(cpu, true).join(' ') || 'none of the features below'],
    ['has not', featureNames(cpu, false).join(' ') || 'nothing that matters'],
  ]
}

function describeThreads(cpu: CpuFeatures): string {
  const cores = cpu.physicalCores === null ? '' : ` on ${cpu.physicalCores} cores`
  const quota = cpu.cpuQuota === null ? '' : `, container quota ${cpu.cpuQuota}`
  return `${cpu.availableCores} usable of ${cpu.logicalCores}${cores}${quota}`
}

// Those that decide which kernels an engine can choose.
const shownFeatures: readonly (readonly [name: string, present: (cpu: CpuFeatures) => boolean])[] = [
  ['AVX2', (cpu) => cpu.avx2],
  ['FMA', (cpu) => cpu.fma],
  ['F16C', (cpu) => cpu.f16c],
  ['AVX512', (cpu) => cpu.avx512f && cpu.avx512bw && cpu.avx512dq && cpu.avx512vl],
  ['AVX512-VNNI', (cpu) => cpu.avx512Vnni],
  ['AVX-VNNI', (cpu) => cpu.avxVnni],
  ['AVX512-BF16', (cpu) => cpu.avx512Bf16],
  ['AVX512-FP16', (cpu) => cpu.avx512Fp16],
  ['AMX-INT8', (cpu) => cpu.amxTile && cpu.amxInt8],
  ['AMX-BF16', (cpu) => cpu.amxTile && cpu.amxBf16],
]

function featureNames(cpu: CpuFeatures, present: boolean): string[] {
  return shownFeatures.filter(([, has]) => has(cpu) === present).map(([name]) => name)
}

function renderAddons({ addons }: EnvironmentReport, verbose: boolean): string {
  return addons
    .map((addon) => {
      const lines = [`${addon.name.padEnd(8)}  ${addon.loaded ? addon.path : 'does not load'}`]
      if (!addon.loaded || verbose) {
        for (const { place, path, outcome, error } of addon.tried) {
          const what = outcome === 'absent' ? 'nothing there' : (error ?? outcome)
          lines.push(`  tried ${place}${path === null || path === place ? '' : ` (${path})`}: ${what}`)
        }
      }
      return lines.join('\n')
    })
    .join('\n')
}

function renderTensorRt({ libraries, devices, driver, driverReason }: EnvironmentReport['tensorrt']): string {
  const rows = libraries.map(({ product, kind, path, version, ability, reason }): Row => {
    const what = reason === null ? ability : 'cannot be used: see findings'
    return [`${product}${kind === 'full' ? '' : ` ${kind}`} ${version ?? ''}`.trim(), `${what}; ${path}`]
  })
  rows.push(['driver', driver?.version ?? `none: ${driverReason}`])
  for (const [index, { name, computeCapability, memoryBytes }] of devices.entries()) {
    rows.push([`GPU ${index}`, `${name}, compute capability ${computeCapability}, ${formatBytes(memoryBytes)}`])
  }
  return renderTable(rows)
}

function renderOpenVino(openvino: NonNullable<EnvironmentReport['openvino']>, verbose: boolean): string {
  const plugins = openvino.plugins.map(({ name, version, devices, reason }): Row => {
    const state = reason === null ? devices.join(', ') || 'works' : 'cannot be used: see findings'
    return [name, version === null ? '-' : shortVersion(version), state]
  })
  const parts = [`version  ${openvino.version}`, renderTable(plugins, { header: ['plugin', 'version', 'devices'] })]
  for (const { name, fullName, capabilities, properties } of openvino.devices) {
    const details: Row[] = [['capabilities', capabilities.join(' ')]]
    if (verbose) details.push(['properties', properties.join(' ')])
    else details.push(['properties', `${properties.length} (--verbose lists them)`])
    parts.push(`device ${name}: ${fullName}\n${renderTable(details, { indent: '  ' })}`)
  }
  return parts.join('\n')
}

// `2026.4.1-22982-e213a147257-releases/2026/4` without commit and branch.
function shortVersion(version: string): string {
  return version.split('-').slice(0, 2).join('-')
}

function folderRow({ purpose, path, exists, writable, files, bytes }: EnvironmentReport['folders'][number]): Row {
  const state = exists ? `${files} files, ${formatBytes(bytes)}` : 'not there yet'
  return [purpose, path, state, writable ? 'usable' : 'not usable']
}

const marks = { ok: 'ok      ', note: 'note    ', problem: 'PROBLEM ' } as const

function renderFinding({ level, text, cure }: Finding): string {
  const indent = ' '.repeat(marks.ok.length)
  const lines = text.split('\n')
  if (cure !== null) lines.push(`cure: ${cure}`)
  return marks[level] + lines.join(`\n${indent}`)
}
