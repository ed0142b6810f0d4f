import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, listDocuments, readDocument, repository } from './read-markdown.js'

const documents = listDocuments()

describe.each(documents)('%s', (path) => {
  const { prose, blocks } = readDocument(path)

  it('links to what exists', () => {
    const broken: string[] = []
    prose.split('\n').forEach((line, index) => {
      for (const [, target = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [file = '', anchor] = target.split('#', 2)
        const linked = file === '' ? path : posix.join(posix.dirname(path), decodeURIComponent(file))
        const found = existsSync(join(repository, linked)) && (!anchor || anchorsOf(linked).has(anchor))
        if (!found) broken.push(`${path}:${index + 1}: ${target}`)
      }
    })
    expect(broken).toEqual([])
  })

  it('names scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, nearestPackage(path), 'package.json'), 'utf8'))
    const { scripts: rootScripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
    const text = readFileSync(join(repository, path), 'utf8')
    const named = [...text.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g)].map(([, name]) => name as string)
    expect(named.filter((name) => !Object.hasOwn({ ...rootScripts, ...scripts }, name))).toEqual([])
  })

  it('has code blocks of known languages, marked as their reader knows', () => {
    for (const { language, marks, line } of blocks) {
      expect(['js', 'ts', 'sh', 'text', 'yaml', 'json', 'cpp'], `${path}:${line}`).toContain(language)
      for (const mark of marks) expect(['run', 'cjs', 'output'], `${path}:${line}`).toContain(mark)
    }
  })
})

it('finds the documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/README.md', 'docs/errors.md']))
})

// The package whose scripts a document speaks of.
function nearestPackage(path: string): string {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    if (existsSync(join(repository, folder, 'package.json'))) return folder
  }
  return '.'
}
