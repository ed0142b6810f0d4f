// Programs that only Python's registry has, in .deps/python-tools: no virtual environment (Debian ships Python without
// the module that makes one), just a folder.
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { hashContents, readStamp, writeStamp } from './content-hash.mjs'
import { cacheFolder, deps, python, root } from './paths.mjs'
import { retry } from './retry.mjs'
import { runCommand } from './run-command.mjs'

const folder = path.join(deps, 'python-tools')
const pins = 'scripts/pins/python-tools.txt'

/** Resolves with the path of the pinned clang-format. */
export async function fetchClangFormat(report) {
  const name = process.platform === 'win32' ? 'clang-format.exe' : 'clang-format'
  const program = path.join(folder, 'clang_format', 'data', 'bin', name)
  const hash = await hashContents([pins], [process.platform, process.arch])
  if (existsSync(program) && (await readStamp('python-tools')) === hash) return program
  const wanted = /clang-format==(\S+)/.exec(await readFile(path.join(root, pins), 'utf8'))[1]
  report(`fetching clang-format ${wanted}`)
  await rm(folder, { recursive: true, force: true })
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:']
  args.push('--require-hashes', '-r', path.join(root, pins), '--target', folder)
  args.push('--cache-dir', path.join(cacheFolder(), 'pip'))
  await retry('the download of clang-format', () => runCommand(python, args), report)
  await writeStamp('python-tools', hash)
  return program
}
