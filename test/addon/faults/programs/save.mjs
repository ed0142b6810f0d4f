// Usage: node save.mjs <folder of models> <scenario> <folder to save into>
// Saves engines where it works and where it cannot. Prints what came of it as JSON.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildEngine, loadEngine } from '../../../../dist/index.js'

const [folder, scenario, target] = process.argv.slice(2)
const build = (name, options) => buildEngine({ model: `${folder}/${name}.onnx`, ...options })
const path = join(target, 'engine.blob')

const outcome = (promise) =>
  promise.then(
    () => ['no error'],
    (error) => [error.code, error.details?.path, error.details?.reason],
  )

/** Names and contents of all files, and whether the engine among them still loads and answers. */
async function look() {
  const names = readdirSync(target).sort()
  const hash = createHash('sha256')
  for (const name of names) hash.update(name).update(readFileSync(join(target, name)))
  const answers = await loadEngine(path).then(
    async (engine) => {
      const answer = await engine.infer(new Float32Array([-1, 2, -3, 4])).then(
        ({ y }) => y.data.join(),
        (error) => error.code,
      )
      await engine.close()
      return answer
    },
    (error) => error.code,
  )
  return { names, digest: hash.digest('hex'), answers }
}

const scenarios = {
  async first() {
    const engine = await build('tiny')
    await engine.save(path)
    return look()
  },

  look,

  // A larger engine over the one that is there, where there is no room for it or no permission.
  async over() {
    const before = await look()
    const engine = await build('slow')
    const failed = await outcome(engine.save(path))
    const after = await look()
    // The engine itself is unharmed.
    const input = new Float32Array(32 * 96 * 96)
    const works = (await engine.infer(input)).y.data.length === input.length
    return { failed, names: after.names, unchanged: after.digest === before.digest, answers: after.answers, works }
  },

  async nowhere() {
    const engine = await build('tiny')
    writeFileSync(join(target, 'file'), 'mine')
    mkdirSync(join(target, 'folder'))
    mkdirSync(join(target, 'manifest.blob.json'))
    const failures = {}
    for (const name of ['file/engine.blob', 'missing/engine.blob', 'folder', 'manifest.blob', 'pipe']) {
      const [code, where, reason] = await outcome(engine.save(join(target, name)))
      failures[name] = [code, where === join(target, name) || where === join(target, `${name}.json`), reason]
    }
    for (const name of ['/proc/engine.blob', '/dev/null', '/dev/full']) failures[name] = (await outcome(engine.save(name)))[0]
    return { failures, names: readdirSync(target).sort(), inFolder: readdirSync(join(target, 'folder')) }
  },

  // A cache that cannot be written: the engine is built all the same, with a warning, unless the cache is required.
  async cache() {
    const before = readdirSync(target).sort()
    const warnings = []
    const logger = { debug() {}, info() {}, warn: (line) => warnings.push(line), error() {} }
    const engine = await build('slow', { cache: target, logger })
    await engine.close()
    const required = await outcome(build('slow', { cache: { dir: target, required: true } }))
    return { warnings: warnings.length, required: required[0], unchanged: readdirSync(target).sort().join() === before.join() }
  },

  // Made to be killed.
  async forever() {
    const engines = [await build('tiny'), await build('tiny', { precision: 'bf16' }).catch(() => build('tiny'))]
    console.log('saving')
    for (let i = 0; ; i++) await engines[i % 2].save(path)
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))
