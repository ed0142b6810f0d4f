// npm run lint: Biome, clang-format, file names, direction of imports. `npm run format` (--fix) lets the two formatters
// write. Names of checks as arguments run only those.
import path from 'node:path'
import { fetchClangFormat } from './setup/fetch-python-tools.mjs'
import { root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

const fix = process.argv.includes('--fix')
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const runNode = (...args) => runCommand(process.execPath, args, { cwd: root, show: true })
const bin = (name, ...parts) => path.join(root, 'node_modules', name, ...parts)

async function listNativeSources() {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'native/*.cc', 'native/*.h']
  const listed = await runCommand('git', args, { cwd: root })
  const deleted = await runCommand('git', ['ls-files', '-z', '--deleted', 'native'], { cwd: root })
  const gone = new Set(deleted.split('\0'))
  return listed.split('\0').filter((file) => file && !gone.has(file))
}

const checks = {
  biome: () => runNode(bin('@biomejs/biome', 'bin', 'biome'), 'check', ...(fix ? ['--write'] : []), '--error-on-warnings', '.'),
  'clang-format': async () => {
    const program = await fetchClangFormat(console.log)
    const how = fix ? ['-i'] : ['--dry-run', '-Werror']
    await runCommand(program, [...how, ...(await listNativeSources())], { cwd: root, show: true })
  },
  'file-names': () => runNode('scripts/check-file-names.mjs'),
  imports: () => runNode(bin('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), '--config', '.dependency-cruiser.mjs', 'lib'),
}

const failed = []
for (const name of asked.length > 0 ? asked : Object.keys(checks)) {
  if (!checks[name]) throw new Error(`expected checks among ${Object.keys(checks).join(', ')}, received ${name}`)
  try {
    await checks[name]()
  } catch (error) {
    console.error(`lint: ${name}: ${error.message}`)
    failed.push(name)
  }
}
console.log(failed.length === 0 ? 'lint: clean' : `lint: failed: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
