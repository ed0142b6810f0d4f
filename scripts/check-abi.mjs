// npm run check:abi: what the shipped addons ask of the machine they are loaded on. Needs objdump (binutils).
import path from 'node:path'
import { makePrebuild } from './package/make-prebuilds.mjs'
import { buildableAddons } from './setup/build-addons.mjs'
import { findTensorrtHeaders } from './setup/fetch-tensorrt.mjs'
import { root } from './setup/paths.mjs'
import { runCommand } from './setup/run-command.mjs'

/**
 * The oldest system libraries that the addons may need: those of RHEL 9 and its relatives; Debian 12 and Ubuntu 22.04
 * are newer. docs/packaging.md and the advice of the loader promise them.
 */
const floor = { GLIBC: '2.34', GLIBCXX: '3.4.29', CXXABI: '1.3.13', GCC: '3.0' }

const numbers = (version) => version.split('.').map(Number)

function isNewer(version, limit) {
  const [left, right] = [numbers(version), numbers(limit)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

/** Symbols with a version above the floor. */
function findNewerSymbols(symbols) {
  const found = []
  for (const line of symbols.split('\n')) {
    const match = /\(?(GLIBC|GLIBCXX|CXXABI|GCC)_([0-9.]+)\)?\s+(\S+)$/.exec(line)
    if (match && isNewer(match[2], floor[match[1]]))
      found.push(`${match[3]} needs ${match[1]}_${match[2]}, the floor is ${floor[match[1]]}`)
  }
  return found
}

/** Anything exported can be mixed up with another library's symbol of that name; Node needs no more than these. */
function findNeedlessExports(symbols) {
  return symbols
    .split('\n')
    .filter((line) => / g\s+DF? |^\S+ g /.test(line) && !line.includes('*UND*'))
    .map((line) => line.trim().split(/\s+/).at(-1))
    .filter(
      (name) => !/^(napi_register_module_v1|node_api_module_get_api_version_v1|_init|_fini|_edata|_end|__bss_start)$/.test(name),
    )
    .map((name) => `${name} is exported; only Node's entry points should be`)
}

function findLinkFaults(headers) {
  const faults = []
  const runPath = /RUNPATH\s+(\S+)|RPATH\s+(\S+)/.exec(headers)
  const found = runPath?.[1] ?? runPath?.[2]
  if (found !== '$ORIGIN') faults.push(`the run path should be $ORIGIN, it is ${found}`)
  // DF_1_NODELETE: Node unloads an addon when the last worker ends, while engine threads may still run its code.
  const flags = Number(/FLAGS_1\s+0x([0-9a-f]+)/.exec(headers)?.[1] ? `0x${/FLAGS_1\s+0x([0-9a-f]+)/.exec(headers)[1]}` : 0)
  if ((flags & 0x8) === 0) faults.push('it is not linked with -z nodelete')
  return faults
}

let faulty = 0
try {
  for (const name of buildableAddons({ openvino: {}, tensorrt: await findTensorrtHeaders() })) {
    for (const file of await makePrebuild(name, console.log)) {
      const symbols = await runCommand('objdump', ['-T', file])
      const headers = await runCommand('objdump', ['-p', file])
      const faults = [...findNewerSymbols(symbols), ...findNeedlessExports(symbols), ...findLinkFaults(headers)]
      for (const fault of faults) console.error(`${path.relative(root, file)}: ${fault}`)
      faulty += faults.length
    }
  }
  const wanted = Object.entries(floor).map(([library, version]) => `${library} ${version}`)
  console.log(`abi: ${faulty === 0 ? 'within' : 'NOT within'} ${wanted.join(', ')}`)
} catch (error) {
  console.error(`check:abi: ${error.message}`)
  faulty++
}
process.exitCode = faulty === 0 ? 0 : 1
