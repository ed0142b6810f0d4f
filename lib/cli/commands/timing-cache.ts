import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { z } from 'zod'
import {
  editTimingCache,
  readTimingCache,
  type TimingCacheChange,
  type TimingCacheEntry,
} from '../../api/tensorrt/edit-timing-cache.js'
import { engineryError } from '../../errors/enginery-error.js'
import { readPackageVersion } from '../../native/package-version.js'
import type { RegisterAction } from '../create-program.js'
import { checkWritable } from '../files/check-writable.js'
import type { editTimingsReportSchema, showTimingsReportSchema } from '../reports/timing-cache-schemas.js'
import type { CommandResult, CommonFlags, Session } from '../session.js'
import { significant } from '../text/format-quantity.js'
import { type Row, renderTable } from '../text/render-table.js'

interface TimingFlags extends CommonFlags {
  library?: string
  device?: number
}

interface EditFlags extends TimingFlags {
  set?: readonly string[]
  remove?: readonly string[]
  output?: string
  force?: true
}

const examples = `
Examples:
  enginery timing-cache show timing.cache
  enginery timing-cache edit timing.cache --set 0x6d53b9...=0x5a1c0e9b7d2f4431@0.042 --remove 0x91b2f0...

TensorRT 10.8 and later, where the GPU is. Builds take what was set with \`--set builder.editableTimingCache=true\`.`

export function addTimingCacheCommand(program: Command, register: RegisterAction): void {
  const group = program
    .command('timing-cache')
    .summary("TensorRT's timing caches: the kernels that were chosen, and others in their place")
    .description('Shows what TensorRT measured for each layer, and changes it for builds that come later.')
    .addHelpText('after', examples)
  const ofTensorRt = (command: Command) =>
    command
      .argument('<file>', 'timing cache')
      .option('--library <which>', 'tensorrt, or the path of its core library')
      .option('--device <number>', 'number of the GPU', parseNumber)
  register<TimingFlags>(ofTensorRt(group.command('show')).description('Prints key, kernel and time of every entry.'), show)
  register<EditFlags>(
    ofTensorRt(group.command('edit'))
      .description('Sets kernels and takes entries out: all of it or nothing.')
      .option('--set <key=tactic[@ms]>', 'kernel for a key, and its time where it is known; repeatable', collect)
      .option('--remove <key>', 'take the entry out: it is measured again; repeatable', collect)
      .option('-o, --output <file>', 'file to write; without it, the timing cache itself')
      .option('--force', 'replace the output file if it is there'),
    edit,
  )
}

async function show(session: Session, file: string | undefined, { library, device }: TimingFlags): Promise<CommandResult> {
  const path = file as string // commander sees to it
  const entries = await readTimingCache({ cache: path, library, device, signal: session.signal })
  const json: z.input<typeof showTimingsReportSchema> = {
    command: 'timing-cache show',
    enginery: readPackageVersion(),
    file: await describeFile(path),
    entries: [...entries],
  }
  return { json, text: renderEntries(entries) }
}

async function edit(session: Session, file: string | undefined, flags: EditFlags): Promise<CommandResult> {
  const path = file as string
  const { library, device, output, force } = flags
  const changes = [...(flags.set ?? []).map(parseSetting), ...(flags.remove ?? []).map(parseRemoval)]
  if (changes.length === 0) throw usage('nothing to change: name it with --set or --remove')
  if (output !== undefined) {
    const there = await stat(output).catch(() => null)
    if (there?.isFile() && !force) throw usage(`--output: ${output} is there already; --force replaces it`)
    await checkWritable(output)
  }
  const { entries } = await editTimingCache({ cache: path, changes, output, library, device, signal: session.signal })
  const written = output ?? path
  const json: z.input<typeof editTimingsReportSchema> = {
    command: 'timing-cache edit',
    enginery: readPackageVersion(),
    file: await describeFile(path),
    output: await describeFile(written),
    changed: changes.length,
    entries: [...entries],
  }
  const text = renderTable([['wrote', `${resolve(written)} (${changes.length} changed, ${entries.length} entries)`]])
  return { json, text }
}

function renderEntries(entries: readonly TimingCacheEntry[]): string {
  if (entries.length === 0) return 'no entries'
  const rows = entries.map(({ key, tactic, milliseconds }): Row => [key, tactic, significant(milliseconds)])
  return renderTable(rows, { header: ['key', 'tactic', 'ms'] })
}

const hexKey = /^0x[0-9a-f]{32}$/i

function parseSetting(text: string): TimingCacheChange {
  const match = /^(0x[0-9a-f]{32})=(0x[0-9a-f]{1,16})(?:@(\d+(?:\.\d+)?))?$/i.exec(text)
  if (match === null)
    throw usage(
      `--set: expected a key (0x and 32 hexadecimal digits), =, a tactic (0x and up to 16), then @ and milliseconds or nothing; received ${text}`,
    )
  const [, key, tactic, milliseconds] = match as unknown as [string, string, string, string | undefined]
  return { key, tactic, ...(milliseconds !== undefined && { milliseconds: Number(milliseconds) }) }
}

function parseRemoval(key: string): TimingCacheChange {
  if (!hexKey.test(key)) throw usage(`--remove: expected a key, 0x and 32 hexadecimal digits; received ${key}`)
  return { key, remove: true }
}

function parseNumber(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw usage(`--device: expected the number of a GPU, received ${text}`)
  return Number(text)
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

async function describeFile(path: string) {
  return { path: resolve(path), bytes: (await stat(path)).size }
}

function usage(reason: string): Error {
  return engineryError('USAGE_INVALID', { reason })
}
