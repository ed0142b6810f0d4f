import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { convertPrecision } from '../../api/quantization/convert-precision.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { ConvertPrecisionOptions } from '../../quantization/half-precision/precision-options.js'
import type { RegisterAction } from '../create-program.js'
import { checkWritable } from '../files/check-writable.js'
import { refuseOverwriting } from '../files/refuse-overwriting.js'
import { stemOf } from '../files/stem-of.js'
import { calibrationFromFlags } from '../options/collect-quantize-options.js'
import { definedOnly } from '../options/defined-only.js'
import { addCalibrationFlags, addIgnoreFlags, addShapeFlag, type CalibrationFlags } from '../options/quantize-flags.js'
import type { convertReportSchema } from '../reports/convert-report-schema.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { formatBytes, formatDuration } from '../text/format-quantity.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

interface Flags extends CommonFlags, CalibrationFlags {
  precision: 'fp16' | 'bf16'
  output?: string
  halfInputsAndOutputs?: true
  shape?: [name: string, shape: number[]][]
  ignore?: string[]
  ignorePattern?: string[]
  ignoreType?: string[]
  force?: true
}

const examples = `
Examples:
  enginery convert yolox.onnx -o yolox.fp16.onnx --precision fp16
  enginery convert bert.onnx --precision bf16 --ignore-type Softmax
  enginery convert scenes.onnx --precision fp16 --data calib.npy

Writes a standard ONNX model, whole or not at all, for engines that take the types of a model at their word (TensorRT 11,
TensorRT-RTX). With samples, what they bring near the end of the type stays float32.`

export function addConvertCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('convert')
    .argument('<model>', 'float32 ONNX model')
    .summary('float32 ONNX model in, one in 16-bit floats out')
    .description('Rewrites a float32 ONNX model in half precision, where that is right.')
    .addOption(
      new Option('--precision <type>', 'of tensors inside, and of weights').choices(['fp16', 'bf16']).makeOptionMandatory(),
    )
    .option('-o, --output <file>', "file for the model (default: the model's name with .fp16.onnx or .bf16.onnx)")
    .option('--half-inputs-and-outputs', 'inputs and outputs change, too (default: they stay float32)')
  addIgnoreFlags(command, 'float32')
  addShapeFlag(command, 'samples')
  addCalibrationFlags(command).option('--force', 'replace the output file if it is there').addHelpText('after', examples)
  register<Flags>(command, convert)
}

async function convert(session: Session, argument: string | undefined, flags: Flags): Promise<CommandResult> {
  const model = argument as string
  const { precision, ignore, ignorePattern, ignoreType } = flags
  if (flags.stats !== undefined) throw usage('--stats: not for convert, which keeps no statistics')
  const calibration = await calibrationFromFlags(flags)
  const [odd] = Object.keys(calibration)
  if (odd !== undefined && calibration.data === undefined) throw usage(`--${odd}: expected --data with it`)
  const output = resolve(flags.output ?? `${stemOf(model)}.${precision}.onnx`)
  await refuseOverwriting(output, model, flags.force === true)
  await checkWritable(output)
  const start = performance.now()
  const converted = await withProgress(session, (bar) => {
    bar.update('convert', 0)
    return convertPrecision({
      model,
      type: precision === 'fp16' ? 'f16' : 'bf16',
      output,
      keepInputsAndOutputs: flags.halfInputsAndOutputs !== true,
      ignored: definedOnly({ names: ignore, patterns: ignorePattern, types: ignoreType }),
      ...(odd !== undefined && { calibration: calibration as ConvertPrecisionOptions['calibration'] }),
      ...(flags.shape && { shapes: Object.fromEntries(flags.shape) }),
      signal: session.signal,
    })
  })
  const sizeOf = async (path: string) => ({ path: resolve(path), bytes: (await stat(path)).size })
  const { half, float, casts } = converted
  const json: z.input<typeof convertReportSchema> = {
    command: 'convert',
    enginery: readPackageVersion(),
    model: await sizeOf(model),
    output: await sizeOf(output),
    precision,
    half,
    float: float.map(({ node, operator, reason }) => ({ node, operator, reason })),
    casts,
    duration: (performance.now() - start) / 1000,
  }
  return { json, text: render(json) }
}

const mostNodes = 20

function render({ model, output, precision, half, float, casts, duration }: z.input<typeof convertReportSchema>): string {
  const facts: Row[] = [
    ['wrote', `${output.path} (${formatBytes(output.bytes)}, of ${formatBytes(model.bytes)})`],
    [precision, `${half} nodes, ${casts} casts`],
    ['float32', `${float.length} nodes`],
    ['time', formatDuration(duration * 1000)],
  ]
  if (float.length === 0) return renderTable(facts)
  const rows = float.slice(0, mostNodes).map(({ node, operator, reason }): Row => [node, operator, reason])
  const more = float.length > mostNodes ? `\nand ${float.length - mostNodes} more (--json lists them)` : ''
  return `${renderTable(facts)}\n\n${renderSection('Float32 still', renderTable(rows) + more)}`
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
