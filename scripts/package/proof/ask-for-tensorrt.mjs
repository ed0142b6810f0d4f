// Part of the package proof: somebody who installed enginery and its addons over TensorRT, and no TensorRT. Prints which
// addons load and what builds say.
import { createRequire } from 'node:module'
import { buildEngine, checkEnvironment } from 'enginery'

const require = createRequire(import.meta.url)
const lines = ['v10', 'v11', 'rtx'].filter((line) => {
  const addon = require(`@enginery/tensorrt-linux-x64/${line}/prebuilds/linux-x64/tensorrt-${line}.glibc.node`)
  return addon.line === line
})
const failures = []
for (const library of ['tensorrt', 'tensorrt-rtx']) {
  await buildEngine({ backend: 'tensorrt', library, model: 'digits.onnx' }).catch((error) => failures.push(error))
}
const { tensorrt } = await checkEnvironment()
if (tensorrt.addonReason !== null) throw new Error(tensorrt.addonReason)
console.log(JSON.stringify({ lines, codes: failures.map(({ code }) => code), cures: failures.map(({ cure }) => cure) }))
