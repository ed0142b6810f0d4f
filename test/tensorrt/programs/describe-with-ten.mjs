// Runs builds of the real TensorRT 10.15 without a GPU, which NVIDIA's undocumented switch allows as far as no kernel is
// needed. Called by tests alone, one process for each build: what needs a device ends the process.
//
//   TRT_INTERNAL_OPTIONS=--cpu_only=1 node describe-with-ten.mjs CORE REQUEST.json
//
// REQUEST: a NativeBuildRequest with the path of a model in place of its bytes, `cancelAt`: a phase to cancel in. Prints the
// outcome as JSON, of layers the types alone, and in `settled` what was set of them.
import { readFileSync } from 'node:fs'

const { loadTensorRt } = await import('../../../dist/native/load-addon.js')
const [core, file] = process.argv.slice(2)
const { model: path, cancelAt, timingCache, ...request } = JSON.parse(readFileSync(file, 'utf8'))
const addon = loadTensorRt('v10')
const folder = core.replace(/[^/]*$/, '')
const library = await addon.open({ core, parser: `${folder}libnvonnxparser.so.10` })
const phases = []
const build = addon.build(
  {
    ...request,
    model: readFileSync(path),
    modelPath: path,
    ...(timingCache && { timingCache: Buffer.from(timingCache, 'base64') }),
  },
  (event) => {
    if (event.kind === 'start') phases.push(event.phase)
    if (cancelAt !== undefined && event.phase === cancelAt) build.cancel()
  },
)
const { network, plan, timingCache: written, ...outcome } = await build.done
const layers = network?.layers.map(({ type }) => type)
const settled = network?.layers.map(({ name, precision, outputTypes, device }) => ({ name, precision, outputTypes, device }))
console.log(
  JSON.stringify({
    ...outcome,
    refused: outcome.refused && { code: outcome.refused.code, message: outcome.refused.message },
    version: library.version,
    names: addon.names(),
    phases,
    layers,
    settled,
    inputs: network?.inputs,
    plan: plan?.byteLength ?? null,
    timingCache: written?.byteLength ?? null,
  }),
)
