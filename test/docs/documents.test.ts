import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CodeBlock, listDocuments, readDocument, repository } from './read-markdown.js'
import { runProgram } from './run-program.js'

const documents = listDocuments()
  .map(readDocument)
  .filter(({ blocks }) => blocks.some(({ marks }) => marks.includes('run')))

/** Whether a document's account of an output is true: lines in order, `…` for anything. */
function showsOutput(shown: string, output: string): boolean {
  const pattern = shown
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .split('…')
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')
        .trimEnd(),
    )
    .join('[^\\S\\n]*\\n')
  return new RegExp(`^${pattern}[^\\S\\n]*$`, 'm').test(output)
}

// The blocks of a document run in its order in one folder, in which the package is installed and the example data lies.
describe.each(documents)('$path', ({ blocks }) => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enginery-documents-'))
    await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true })
    await symlink(repository, join(folder, 'node_modules', 'enginery'), 'junction')
    const command = join(folder, 'node_modules', '.bin', 'enginery')
    await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${join(repository, 'dist', 'cli', 'main.js')}' "$@"\n`)
    await chmod(command, 0o755)
    await cp(join(repository, 'examples', 'data'), folder, { recursive: true })
  })
  afterAll(() => rm(folder, { recursive: true }))

  const runnable = blocks.flatMap((block, index) =>
    block.marks.includes('run') ? [{ block, line: block.line, next: blocks[index + 1] }] : [],
  )

  it.each(runnable)('line $line', { timeout: 600_000 }, async ({ block, next }) => {
    const { exitCode, output, errors } = await runBlock(block)
    expect({ exitCode, errors: exitCode === 0 ? '' : errors }, output).toEqual({ exitCode: 0, errors: '' })
    if (!next?.marks.includes('output')) return
    expect(showsOutput(next.code, output), `shown:\n${next.code}\nprinted:\n${output}`).toBe(true)
  })

  async function runBlock({ language, marks, code, line }: CodeBlock) {
    if (language === 'sh') {
      const path = [join(folder, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
      return runProgram('sh', ['-euc', code], folder, { PATH: path })
    }
    if (language !== 'js') throw new Error(`expected js or sh to run, received ${language}`)
    const file = join(folder, `line-${line}.${marks.includes('cjs') ? 'cjs' : 'mjs'}`)
    await writeFile(file, code)
    return runProgram(process.execPath, [file], folder)
  }
})

it('there are documents with something to run', () => {
  expect(documents.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/guides/getting-started.md']))
})
