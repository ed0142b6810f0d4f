// npm run build:native [-- openvino|kernels|tensorrt-v10 ...]: builds addons whether or not anything changed, showing the
// compiler. Those of TensorRT are left out unless named, where their headers are not here.
import { addons, buildAddon, buildableAddons, headersFor } from './setup/build-addons.mjs'
import { fetchOpenvino } from './setup/fetch-openvino.mjs'
import { findTensorrtHeaders } from './setup/fetch-tensorrt.mjs'

const asked = process.argv.slice(2)
try {
  for (const name of asked) {
    if (!addons[name]) throw new Error(`expected one of ${Object.keys(addons).join(', ')}, received ${name}`)
  }
  const needsOpenvino = asked.length === 0 || asked.some((name) => addons[name].needs === 'openvino')
  const headers = {
    openvino: needsOpenvino ? await fetchOpenvino(console.log) : undefined,
    tensorrt: await findTensorrtHeaders(),
  }
  for (const name of asked.length > 0 ? asked : buildableAddons(headers)) {
    // Without headers CMake says how to get them.
    await buildAddon(name, { definitions: headersFor(name, headers) ?? {}, show: true })
  }
} catch (error) {
  console.error(`build:native: ${error.message}`)
  process.exitCode = 1
}
