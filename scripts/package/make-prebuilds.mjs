// Stripped addons for shipping, made by prebuildify in .deps/prebuild/<addon>: beside the development build, which has
// a run path into this checkout and must stay usable.
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { addons } from '../setup/build-addons.mjs'
import { hashContents, readStamp, writeStamp } from '../setup/content-hash.mjs'
import { deps, hostPlatform, root } from '../setup/paths.mjs'
import { runCommand } from '../setup/run-command.mjs'

const nodeGyp = fileURLToPath(new URL('node-gyp-by-cmake.mjs', import.meta.url))
const program = path.join(root, 'node_modules', 'prebuildify', 'bin.js')

/** Where the prebuild of an addon lies: `<name>.<libc>.node` in a folder that node-gyp-build understands. */
export const prebuildFolder = (name) => path.join(deps, 'prebuild', name, 'prebuilds', hostPlatform)

/** Resolves with the files made (or kept, when no source changed). */
export async function makePrebuild(name, report) {
  const { sources } = addons[name]
  const hash = await hashContents(
    [...sources, 'cmake', 'scripts/pins', 'scripts/package'],
    [process.env.CXX, process.env.CXXFLAGS],
  )
  const step = `prebuild-${name}`
  const folder = prebuildFolder(name)
  const list = async () => (await readdir(folder).catch(() => [])).map((file) => path.join(folder, file))
  const present = await list()
  if (present.length > 0 && (await readStamp(step)) === hash) return present
  report(`building ${name}.node for shipping`)
  const cwd = path.join(deps, 'prebuild', name)
  await rm(cwd, { recursive: true, force: true })
  await mkdir(cwd, { recursive: true })
  const args = ['--napi', '--strip', '--tag-libc', '--name', name, '--target', process.versions.node]
  await runCommand(process.execPath, [program, ...args], { cwd, env: { ...process.env, PREBUILD_NODE_GYP: nodeGyp } })
  await writeStamp(step, hash)
  return list()
}
