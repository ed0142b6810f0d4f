import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')

const ignoredFolders = new Set(['node_modules', 'dist', 'build', 'prebuilds', 'results', 'licenses'])

/** Every Markdown file of the repository, relative to it. */
export function listDocuments(folder = ''): string[] {
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name
    if (entry.isDirectory()) return entry.name.startsWith('.') || ignoredFolders.has(entry.name) ? [] : listDocuments(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

export interface CodeBlock {
  readonly language: string
  /** The words after the language: `run` marks what is to be run. */
  readonly marks: readonly string[]
  readonly code: string
  /** Line of the opening fence. */
  readonly line: number
}

export interface Document {
  readonly path: string
  readonly blocks: readonly CodeBlock[]
  /** Text with code taken out, lines kept. */
  readonly prose: string
}

export function readDocument(path: string): Document {
  const blocks: CodeBlock[] = []
  const prose: string[] = []
  let open: { language: string; marks: string[]; code: string[]; line: number } | undefined
  const lines = readFileSync(join(repository, path), 'utf8').split('\n')
  lines.forEach((line, index) => {
    const [, info] = /^```(.*)$/.exec(line) ?? []
    if (open) {
      if (info === '') {
        blocks.push({ ...open, code: `${open.code.join('\n')}\n` })
        open = undefined
      } else open.code.push(line)
      prose.push('')
    } else if (info === undefined) prose.push(line.replace(/`[^`]*`/g, (code) => code.replace(/[[\]()]/g, ' ')))
    else {
      const [language = '', ...marks] = info.split(/\s+/)
      open = { language, marks, code: [], line: index + 1 }
      prose.push('')
    }
  })
  if (open) throw new Error(`${path}:${open.line}: the code block has no end`)
  return { path, blocks, prose: prose.join('\n') }
}

/** The anchors that GitHub makes of a document's headings. */
export function anchorsOf(path: string): Set<string> {
  const anchors = new Set<string>()
  for (const line of readDocument(path).prose.split('\n')) {
    const [, heading] = /^#{1,6}\s+(.*)$/.exec(line) ?? []
    if (heading === undefined) continue
    const name = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    let anchor = name
    for (let count = 1; anchors.has(anchor); count++) anchor = `${name}-${count}`
    anchors.add(anchor)
  }
  return anchors
}
