// Brings the rivals, at the versions pinned here: onnxruntime-node from package-lock.json, OpenVINO's Python package
// into .venv; with --quantize, NNCF into .venv-quantize, apart because it brings a lot. Quick when they are there.
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

function makeEnvironment(folder, requirements) {
  const python = process.env.PYTHON ?? (windows ? 'python' : 'python3')
  run(python, ['-m', 'venv', '--clear', folder])
  const inside = path.join(folder, ...(windows ? ['Scripts', 'python.exe'] : ['bin', 'python']))
  const options = ['--quiet', '--disable-pip-version-check', '--requirement', requirements]
  run(path.join(benchFolder, inside), ['-m', 'pip', 'install', ...options])
}

const environments = [['.venv', 'requirements.txt']]
if (process.argv.includes('--quantize')) environments.push(['.venv-quantize', 'requirements-quantize.txt'])
for (const [folder, requirements] of environments) {
  await unlessUnchanged(requirements, `${folder}/.installed-from`, () => makeEnvironment(folder, requirements))
}
console.log('The rivals are in place.')
