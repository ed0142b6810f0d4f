// npm run build:prebuilds [-- openvino|kernels ...]: addons as they are shipped.
import { makePrebuild } from './package/make-prebuilds.mjs'
import { addons } from './setup/build-addons.mjs'

const names = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(addons)
try {
  for (const name of names) console.log((await makePrebuild(name, console.log)).join('\n'))
} catch (error) {
  console.error(`build:prebuilds: ${error.message}`)
  process.exitCode = 1
}
