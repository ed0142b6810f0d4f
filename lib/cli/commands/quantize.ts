import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import { type QuantizeResult, quantize } from '../../api/quantization/quantize.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { QuantizeOptions, QuantizeProgress } from '../../quantization/quantize-options.js'
import type { RegisterAction } from '../create-program.js'
import { checkWritable } from '../files/check-writable.js'
import { refuseOverwriting } from '../files/refuse-overwriting.js'
import { stemOf } from '../files/stem-of.js'
import { collectQuantizeOptions } from '../options/collect-quantize-options.js'
import { addQuantizeFlags, type QuantizeFlags } from '../options/quantize-flags.js'
import { quantizeReportSchema } from '../reports/quantize-report-schema.js'
import { renderQuantization } from '../reports/render-quantization.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { writeTable } from './write-calibration-table.js'

const examples = `
Examples:
  enginery quantize yolox.onnx -o yolox.int8.onnx --data calib.npy
  enginery quantize bert.onnx --data ids=ids.npy --data mask=mask.npy --shape ids=1x128 --shape mask=1x128
  enginery quantize squeezenet.onnx --data pictures --preprocess imagenet --target tensorrt
  enginery quantize --config yolox.yaml --ignore-pattern '^/head/'
  enginery quantize yolox.onnx --data calib.npy --write-calibration-table yolox.calib

Writes a standard ONNX model, whole or not at all. Samples are to be like those that the model will see. The result is
compared with the float model on up to 32 of them; what is lost is won back where it can be, or nothing is written.`

export function addQuantizeCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('quantize')
    .argument('[model]', 'float ONNX model; may come from the configuration')
    .summary('float ONNX model and samples in, INT8 model out')
    .description('Quantizes a float ONNX model to INT8.')
  addQuantizeFlags(command).addHelpText('after', examples)
  register<QuantizeFlags & CommonFlags>(command, quantizeFile)
}

async function quantizeFile(
  session: Session,
  argument: string | undefined,
  flags: QuantizeFlags & CommonFlags,
): Promise<CommandResult> {
  const { model, output: named, calibration, quantization } = await collectQuantizeOptions(argument, flags)
  if (model === undefined) throw usage('no model: name its file, or a configuration that does (--config)')
  const { data } = calibration
  if (data === undefined) throw usage('no samples: name them with --data, or in the configuration (calibration.data)')
  if (flags.writeCalibrationTable !== undefined) {
    const { writeCalibrationTable } = flags
    const given = { model, calibration: { ...calibration, data } as QuantizeOptions['calibration'], quantization }
    return await writeTable(session, { ...flags, writeCalibrationTable }, given)
  }
  const output = resolve(named ?? `${stemOf(model)}.int8.onnx`)
  await refuseOverwriting(output, model, flags.force === true)
  await checkWritable(output)
  const start = performance.now()
  const result = await withProgress(session, (bar) =>
    quantize({
      ...quantization,
      model,
      calibration: { ...calibration, data } as QuantizeOptions['calibration'],
      output,
      measure: flags.measure === true,
      sensitivity: flags.sensitivity === true,
      signal: session.signal,
      logger: session.logger,
      onProgress: (progress) => bar.update(labelOf(progress), progress.fraction),
    }),
  )
  const json = await reportOf(result, { model, output, duration: (performance.now() - start) / 1000 })
  return { json, text: renderQuantization(json) }
}

function labelOf({ stage, done, total }: QuantizeProgress): string {
  return stage === 'statistics' && done !== undefined ? `${done}${total === undefined ? '' : `/${total}`}` : stage
}

async function reportOf(
  result: QuantizeResult,
  { model, output, duration }: { model: string; output: string; duration: number },
): Promise<z.output<typeof quantizeReportSchema>> {
  const {
    target,
    preset,
    isPassed,
    operators,
    float,
    activations,
    calibration,
    check,
    cure,
    sensitivity,
    kept,
    speed,
    warnings,
  } = result
  const sizeOf = async (path: string) => ({ path: resolve(path), bytes: (await stat(path)).size })
  return quantizeReportSchema.parse({
    command: 'quantize',
    enginery: readPackageVersion(),
    model: await sizeOf(model),
    output: await sizeOf(output),
    target,
    preset,
    isPassed,
    operators,
    float,
    activations,
    calibration,
    check,
    cure,
    sensitivity,
    kept,
    speed,
    warnings,
    duration,
  })
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
