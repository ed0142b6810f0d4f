import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const here = dirname(fileURLToPath(import.meta.url))
const compiler = createRequire(import.meta.url).resolve('typescript/lib/tsc.js')

const refused = `import { backends } from 'enginery'
for (const { name } of backends()) { const text: string = name.length; void text }
`

/** Diagnostics of a compilation of a consumer's files, as its author would see them. */
async function compile(files: string[], options: object): Promise<string> {
  // Inside the package, so that `enginery` resolves to the package itself, through its exports: to what is published.
  const folder = await mkdtemp(join(here, 'consumer', '.check-'))
  const config = {
    compilerOptions: { target: 'ES2022', lib: ['ES2022'], types: ['node'], noEmit: true, allowJs: false, ...options },
    files: files.map((file) => (file === 'refused.ts' ? file : resolve(here, 'consumer', file))),
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  await writeFile(join(folder, 'refused.ts'), refused)
  try {
    await run(process.execPath, [compiler, '-p', folder])
    return ''
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const strict = { strict: true, skipLibCheck: false, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true }

describe('typings', () => {
  it.each([
    ['the strictest settings, ES modules', ['use-public-api.ts'], { ...strict, module: 'nodenext' }],
    ['plain strict, for a bundler', ['use-public-api.ts'], { strict: true, module: 'esnext', moduleResolution: 'bundler' }],
    ['CommonJS', ['use-from-commonjs.cts'], { ...strict, module: 'nodenext' }],
  ])('hold with %s', { timeout: 600_000 }, async (_, files, options) => {
    expect(await compile(files, options)).toBe('')
  })

  it('are those of the package, and are really checked', { timeout: 600_000 }, async () => {
    const found = await compile(['refused.ts'], { strict: true, module: 'nodenext', skipLibCheck: true })
    expect(found).toMatch(/refused\.ts\(2,\d+\): error TS2322.*'number' is not assignable to type 'string'/)
    expect(found.trim().split('\n').length).toBe(1)
  })
})
