// Brings the rivals, at the versions pinned here: onnxruntime-node from package-lock.json, OpenVINO's Python package
// into .venv. Quick when both are there.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { benchFolder } from './cases.mjs'

const windows = process.platform === 'win32'

function run(command, args) {
  console.log(`> ${[command, ...args].join(' ')}`)
  const { status, error } = spawnSync(command, args, { cwd: benchFolder, stdio: 'inherit', shell: windows && command === 'npm' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ended with exit code ${status}`)
}

/** Runs `step` unless it ran before with the same contents of `file`; the stamp lies in what the step makes. */
async function unlessUnchanged(file, stamp, step) {
  const wanted = await readFile(path.join(benchFolder, file), 'utf8')
  const stampFile = path.join(benchFolder, stamp)
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === wanted) return
  step()
  await writeFile(stampFile, wanted)
}

await unlessUnchanged('package-lock.json', 'node_modules/.installed-from', () => {
  run('npm', ['ci', '--ignore-scripts'])
})
await unlessUnchanged('requirements.txt', '.venv/.installed-from', () => {
  const python = process.env.PYTHON ?? (windows ? 'python' : 'python3')
  run(python, ['-m', 'venv', '--clear', '.venv'])
  const inside = path.join('.venv', ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  run(path.join(benchFolder, inside), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--requirement',
    'requirements.txt',
  ])
})
console.log('The rivals are in place.')
