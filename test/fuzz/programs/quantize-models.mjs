// Quantizes every model in a list. The list is a JSON file of { path, inputs }, where inputs has a shape for every input of
// the sound model. Says, a line each, where it is and what came of it, so that the process that reads the lines
// knows which model this one ended with.
import { readFileSync, writeSync } from 'node:fs'
import { errorTable } from '../../../dist/errors/error-table.js'
import { EngineryError, quantize, Tensor } from '../../../dist/index.js'

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`)

function noise(shape, seed) {
  const length = shape.reduce((product, each) => product * each, 1)
  return Tensor.from(
    Float32Array.from({ length }, (_, at) => Math.sin(at * 0.7 + seed)),
    shape,
  )
}

async function outcomeOf({ path, inputs }, index) {
  const sample = (seed) => Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, noise(shape, seed)]))
  // Every third as bytes, with all that is to be observed.
  const model = index % 3 === 0 ? readFileSync(path) : path
  const range = index % 5 === 0 ? 'entropy' : 'mean-minmax'
  try {
    await quantize({
      model,
      calibration: { data: [1, 2, 3].map(sample) },
      activations: { range },
      target: index % 2 ? 'any' : 'openvino-cpu',
    })
    return { accepted: true }
  } catch (error) {
    const isOurs = error instanceof EngineryError && Object.hasOwn(errorTable, error.code)
    return isOurs ? { code: error.code, message: error.message } : { foreign: String(error?.stack ?? error) }
  }
}

const models = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const [index, model] of models.entries()) {
  say({ begins: index })
  say({ index, ...(await outcomeOf(model, index)) })
}
say({ peak: process.resourceUsage().maxRSS * 1024 })
