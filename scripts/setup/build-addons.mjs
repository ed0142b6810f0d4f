// Builds the native addons with cmake-js. Each addon has a root of its own under native/, where node-gyp-build finds
// build/Release/<name>.node.
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { hashContents, readStamp, writeStamp } from './content-hash.mjs'
import { root } from './paths.mjs'
import { runCommand } from './run-command.mjs'

/**
 * Every addon: its CMake root, what it is compiled from, and whose headers it needs. `tensorrt` names the line.
 *
 * @type {Record<string, { root: string, sources: string[], needs: 'nothing' | 'openvino' | 'tensorrt', line?: string }>}
 */
export const addons = {
  openvino: { root: 'native/openvino', sources: ['native/shared', 'native/openvino'], needs: 'openvino' },
  kernels: { root: 'native/kernels', sources: ['native/shared', 'native/kernels'], needs: 'nothing' },
  ...Object.fromEntries(['v10', 'v11', 'rtx'].map((line) => [`tensorrt-${line}`, tensorrtAddon(line)])),
}

function tensorrtAddon(line) {
  return { root: `native/tensorrt/${line}`, sources: ['native/shared', 'native/tensorrt'], needs: 'tensorrt', line }
}

/** The folder that cmake-js builds from and node-gyp-build loads from. */
export const addonRoot = (name) => path.join(root, addons[name].root)

/** Addons that can be built with the headers that are here: those of TensorRT are fetched only when they are asked for. */
export const buildableAddons = (headers) => Object.keys(addons).filter((name) => headersFor(name, headers) !== null)

/**
 * What CMake must be told to find the headers of an addon; null where they are missing.
 *
 * @param {{ openvino?: { cmakeFolder: string }, tensorrt: Record<string, string> }} headers
 */
export function headersFor(name, headers) {
  const { needs, line } = addons[name]
  if (needs === 'nothing') return {}
  if (needs === 'openvino') return headers.openvino ? { OpenVINO_DIR: headers.openvino.cmakeFolder } : null
  return headers.tensorrt[line] ? { ENGINERY_TENSORRT_HEADERS: headers.tensorrt[line] } : null
}

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

/** Builds the addon unless it was built from the same sources against the same headers. */
export async function buildAddonIfChanged(name, headers, report) {
  const { sources, needs, line } = addons[name]
  const identity = { nothing: false, openvino: headers.openvino?.identity, tensorrt: headers.tensorrt[line] }[needs]
  const facts = [process.arch, process.env.CXX, process.env.CXXFLAGS, identity]
  if (needs === 'tensorrt') facts.push(await readFile(path.join(headers.tensorrt[line], 'NvInferVersion.h'), 'utf8'))
  const hash = await hashContents([...sources, 'cmake'], facts)
  const step = `addon-${name}`
  if (existsSync(addonBinary(name)) && (await readStamp(step)) === hash) return
  report(`building ${name}.node`)
  await buildAddon(name, { definitions: headersFor(name, headers) })
  await writeStamp(step, hash)
}
