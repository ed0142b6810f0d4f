import { extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type WritableAlgorithm, writableAlgorithms } from '../../calibration/tensorrt/table-header.js'
import { engineryError } from '../../errors/enginery-error.js'
import { presetNames } from '../../preprocess/presets.js'
import { targetNames } from '../../quantization/targets/target.js'
import { collectWith } from './build-flags.js'
import { parseValue, splitAssignment } from './parse-assignment.js'
import { wholeNumber } from './parse-number.js'
import { parseStaticShape } from './parse-shape.js'
import { parseTensorRtVersion } from './parse-tensorrt-version.js'

/** Options on what a model is calibrated with, of `quantize` and `build`. */
export interface CalibrationFlags {
  data?: string[]
  samples?: number
  seed?: number
  preprocess?: string
  stats?: string
}

/** Options of quantize as commander collects them. */
export interface QuantizeFlags extends CalibrationFlags {
  config?: string
  output?: string
  target?: string
  preset?: 'performance' | 'mixed'
  shape?: [name: string, shape: number[]][]
  ignore?: string[]
  ignorePattern?: string[]
  ignoreType?: string[]
  withoutRecipe?: string[]
  /** false for `--no-bias-correction`. */
  biasCorrection?: false
  channelAlignment?: true
  /** false for `--no-cache`. */
  cache?: string | false
  pass?: true
  /** false for `--no-check`. */
  check?: false
  effort?: 'fast' | 'balanced' | 'thorough'
  prefer?: 'accuracy' | 'fastest'
  keepInaccurate?: true
  sensitivity?: true
  measure?: true
  writeCalibrationTable?: string
  calibrator?: WritableAlgorithm
  tensorrt?: string
  force?: true
  set?: [path: string, value: unknown][]
}

/** Of samples: where they are and what is done to them. */
export function addSampleFlags(command: Command): Command {
  return command
    .option(
      '--data <path>',
      'samples: .npy (rows), name=file.npy, .npz, a folder of .npz, or pictures with --preprocess (repeatable)',
      collectWith(String),
    )
    .option('--samples <n>', 'use this many (default: 300)', wholeNumber(1))
    .option('--seed <n>', 'of the draw where there are more (default: 0)', wholeNumber(0, 2 ** 32 - 1))
    .option('--preprocess <name|file>', `what is done to pictures: a YAML file, or ${presetNames.join(', ')}`, checkPreprocess)
}

export function addCalibrationFlags(command: Command): Command {
  return addSampleFlags(command).option('--stats <file>', 'statistics: read where they fit, written where the file is missing')
}

/** @param purpose what the shape is for, in the help */
export function addShapeFlag(command: Command, purpose: string): Command {
  return command.option(
    '--shape <name=shape>',
    `shape of an input that the model leaves open, for ${purpose}: image=1x3x416x416 (repeatable)`,
    collectWith((text) => {
      const [name, shape] = splitAssignment(text, 'name=shape, such as image=1x3x416x416', 'last')
      return [name, parseStaticShape(shape)] as const
    }),
  )
}

/** @param type that what is named keeps, in the help */
export function addIgnoreFlags(command: Command, type: string): Command {
  return command
    .option('--ignore <name>', `node, or tensor that it writes, to stay ${type} (repeatable)`, collectWith(String))
    .option('--ignore-pattern <regexp>', 'the same by a regular expression (repeatable)', collectWith(String))
    .option('--ignore-type <operator>', 'the same by operator: Softmax (repeatable)', collectWith(String))
}

export function addQuantizeFlags(command: Command): Command {
  addCalibrationFlags(
    command
      .option('--config <file>', 'YAML file of options; options on the command line override it')
      .option('-o, --output <file>', 'file for the quantized model')
      .addOption(new Option('--target <name>', 'where it will run (default: openvino-cpu)').choices(targetNames)),
  )
  command.addOption(
    new Option('--preset <name>', 'performance: symmetric; mixed: with zero points (default: what suits the target)').choices([
      'performance',
      'mixed',
    ]),
  )
  addShapeFlag(command, 'calibration')
  addIgnoreFlags(command, 'float')
  return command
    .option(
      '--without-recipe <name>',
      'quantize also what this recipe would leave float, or `all` (repeatable; inspect --suggest-ignored lists them)',
      collectWith(String),
    )
    .option('--no-bias-correction', 'leave biases as they are')
    .option('--channel-alignment', 'balance the channels of successive convolutions first')
    .option('--cache <dir>', 'folder for statistics, to be used again by the next run')
    .option('--no-cache', 'keep no statistics even where the configuration names a folder')
    .option('--pass', 'a model that is quantized already is written as it is; otherwise an error')
    .option('--no-check', 'do not compare the quantized model with the float one')
    .addOption(
      new Option('--effort <name>', 'what is done about accuracy that is lost (default: balanced)').choices([
        'fast',
        'balanced',
        'thorough',
      ]),
    )
    .option('--keep-inaccurate', 'write a model that stays inaccurate, with a warning; otherwise an error')
    .option('--sensitivity', 'tell what each layer costs in accuracy')
    .addOption(
      new Option('--prefer <what>', 'fastest: measure both models here, and keep the float one where INT8 does not pay').choices([
        'accuracy',
        'fastest',
      ]),
    )
    .option('--measure', 'run both models here for two seconds, and say whether INT8 pays on this CPU')
    .option('--write-calibration-table <file>', 'write a calibration table for TensorRT 8 to 10, and no quantized model')
    .addOption(
      new Option('--calibrator <name>', 'of TensorRT, that the table is for (default: entropy2)').choices(writableAlgorithms),
    )
    .option('--tensorrt <version>', "for the table's header (default: 10.15.1)", parseTensorRtVersion)
    .option('--force', 'replace the output file if it is there')
    .option(
      '--set <path=value>',
      'any other option: activations.mode=asymmetric, calibration.onNotFinite=skip (repeatable)',
      collectWith((text) => {
        const [path, value] = splitAssignment(text, 'path=value, such as activations.mode=asymmetric')
        if (path.split('.').includes(''))
          throw new InvalidArgumentError(`expected a dotted path, received ${JSON.stringify(path)}.`)
        return [path, parseValue(value)] as const
      }),
    )
}

function checkPreprocess(text: string): string {
  if (isPreprocessFile(text) || (presetNames as readonly string[]).includes(text)) return text
  throw new InvalidArgumentError(`expected a .yaml file or one of ${presetNames.join(', ')}, received ${JSON.stringify(text)}.`)
}

/** True for a file, false for the name of a preset. */
export function isPreprocessFile(text: string): boolean {
  return ['.yaml', '.yml', '.json'].includes(extname(text).toLowerCase())
}

/**
 * `--data` as `calibration.data` has it: one path, or a file for each input.
 *
 * @throws USAGE_INVALID for a mixture of both
 */
export function collectData(data: readonly string[]): string | Record<string, string> {
  const named = data.map((text) => /^([^=]+)=(.+\.(?:npy|npz))$/is.exec(text))
  if (data.length === 1 && named[0] === null) return data[0] as string
  const files: Record<string, string> = Object.create(null)
  for (const [index, match] of named.entries()) {
    if (match === null || match === undefined) {
      const reason = `--data: expected name=file.npy for each of several inputs, received ${JSON.stringify(data[index])}`
      throw engineryError('USAGE_INVALID', { reason })
    }
    files[match[1] as string] = match[2] as string
  }
  return { ...files }
}
