// Builds an engine of every model in a list and runs it once. The list is a JSON file of { path } or { bytes, weights }
// (all of them paths) and { dynamic }. Says, a line each, where it is and what came of it, so that the process that
// reads the lines knows which model this one ended with.
import { readFileSync, writeSync } from 'node:fs'
import { errorTable } from '../../../dist/errors/error-table.js'
import { buildEngine, EngineryError, Tensor } from '../../../dist/index.js'

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`)

const load = ({ path, bytes, weights }) =>
  path ?? { bytes: readFileSync(bytes), ...(weights ? { weights: readFileSync(weights) } : {}) }

// On zeros. Open dimensions have no length to allocate, and no inference is run.
async function inferOnce(engine) {
  if (engine.inputs.some(({ shape }) => shape.some((length) => typeof length !== 'number'))) return
  await engine.infer(Object.fromEntries(engine.inputs.map(({ name, type, shape }) => [name, Tensor.allocate(type, shape)])))
}

async function outcomeOf(model) {
  try {
    const shapes = model.dynamic ? { shapes: 'dynamic' } : {}
    const engine = await buildEngine({ model: load(model), device: 'CPU', hints: { threads: 1, requests: 1 }, ...shapes })
    try {
      await inferOnce(engine)
    } finally {
      await engine.close()
    }
    return { accepted: true }
  } catch (error) {
    const isOurs = error instanceof EngineryError && Object.hasOwn(errorTable, error.code)
    return isOurs ? { code: error.code, message: error.message } : { foreign: String(error?.stack ?? error) }
  }
}

const models = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const [index, model] of models.entries()) {
  say({ begins: index })
  say({ index, ...(await outcomeOf(model)) })
}
say({ peak: process.resourceUsage().maxRSS * 1024 })
