// Everything between a bare clone and a package that runs: npm packages, OpenVINO, addons, dist. Uses nothing but
// Node's own modules, since it runs before anything is installed. Repeating it is quick when nothing changed.
import { addons, buildAddonIfChanged } from './setup/build-addons.mjs'
import { buildTypescriptIfChanged } from './setup/build-typescript.mjs'
import { findMissingPrerequisites } from './setup/check-prerequisites.mjs'
import { fetchOpenvino } from './setup/fetch-openvino.mjs'
import { installNodeModules } from './setup/install-node-modules.mjs'

const report = (line) => console.log(`setup: ${line}`)

try {
  const missing = await findMissingPrerequisites()
  if (missing.length > 0) {
    throw new Error(`this machine lacks:\n${missing.map((line) => `  - ${line}`).join('\n')}`)
  }
  await installNodeModules(report)
  const openvino = await fetchOpenvino(report)
  for (const name of Object.keys(addons)) await buildAddonIfChanged(name, openvino, report)
  await buildTypescriptIfChanged(report)
} catch (error) {
  console.error(`setup: ${error.message}`)
  process.exitCode = 1
}
