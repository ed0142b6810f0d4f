import { existsSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import path from 'node:path'
import { bundleModules } from './bundle-modules.mjs'
import { hashContents, readStamp, writeStamp } from './content-hash.mjs'
import { root } from './paths.mjs'
import { runCommand } from './run-command.mjs'

const program = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const dist = path.join(root, 'dist')

/** Compiles lib/ into dist/: modules in few files, declarations as they are in lib/. `fresh` empties dist/ first, so that no output of a removed file stays. */
export async function buildTypescript({ fresh = false, show = false } = {}) {
  if (fresh) await rm(dist, { recursive: true, force: true })
  await bundleModules(dist)
  await runCommand(process.execPath, [program, '-p', 'tsconfig.json', '--emitDeclarationOnly'], { cwd: root, show })
  const commandLine = path.join(dist, 'cli', 'main.js')
  if (existsSync(commandLine)) await chmod(commandLine, 0o755)
}

export async function buildTypescriptIfChanged(report) {
  const hash = await hashContents(['lib', 'scripts/setup/bundle-modules.mjs', 'tsconfig.json', 'package-lock.json'])
  if (existsSync(path.join(dist, 'index.js')) && (await readStamp('dist')) === hash) return
  report('compiling lib/ into dist/')
  await buildTypescript({ fresh: true })
  await writeStamp('dist', hash)
}
