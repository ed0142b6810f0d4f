// Makes networks in the real TensorRT 10.15 without a GPU, which NVIDIA's undocumented switch allows as far as no kernel is
// needed.
// Called by tests alone.
//
//   TRT_INTERNAL_OPTIONS=--cpu_only=1 node replay-with-ten.mjs CORE REQUESTS.json
//
// REQUESTS: a list of NativeBuildRequest, bytes being { base64 }. Prints a line of JSON for each as soon as it is there.
import { readFileSync } from 'node:fs'

const { loadTensorRt } = await import('../../../dist/native/load-addon.js')
const [core, file] = process.argv.slice(2)
const requests = JSON.parse(readFileSync(file, 'utf8'), (_, value) =>
  typeof value?.base64 === 'string' ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value,
)
const addon = loadTensorRt('v10')
const folder = core.replace(/[^/]*$/, '')
await addon.open({ core, parser: `${folder}libnvonnxparser.so.10`, plugins: `${folder}libnvinfer_plugin.so.10` })
for (const request of requests) {
  const { kind, network, refused, errors, log, settings, calibrationShapes } = await addon.build({
    onlyDescribe: true,
    ...request,
  }).done
  const warnings = log.filter(({ severity }) => severity === 'warning').map(({ text }) => text)
  const failed = refused && { code: refused.code, message: refused.message }
  const { inputs, outputs, layers } = network ?? {}
  console.log(
    `outcome ${JSON.stringify({ kind, inputs, outputs, layers, refused: failed, errors, warnings, settings, calibrationShapes })}`,
  )
}
