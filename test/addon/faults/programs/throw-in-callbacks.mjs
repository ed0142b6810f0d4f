// Usage: node throw-in-callbacks.mjs <folder of models> <scenario>
// Callbacks of the user that throw. Prints what came of it as JSON.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildEngine, loadEngine } from '../../../../dist/index.js'
import { loadOpenVino } from '../../../../dist/native/load-addon.js'
import { codeOf } from './code-of.mjs'

const [folder, scenario] = process.argv.slice(2)
const model = `${folder}/tiny.onnx`
const works = async (engine) => {
  const { y } = await engine.infer(new Float32Array([-1, 2, -3, 4]))
  await engine.close()
  return y.data.join() === '0,2,0,4'
}

/** Runs `start` once for each stage, with a callback that throws there. */
async function throwAtEachStage(start, stages) {
  const answers = {}
  for (const stage of stages) {
    const mine = new Error(`at ${stage}`)
    const onProgress = (progress) => {
      if (progress.stage === stage) throw mine
    }
    const error = await start(onProgress).catch((caught) => caught)
    answers[stage] = [error.code, error.cause === mine]
  }
  return answers
}

const scenarios = {
  async progress() {
    const dir = await mkdtemp(join(tmpdir(), 'enginery-callbacks-'))
    const path = join(dir, 'tiny.blob')
    const engine = await buildEngine({ model })
    await engine.save(path)
    await engine.close()
    const stages = ['digest', 'cache', 'read', 'reshape', 'compile', 'store', 'requests', 'done']
    const built = await throwAtEachStage((onProgress) => {
      // Another key every time: an engine from the cache has fewer stages.
      return buildEngine({ model, cache: `${dir}/${Math.random()}`, onProgress })
    }, stages)
    const loaded = await throwAtEachStage(
      (onProgress) => loadEngine(path, { onProgress }),
      ['read', 'compile', 'requests', 'done'],
    )
    const fine = [await works(await buildEngine({ model })), await works(await loadEngine(path))]
    await rm(dir, { recursive: true })
    while (loadOpenVino().memoryStatistics().inFlight > 0) await sleep(5)
    return { built, loaded, fine }
  },

  async logger() {
    const dir = await mkdtemp(join(tmpdir(), 'enginery-callbacks-'))
    let calls = 0
    const throwing = () => {
      calls++
      throw new Error('a logger that fails')
    }
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing }
    const dynamic = await buildEngine({ model: `${folder}/dynamic.onnx`, shapes: 'dynamic', cache: dir, logger })
    const path = join(dir, 'tiny.blob')
    const rebuilt = await loadEngine(path, { onMismatch: 'rebuild', model, logger })
    const uncached = await buildEngine({ model, cache: join(path, 'no-folder'), logger })
    const answers = [await works(rebuilt), await works(uncached), (await readdir(dir)).includes('tiny.blob.json'), calls >= 3]
    await dynamic.close()
    await rm(dir, { recursive: true })
    return answers
  },

  // The raw addon: what a callback throws is an uncaught exception, like everywhere else in Node.
  async completion() {
    const uncaught = []
    process.on('uncaughtException', (error) => uncaught.push(error.message))
    const addon = loadOpenVino()
    const compiled = addon.compileModelSync(addon.readModelSync({ path: model }), 'CPU', {})
    const [first, second] = compiled.createRequestsSync(2)
    const answers = await new Promise((resolve) => {
      first.start(() => {
        second.start((error, results) => resolve([error, results.length]), [new Float32Array(4)])
        throw new Error('from done')
      }, [new Float32Array(4)])
    })
    await new Promise((resolve) => first.start(resolve, [new Float32Array(4)]))
    return { uncaught, answers }
  },

  async source() {
    const engine = await buildEngine({ model })
    const seen = []
    let returned = 0
    const source = (throwAt) => ({
      [Symbol.asyncIterator]: () => {
        let i = 0
        return {
          next: async () => {
            if (i === throwAt) throw Object.assign(new Error('the source failed'), { code: 'MINE' })
            return { value: new Float32Array(4).fill(++i), done: false }
          },
          return: async () => {
            returned++
            return { value: undefined, done: true }
          },
        }
      },
    })
    const code = await codeOf(async () => {
      for await (const { y } of engine.inferMany(source(5))) seen.push(y.data[0])
    })
    const consumer = await codeOf(async () => {
      for await (const _ of engine.inferMany(source(-1))) throw Object.assign(new Error('enough'), { code: 'CONSUMER' })
    })
    return { seen, code, consumer, returned, fine: await works(engine) }
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))
