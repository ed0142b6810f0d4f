// npm run update:references: makes test/reference anew. Arrays by NumPy, small TensorFlow and Paddle models, and the
// outputs of the trained models by onnxruntime and LiteRT, all in a Python environment of its own.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { hashContents, readStamp, writeStamp } from './setup/content-hash.mjs'
import { cacheFolder, deps, python, pythonProgram, root } from './setup/paths.mjs'
import { retry } from './setup/retry.mjs'
import { runCommand } from './setup/run-command.mjs'

const environment = path.join(deps, 'references')
const interpreter = pythonProgram(environment, 'python')
const pins = 'scripts/pins/references.txt'

async function installRuntimes() {
  const hash = await hashContents([pins])
  if (existsSync(interpreter) && (await readStamp('references')) === hash) return
  console.log('references: fetching onnxruntime and LiteRT')
  await runCommand(python, ['-m', 'venv', '--clear', environment])
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:']
  args.push('--cache-dir', path.join(cacheFolder(), 'pip'), '--requirement', path.join(root, pins))
  await retry('the download', () => runCommand(interpreter, args), console.log)
  await writeStamp('references', hash)
}

try {
  await installRuntimes()
  for (const script of [
    'make-npy-fixtures.py',
    'make-framework-models.py',
    'make-model-references.py',
    'make-metric-references.py',
    'make-resampling-references.py',
    'make-decode-references.py',
    'make-entropy-references.py',
  ]) {
    await runCommand(interpreter, [path.join('scripts', script)], { cwd: root, show: true })
  }
  const biome = path.join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  await runCommand(process.execPath, [biome, 'format', '--write', 'test/reference'], { cwd: root })
} catch (error) {
  console.error(`references: ${error.message}`)
  process.exitCode = 1
}
