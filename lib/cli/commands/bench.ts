import type { Command } from 'commander'
import { Option } from 'commander'
import type { z } from 'zod'
import { backends } from '../../api/engines/backends.js'
import { type Measurement, measureEngine } from '../../api/engines/measure-engine.js'
import { formatShape } from '../../engine/partial-shape.js'
import { tryLoadKernels } from '../../native/load-addon.js'
import { readPackageVersion } from '../../native/package-version.js'
import { platformName } from '../../native/platform.js'
import type { EngineConfig } from '../config/config-schema.js'
import type { RegisterAction } from '../create-program.js'
import { prepareInputs, shapesFromArrays } from '../inputs/prepare-inputs.js'
import { readInputArrays } from '../inputs/read-inputs.js'
import { findTarget, openEngine, type Target } from '../open-engine.js'
import { addBuildFlags, type BuildFlags } from '../options/build-flags.js'
import { mergeBuildOptions } from '../options/collect-build-options.js'
import { collectOptions } from '../options/engine-options.js'
import { addInputFlags, type InputFlags, inputSettings } from '../options/input-flags.js'
import { seconds, wholeNumber } from '../options/parse-number.js'
import { describeOpenedEngine, engineRows } from '../reports/describe-opened-engine.js'
import type { benchReportSchema } from '../reports/report-schemas.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { formatDuration, significant } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

interface Flags extends CommonFlags, BuildFlags, InputFlags {
  mode?: 'latency' | 'throughput'
  duration?: number
  iterations?: number
  warmUp?: number
  sync?: true
}

type BenchReport = z.input<typeof benchReportSchema>

const examples = `
Examples:
  enginery bench squeezenet.onnx
  enginery bench squeezenet.onnx --mode throughput --duration 30
  enginery bench squeezenet.blob --iterations 1000 --json > bench.json

Without --input the inputs are random values (--seed); the report says so. Latency mode runs one inference at a time on an
engine tuned for latency, throughput mode keeps all requests busy on one tuned for throughput; --performance overrides
what a model is tuned for. A saved engine stays tuned as it was built. The report says what the clock covers.`

export function addBenchCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('bench')
    .argument('[file]', 'model or saved engine; may come from the configuration')
    .summary('measure latency or throughput')
    .description('Measures how fast a model or saved engine runs here.')
    .addOption(new Option('--mode <mode>', 'what to measure (default: latency)').choices(['latency', 'throughput']))
    .option('--duration <seconds>', 'how long to measure (default: 5)', seconds({ zero: false, max: 86_400 }))
    .option('--iterations <n>', 'measure this many inferences, however long they take', wholeNumber(1))
    .option('--warm-up <seconds>', 'run before the clock starts (default: 1)', seconds({ zero: true, max: 3600 }))
    .option('--sync', 'measure inferSync (latency mode)')
  addInputFlags(command)
  addBuildFlags(command).addHelpText('after', examples)
  register(command, bench)
}

async function bench(session: Session, argument: string | undefined, flags: Flags): Promise<CommandResult> {
  const { mode: givenMode, duration, iterations, warmUp, sync } = flags
  const given = { ...inputSettings(flags), mode: givenMode, duration, iterations, warmUp, sync }
  const { engine: options, own } = await collectOptions('bench', flags, given)
  const mode = own.mode ?? 'latency'
  const target = await findTarget(argument, options)
  const arrays = await readInputArrays(own.input ?? [])
  const shaped = await shapesFromArrays(target, tunedFor(mode, target, options), arrays, own.inputShapes)
  const opened = await openEngine(session, target, shaped.options, own)
  try {
    const { inputs, sources } = prepareInputs(opened.engine.inputs, arrays, own, true)
    const engine = await describeOpenedEngine(target, opened, [...shaped.notes, ...notesOfMode(mode, opened.engine.requests)])
    const measurement = await withProgress(session, (bar) =>
      measureEngine(opened.engine, inputs, {
        mode,
        duration: own.duration,
        iterations: own.iterations,
        warmUp: own.warmUp,
        sync: own.sync,
        signal: session.signal,
        onProgress: ({ phase, fraction }) => bar.update(phase, fraction),
      }),
    )
    const json: BenchReport = {
      command: 'bench',
      enginery: readPackageVersion(),
      engine,
      inputs: sources.map((source) => ({ ...source, shape: [...source.shape] })),
      ...measurement,
      machine: describeMachine(),
    }
    return { json, text: renderBench(json, measurement) }
  } finally {
    await opened.engine.close()
  }
}

function notesOfMode(mode: 'latency' | 'throughput', requests: number): string[] {
  if (mode === 'latency' || requests > 1) return []
  return [
    'the engine has a single request, so that throughput mode, too, runs one inference at a time; tuned for throughput it has several',
  ]
}

function tunedFor(mode: 'latency' | 'throughput', target: Target, options: EngineConfig): EngineConfig {
  if (target.kind === 'engine' || options.hints?.performance !== undefined) return options
  return mergeBuildOptions(options, { hints: { performance: mode } })
}

function describeMachine(): BenchReport['machine'] {
  const kernels = tryLoadKernels()
  const cpu = 'reason' in kernels ? null : kernels.addon.cpuFeatures()
  return {
    cpu: cpu?.brand || 'unknown',
    logicalCores: cpu?.logicalCores ?? 0,
    availableCores: cpu?.availableCores ?? 0,
    node: process.versions.node,
    openvino: backends().find(({ name }) => name === 'openvino')?.version ?? 'unknown',
    platform: platformName,
  }
}

function renderBench(report: BenchReport, { latency, engineLatency, warmUp }: Measurement): string {
  const { machine, engine } = report
  const figures: Row[] = [
    ['mode', `${report.mode}: ${report.call}, ${report.concurrency} in flight`],
    ['inferences', `${report.iterations} in ${formatDuration(report.duration * 1000)}, after ${warmUp.iterations} to warm up`],
    ['throughput', `${significant(report.throughput)} inferences/s`],
  ]
  const columns = ['p50', 'p90', 'p95', 'p99', 'min', 'mean', 'max'] as const
  const row = (name: string, summary: typeof latency): Row => [name, ...columns.map((key) => formatDuration(summary[key]))]
  const latencies = [row('call to answer', latency)]
  if (engineLatency) latencies.push(row('in the engine', engineLatency))
  const inputs = report.inputs.map(({ name, type, shape, source }): Row => [name, `${type}${formatShape(shape)}`, source])
  return [
    renderTable(engineRows(engine)),
    renderSection('Inputs', renderTable(inputs)),
    renderTable(figures),
    renderSection('Latency', renderTable(latencies, { header: ['', ...columns] })),
    renderSection('What the clock covers', report.clock.replaceAll('. ', '.\n')),
    `${machine.cpu}, ${machine.availableCores} of ${machine.logicalCores} threads; Node ${machine.node}, OpenVINO ${machine.openvino}, ${machine.platform}`,
  ].join('\n\n')
}
