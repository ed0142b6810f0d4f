import type { Command } from 'commander'
import { z } from 'zod'
import { configFileSchema } from '../../../lib/cli/config/config-schema.js'
import { tensorrtConfigSchema } from '../../../lib/cli/config/tensorrt-config.js'
import { createProgram } from '../../../lib/cli/create-program.js'
import { reportSchemas } from '../../../lib/cli/reports/report-schemas.js'
import {
  countSchema,
  engineSchema,
  errorSchema,
  fileSchema,
  inputSchema,
  latencySchema,
  portSchema,
  weightSchema,
} from '../../../lib/cli/reports/shared-schemas.js'
import { Terminal } from '../../../lib/cli/terminal.js'

/** Objects that several documents hold: shown once. */
const named: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ['engine', engineSchema],
  ['port', portSchema],
  ['input', inputSchema],
  ['latency', latencySchema],
  ['count', countSchema],
  ['weight', weightSchema],
  ['file', fileSchema],
  ['error', errorSchema],
]

/** The parts of docs/cli.md that are made from the code, by the name of their marker. */
export async function renderCliDocs(): Promise<Record<string, string>> {
  const program = await createProgram(new Terminal(process.stdout, process.stderr), new AbortController().signal)
  return {
    help: program.commands
      .flatMap((command) => [command, ...command.commands])
      .map(renderHelp)
      .join('\n'),
    config: renderFields(configFileSchema),
    'config-tensorrt': renderFields(tensorrtConfigSchema),
    json: [
      ...Object.entries(reportSchemas).map(([name, schema]) => `#### ${name}\n\n${renderFields(schema)}`),
      ...named.map(([name, schema]) => `#### *${name}*\n\n${renderFields(schema)}`),
    ].join('\n'),
  }
}

/** The page with its generated parts replaced. */
export async function refreshCliDocs(page: string): Promise<string> {
  let refreshed = page
  for (const [name, text] of Object.entries(await renderCliDocs())) {
    const pattern = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    if (!pattern.test(refreshed)) throw new Error(`docs/cli.md has no part <!-- ${name} -->`)
    refreshed = refreshed.replace(pattern, (_, start: string, end: string) => `${start}\n${text}\n${end}`)
  }
  return refreshed
}

function renderHelp(command: Command): string {
  command.configureHelp({ helpWidth: 110 })
  let text = ''
  command.configureOutput({ writeOut: (part) => (text += part) })
  command.outputHelp()
  const parent = command.parent?.parent ? `${command.parent.name()} ` : ''
  return `### enginery ${parent}${command.name()}\n\n\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`
}

function renderFields(schema: z.ZodType): string {
  const rows = [...fieldsOf(schema, '', true)].map(
    ([path, type, text]) => `| \`${path}\` | ${type.replaceAll('|', '\\|')} | ${text} |`,
  )
  return ['| key | type | meaning |', '|---|---|---|', ...rows, ''].join('\n')
}

function* fieldsOf(schema: z.ZodType, path: string, top = false): Iterable<[path: string, type: string, meaning: string]> {
  const { inner, nullable } = unwrap(schema)
  const name = top ? undefined : nameOf(inner)
  if (!top)
    yield [path, typeOf(inner) + (nullable ? ' or null' : ''), schema.description ?? (name ? '' : (inner.description ?? ''))]
  if (name !== undefined) return
  if (inner instanceof z.ZodObject) {
    const prefix = path === '' ? '' : `${path}.`
    for (const [key, field] of Object.entries(inner.shape)) yield* fieldsOf(field as z.ZodType, prefix + key)
  }
  if (inner instanceof z.ZodArray) {
    const { inner: element } = unwrap(inner.element as z.ZodType)
    if (element instanceof z.ZodObject && nameOf(element) === undefined) {
      for (const [key, field] of Object.entries(element.shape)) yield* fieldsOf(field as z.ZodType, `${path}[].${key}`)
    }
  }
}

function unwrap(schema: z.ZodType): { inner: z.ZodType; nullable: boolean } {
  if (schema instanceof z.ZodNullable) return { ...unwrap(schema.unwrap() as z.ZodType), nullable: true }
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.unwrap() as z.ZodType)
  return { inner: schema, nullable: false }
}

const nameOf = (schema: z.ZodType) => named.find(([, other]) => other === schema)?.[0]

function typeOf(schema: z.ZodType): string {
  const { inner } = unwrap(schema)
  const name = nameOf(inner)
  if (name !== undefined) return `*${name}*`
  if (inner instanceof z.ZodObject) return 'object'
  if (inner instanceof z.ZodArray) return `list of ${typeOf(inner.element as z.ZodType)}`
  if (inner instanceof z.ZodRecord) return `object of ${typeOf(inner.valueType as z.ZodType)}`
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${String(option)}\``).join(', ')
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  if (inner instanceof z.ZodUnion) return [...new Set((inner.options as z.ZodType[]).map(typeOf))].join(' or ')
  if (inner instanceof z.ZodTuple) return `pair of ${typeOf((inner.def.items as z.ZodType[])[0] as z.ZodType)}`
  if (inner instanceof z.ZodLazy) return 'any value'
  if (inner.def.type === 'number') return (inner as z.ZodNumber).format === 'safeint' ? 'integer' : 'number'
  if (inner.def.type === 'unknown') return 'any value'
  if (inner.def.type === 'custom') return inner.description ?? 'bytes (not in a file)'
  return inner.def.type
}
