// Usage: node quantize-for-speed.mjs <dist folder>
// Reads { model, data } as JSON from standard input: the paths of an ONNX model and of a .npy, or of a folder of pictures with `preprocess`;
// `target`, where that is not the usual one.
// Quantizes it, the fastest preferred, and prints { kept, ratio, codes, isInt8 }.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const { quantize } = await import(pathToFileURL(`${process.argv[2]}/index.js`).href)
const { model, data, preprocess, target } = JSON.parse(readFileSync(0, 'utf8'))
const result = await quantize({
  model,
  calibration: { data, samples: 24, ...(preprocess && { preprocess }) },
  ...(target && { target }),
  prefer: 'fastest',
  onInaccurate: 'keep',
})
const told = {
  kept: result.kept,
  ratio: result.speed.ratio,
  codes: result.warnings.map(({ code }) => code),
  isInt8: Buffer.from(result.model).includes('QuantizeLinear'),
}
console.log(JSON.stringify(told))
