// npm run build:prebuilds [-- openvino|kernels|tensorrt-v10 ...]: addons as they are shipped.
import { makePrebuild } from './package/make-prebuilds.mjs'
import { buildableAddons } from './setup/build-addons.mjs'
import { findTensorrtHeaders } from './setup/fetch-tensorrt.mjs'

const asked = process.argv.slice(2)
const names = asked.length > 0 ? asked : buildableAddons({ openvino: {}, tensorrt: await findTensorrtHeaders() })
try {
  for (const name of names) console.log((await makePrebuild(name, console.log)).join('\n'))
} catch (error) {
  console.error(`build:prebuilds: ${error.message}`)
  process.exitCode = 1
}
