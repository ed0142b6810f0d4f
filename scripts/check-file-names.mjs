// The file-name rule: names say what a file does, files stay small. Looks at what git tracks or would track.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

/** A file with one of these names holds what nobody found a place for. */
const BANNED = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc'])

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|test-d|d|config|bench))?\.(ts|mts|cts|mjs|cjs|js)$/
const SNAKE = /^[a-z0-9]+(_[a-z0-9]+)*\.(cc|h)$/
const TYPESCRIPT_LINES = 450
const CPP_LINES = 400

const languages = [
  { files: /\.(ts|mts|cts|mjs|cjs|js)$/, name: KEBAB, wants: 'kebab-case', lines: TYPESCRIPT_LINES },
  { files: /\.(cc|cpp|cxx|h|hpp)$/, name: SNAKE, wants: 'snake_case with .cc or .h', lines: CPP_LINES },
]

/** Complaints about one file, each a sentence. */
async function checkFile(file) {
  const complaints = []
  for (const part of file.split('/')) {
    const words = part.replace(/\.[^.]*$/, '').split(/[-_.]/)
    const banned = words.find((word) => BANNED.has(word.toLowerCase()))
    if (banned) complaints.push(`${file}: "${banned}" says nothing; name it after what it does`)
  }
  const base = path.basename(file)
  const language = languages.find((candidate) => candidate.files.test(base))
  if (!language) return complaints
  // A dot file's name is chosen by the tool that reads it.
  if (!base.startsWith('.') && !language.name.test(base)) complaints.push(`${file}: expected ${language.wants}`)
  const content = await readFile(path.join(root, file), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '' // Tracked, and deleted in the working tree.
    throw error
  })
  const lines = content.split('\n').length - 1
  if (lines > language.lines) complaints.push(`${file}: ${lines} lines, at most ${language.lines}; split it`)
  return complaints
}

const listed = await runCommand('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
const files = [...new Set(listed.split('\0').filter(Boolean))]
const complaints = (await Promise.all(files.map(checkFile))).flat().sort()
for (const complaint of complaints) console.error(complaint)
console.log(`file names: ${files.length} files, ${complaints.length} complaints`)
process.exitCode = complaints.length === 0 ? 0 : 1
