// Builds the native addons with cmake-js. Each addon has a root of its own under native/, where node-gyp-build finds
// build/Release/<name>.node.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { hashContents, readStamp, writeStamp } from './content-hash.mjs'
import { root } from './paths.mjs'
import { runCommand } from './run-command.mjs'

/** @type {Record<string, { sources: string[], needsOpenvino: boolean }>} */
export const addons = {
  openvino: { sources: ['native/shared', 'native/openvino'], needsOpenvino: true },
  kernels: { sources: ['native/shared', 'native/kernels'], needsOpenvino: false },
}

/** The folder that cmake-js builds from and node-gyp-build loads from. */
export const addonRoot = (name) => path.join(root, 'native', name)

/** The file that a build makes. */
export const addonBinary = (name) => path.join(addonRoot(name), 'build', 'Release', `${name}.node`)

async function hasNinja() {
  return runCommand('ninja', ['--version']).then(
    () => true,
    () => false,
  )
}

/** npm hands its whole configuration to scripts; a `nodedir` in it would make cmake-js look for other headers. */
function buildEnvironment() {
  const environment = { ...process.env, CMAKE_BUILD_PARALLEL_LEVEL: String(availableParallelism()) }
  for (const name of Object.keys(environment)) {
    if (/^npm_config_(nodedir|cmake_)/i.test(name)) delete environment[name]
  }
  return environment
}

/**
 * Configures and builds one addon.
 *
 * @param {string} name a key of `addons`
 * @param {{ definitions?: Record<string, string>, out?: string, show?: boolean, fresh?: boolean }} [options]
 *   `out` is the build folder (`build` of the addon's root unless given); `fresh` empties it first.
 */
export async function buildAddon(name, { definitions = {}, out, show = false, fresh = false } = {}) {
  const directory = addonRoot(name)
  const folder = out ?? path.join(directory, 'build')
  if (fresh) await rm(folder, { recursive: true, force: true })
  const program = path.join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js')
  const common = ['--directory', directory, '--out', folder, '--log-level', 'warn']
  if (await hasNinja()) common.push('--generator', 'Ninja')
  for (const [key, value] of Object.entries(definitions)) common.push(`--CD${key}=${value}`)
  const run = (step) =>
    runCommand(process.execPath, [program, step, ...common], { cwd: directory, env: buildEnvironment(), show })
  await run('configure')
  await run('build')
}

/** Builds the addon unless it was built from the same sources against the same OpenVINO. */
export async function buildAddonIfChanged(name, openvino, report) {
  const { sources, needsOpenvino } = addons[name]
  const facts = [process.arch, process.env.CXX, process.env.CXXFLAGS, needsOpenvino && openvino.identity]
  const hash = await hashContents([...sources, 'cmake'], facts)
  const step = `addon-${name}`
  if (existsSync(addonBinary(name)) && (await readStamp(step)) === hash) return
  report(`building ${name}.node`)
  await buildAddon(name, { definitions: needsOpenvino ? { OpenVINO_DIR: openvino.cmakeFolder } : {} })
  await writeStamp(step, hash)
}
