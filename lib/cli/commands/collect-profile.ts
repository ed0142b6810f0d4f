import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { type CollectProfileOptions, collectProfile } from '../../api/tensorrt/collect-profile.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { RegisterAction } from '../create-program.js'
import { checkWritable } from '../files/check-writable.js'
import { refuseOverwriting } from '../files/refuse-overwriting.js'
import { stemOf } from '../files/stem-of.js'
import { collectWith } from '../options/build-flags.js'
import { calibrationFromFlags } from '../options/collect-quantize-options.js'
import { addSampleFlags, type CalibrationFlags } from '../options/quantize-flags.js'
import type { profileReportSchema } from '../reports/profile-report-schema.js'
import { type CommandResult, type CommonFlags, type Session, withProgress } from '../session.js'
import { type Row, renderSection, renderTable } from '../text/render-table.js'

interface Flags extends CommonFlags, CalibrationFlags {
  output?: string
  batch?: NonNullable<CollectProfileOptions['batch']>
  values?: string[]
  force?: true
}

type Report = z.input<typeof profileReportSchema>

const examples = `
Examples:
  enginery collect-profile rec.onnx --data lines --preprocess ppocr-rec --batch 1,8,32
  enginery build rec.onnx --backend tensorrt --profiles rec.profiles.yaml

Samples are read as they would be inferred; nothing is inferred. opt is the combination of shapes that occurs most.`

export function addCollectProfileCommand(program: Command, register: RegisterAction): void {
  const command = program
    .command('collect-profile')
    .argument('<model>', 'ONNX model with open dimensions')
    .summary('ranges of shapes for TensorRT, from samples')
    .description('Writes an optimization profile for TensorRT: the ranges of shapes that samples have.')
    .option('-o, --output <file>', "file for the profile, YAML or .json (default: the model's name with .profiles.yaml)")
    .option('--batch <min,opt,max>', 'lengths of the batch where the model leaves it open (default: of the samples)', parseBatch)
    .option('--values <input>', 'input that is a shape tensor: its values are ranged (repeatable)', collectWith(String))
  addSampleFlags(command).option('--force', 'replace the output file if it is there').addHelpText('after', examples)
  register<Flags>(command, collect)
}

function parseBatch(text: string): NonNullable<CollectProfileOptions['batch']> {
  const match = /^(\d{1,9}),(\d{1,9}),(\d{1,9})$/.exec(text)
  const [min, opt, max] = (match ?? []).slice(1).map(Number) as [number, number, number]
  if (match === null || min < 1 || min > opt || opt > max) {
    throw new InvalidArgumentError(`expected min,opt,max such as 1,8,32, received ${JSON.stringify(text)}.`)
  }
  return { min, opt, max }
}

async function collect(session: Session, argument: string | undefined, flags: Flags): Promise<CommandResult> {
  const model = argument as string // commander sees to it
  const { data, preprocess, samples, seed } = await calibrationFromFlags(flags)
  if (data === undefined) throw engineryError('USAGE_INVALID', { reason: '--data: expected samples, whose shapes are collected' })
  const output = flags.output ?? `${stemOf(model)}.profiles.yaml`
  await refuseOverwriting(output, model, flags.force === true)
  await checkWritable(resolve(output))
  const options = { model, data, preprocess, samples, seed, batch: flags.batch, values: flags.values, output }
  const collected = await withProgress(session, async (bar) => {
    bar.update('collect', 0)
    return await collectProfile({ ...options, signal: session.signal } as CollectProfileOptions)
  })
  const json: Report = {
    command: 'collect-profile',
    enginery: readPackageVersion(),
    output: { path: resolve(output), bytes: (await stat(output)).size },
    samples: collected.samples,
    combinations: collected.combinations,
    profile: collected.profile as Report['profile'],
  }
  return { json, text: render(json) }
}

function render({ output, samples, combinations, profile }: Report): string {
  const rows = Object.entries(profile).map(([name, range]): Row => {
    const { min, opt, max } = 'values' in range ? range.values : range
    return [name, ...[min, opt, max].map((end) => `[${end.join(',')}]`), 'values' in range ? 'values' : '']
  })
  const facts: Row[] = [
    ['wrote', output.path],
    ['samples', `${samples}, of ${combinations} ${combinations === 1 ? 'shape' : 'different shapes'}`],
  ]
  return `${renderTable(facts)}\n\n${renderSection('Profile', renderTable(rows, { header: ['input', 'min', 'opt', 'max', ''] }))}`
}
