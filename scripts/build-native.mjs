// npm run build:native [-- openvino|kernels ...]: builds addons whether or not anything changed, showing the compiler.
import { addons, buildAddon } from './setup/build-addons.mjs'
import { fetchOpenvino } from './setup/fetch-openvino.mjs'

const names = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(addons)
try {
  for (const name of names) {
    if (!addons[name]) throw new Error(`expected one of ${Object.keys(addons).join(', ')}, received ${name}`)
    const openvino = addons[name].needsOpenvino ? await fetchOpenvino(console.log) : undefined
    await buildAddon(name, { definitions: openvino ? { OpenVINO_DIR: openvino.cmakeFolder } : {}, show: true })
  }
} catch (error) {
  console.error(`build:native: ${error.message}`)
  process.exitCode = 1
}
