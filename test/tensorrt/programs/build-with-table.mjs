// buildEngine with the real TensorRT 10.15 and a calibration table, without a GPU: no plan can come of it, and what TensorRT
// says of the table does. Prints the error as JSON, and TensorRT's warnings.
//
//   TRT_INTERNAL_OPTIONS=--cpu_only=1 node build-with-table.mjs CORE MODEL.onnx TABLE OPTIONS.json
const { buildEngine } = await import('../../../dist/index.js')
const [library, model, cache, options] = process.argv.slice(2)
const said = []
const keep = (text) => said.push(text)
const logger = { debug: keep, info: keep, warn: keep, error: keep }
const { calibrator, ...rest } = JSON.parse(options)
// Of another precision than INT8 no table is taken.
const calibrated = rest.precision === undefined ? { calibrator: { cache, ...calibrator } } : {}
try {
  await buildEngine({
    backend: 'tensorrt',
    library,
    model,
    precision: 'int8',
    ...calibrated,
    logger,
    ...rest,
  })
  console.log(JSON.stringify({ built: true }))
} catch ({ code, message, cure, engineLog }) {
  console.log(JSON.stringify({ code, message, cure, engineLog, said }))
}
