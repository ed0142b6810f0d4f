// Usage: node calibrate-with-tensorrt.mjs <tensorrt-v10.node> <folder of TensorRT 10's libraries> <model.onnx> <options as JSON>
// The real TensorRT, which TRT_INTERNAL_OPTIONS=--cpu_only=1 lets begin a build without a GPU: it makes no plan, and never
// asks for a batch. Prints what the calibrator was asked, and what TensorRT said, as JSON.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [addonPath, folder, model, optionsText] = process.argv.slice(2)
const { kind, cache } = JSON.parse(optionsText)
const addon = createRequire(import.meta.url)(addonPath)
await addon.open({ core: `${folder}/libnvinfer.so.10`, parser: `${folder}/libnvonnxparser.so.10` })

let asked = 0
const calibration = {
  kind,
  batchSize: 1,
  inputs: [{ name: 'x', type: 'f32', byteLength: 4 * 4 * 8 * 8 }],
  fillBatch: () => {
    asked++
    return false
  },
  ...(cache !== undefined && { cache: Buffer.from(cache) }),
}
const { done } = addon.build({
  model: readFileSync(model),
  settings: { flags: { int8: true }, memoryPools: {}, previewFeatures: {}, choices: {}, numbers: {} },
  profiles: [],
  calibration,
  verbose: true,
})
const { kind: outcome, calibration: result, log, errors, calibrationFailure } = await done
const said = log.map(({ severity, text }) => `${severity}: ${text}`).filter((text) => /alibrat|scale and zero/.test(text))
console.log(JSON.stringify({ outcome, asked, ...result, said, errors, failure: calibrationFailure?.message }))
