// Everything between a bare clone and a package that runs: npm packages, OpenVINO, addons, dist. Uses nothing but
// Node's own modules, since it runs before anything is installed. Repeating it is quick when nothing changed.
//   npm run setup -- --tensorrt[=PART,...]   also TensorRT's headers and libraries (scripts/pins/tensorrt.mjs has the parts)
import { buildAddonIfChanged, buildableAddons } from './setup/build-addons.mjs'
import { buildTypescriptIfChanged } from './setup/build-typescript.mjs'
import { findMissingPrerequisites } from './setup/check-prerequisites.mjs'
import { fetchOpenvino } from './setup/fetch-openvino.mjs'
import { fetchTensorrt, findTensorrtHeaders } from './setup/fetch-tensorrt.mjs'
import { installNodeModules } from './setup/install-node-modules.mjs'

/** Parts of TensorRT that were asked for: all (an empty list), some, or null for none. */
function readTensorrtParts(args) {
  for (const argument of args) {
    const match = /^--tensorrt(?:=(.*))?$/.exec(argument)
    if (!match) throw new Error(`expected --tensorrt or --tensorrt=PART,..., received ${argument}`)
    return (match[1] ?? '').split(',').filter(Boolean)
  }
  return null
}

const report = (line) => console.log(`setup: ${line}`)

try {
  const tensorrtParts = readTensorrtParts(process.argv.slice(2))
  const missing = await findMissingPrerequisites()
  if (missing.length > 0) {
    throw new Error(`this machine lacks:\n${missing.map((line) => `  - ${line}`).join('\n')}`)
  }
  await installNodeModules(report)
  const openvino = await fetchOpenvino(report)
  if (tensorrtParts !== null) await fetchTensorrt(tensorrtParts, report)
  const headers = { openvino, tensorrt: await findTensorrtHeaders() }
  for (const name of buildableAddons(headers)) await buildAddonIfChanged(name, headers, report)
  await buildTypescriptIfChanged(report)
} catch (error) {
  console.error(`setup: ${error.message}`)
  process.exitCode = 1
}
