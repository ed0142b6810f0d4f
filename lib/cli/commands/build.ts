import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import { manifestPathOf } from '../../engine/manifest.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { EngineConfig, Recipe } from '../config/config-schema.js'
import { readDocument } from '../config/read-document.js'
import { isForTensorRt } from '../config/tensorrt-config.js'
import type { RegisterAction } from '../create-program.js'
import { checkWritable } from '../files/check-writable.js'
import { stemOf } from '../files/stem-of.js'
import { findTarget, openEngine } from '../open-engine.js'
import { addBuildFlags, type BuildFlags } from '../options/build-flags.js'
import { calibrationFromFlags, calibrationOfConfig } from '../options/collect-quantize-options.js'
import { collectOptions } from '../options/engine-options.js'
import { addCalibrationFlags, type CalibrationFlags } from '../options/quantize-flags.js'
import { addTensorRtFlags, type TensorRtFlags, tensorRtFlagOf } from '../options/tensorrt-flags.js'
import { describeOpenedEngine, engineRows } from '../reports/describe-opened-engine.js'
import type { buildReportSchema } from '../reports/report-schemas.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { formatBytes } from '../text/format-quantity.js'
import { renderEnginePorts } from '../text/render-engine.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'
import { buildPlan } from './build-plan.js'

interface Flags extends CommonFlags, BuildFlags, CalibrationFlags, TensorRtFlags {
  output?: string
}

const examples = `
Examples:
  enginery build squeezenet.onnx
  enginery build detector.onnx -o detector.blob --shape x=1x3x736x736 --performance throughput
  enginery build --config recipes/squeezenet.yaml --property NUM_STREAMS=2
  enginery build yolox.onnx --precision int8 --data calib.npy
  enginery build yolox.onnx --backend tensorrt --library tensorrt-rtx --compute-capability 8.9 --precision fp16
  enginery build --backend tensorrt --onnx=yolox.onnx --saveEngine=yolox.plan --fp16 --shapes=images:1x3x640x640

Writes the engine and, beside it, its manifest (.json). Both appear whole or not at all.`

export function addBuildCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('build')
    .argument('[model]', 'model file; may come from the configuration')
    .summary('compile a model to an engine file')
    .description('Compiles a model and saves the engine.')
    .option(
      '-o, --output <file>',
      "file for the engine (default: the model's name with .blob or .plan, in the working directory)",
    )
  addTensorRtFlags(addCalibrationFlags(addBuildFlags(command))).addHelpText('after', examples)
  register(command, build)
}

async function build(session: Session, argument: string | undefined, flags: Flags): Promise<CommandResult> {
  const document = flags.config === undefined ? undefined : await readDocument(flags.config)
  if ((flags.backend ?? (document && isForTensorRt(document) ? 'tensorrt' : 'openvino')) === 'tensorrt') {
    return await buildPlan(session, argument, flags, document)
  }
  const odd = tensorRtFlagOf(flags)
  if (odd !== undefined) throw engineryError('USAGE_INVALID', { reason: `${odd}: only for --backend tensorrt` })
  const { engine, own, recipe } = await collectOptions('build', flags, { output: flags.output })
  const options = await withCalibration(engine, recipe, flags)
  const target = await findTarget(argument, options)
  if (target.kind === 'engine') throw engineryError('USAGE_INVALID', { reason: `${target.path} is a saved engine already` })
  const output = resolve(own.output ?? `${stemOf(target.path)}.blob`)
  await checkWritable(output)
  const opened = await openEngine(session, target, options)
  try {
    await withProgress(session, async (bar) => {
      bar.update('save', 1)
      await opened.engine.save(output)
    })
    const described = await describeOpenedEngine(target, opened)
    const files = await Promise.all(
      [output, manifestPathOf(output)].map(async (path) => ({ path, bytes: (await stat(path)).size })),
    )
    const json: z.input<typeof buildReportSchema> = { command: 'build', enginery: readPackageVersion(), engine: described, files }
    const text = [
      renderTable([
        ...engineRows(described),
        ...files.map(({ path, bytes }): Row => ['wrote', `${path} (${formatBytes(bytes)})`]),
      ]),
      renderSection('Inputs', renderEnginePorts(opened.engine.inputs)),
      renderSection('Outputs', renderEnginePorts(opened.engine.outputs)),
    ].join('\n\n')
    return { json, text }
  } finally {
    await opened.engine.close()
  }
}

/** The options with the samples that flags, configuration or recipe name, where there is something to quantize. */
async function withCalibration(engine: EngineConfig, recipe: Recipe, flags: CalibrationFlags): Promise<EngineConfig> {
  const given = await calibrationFromFlags(flags)
  if (engine.precision !== 'int8') {
    const [unused] = Object.keys(given)
    if (unused === undefined) return engine
    throw engineryError('USAGE_INVALID', { reason: `--${unused}: only for --precision int8` })
  }
  const calibration = { ...calibrationOfConfig({ engine, recipe }), ...given }
  if (calibration.data === undefined) {
    const reason = '--precision int8: no samples: name them with --data, or in the configuration (calibration.data)'
    throw engineryError('USAGE_INVALID', { reason })
  }
  return { ...engine, calibration }
}
