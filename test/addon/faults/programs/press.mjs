// Usage: node press.mjs <folder of models> <scenario>
// More at once than there are threads or requests, and a garbage collector that never rests. Prints JSON.
import { readFile } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { buildEngine, Tensor } from '../../../../dist/index.js'
import { loadOpenVino } from '../../../../dist/native/load-addon.js'

const [folder, scenario] = process.argv.slice(2)
const model = (name) => `${folder}/${name}.onnx`
const frame = [1, 3, 96, 96]
const frameSize = 3 * 96 * 96
const isFilledWith = (data, value) => data.every((element) => element === value)

async function inferWhileCollecting(round) {
  const engine = await buildEngine({ model: model(round % 3 === 0 ? 'slow' : 'frame'), hints: { requests: 2 } })
  const { shape } = engine.inputs[0]
  const pending = []
  for (let i = 0; i < 6; i++) {
    const tensor = Tensor.allocate('f32', shape)
    pending.push(engine.infer(i % 2 === 0 ? tensor : tensor.data.slice()))
    globalThis.gc()
    pending.push(engine.inferSync(tensor))
  }
  const results = await Promise.all(pending)
  if (round % 2 === 0) await engine.close() // the others are left to the collector
  return results.filter(({ y }) => y.data.length > 0 && Number.isFinite(y.data[0])).length
}

const scenarios = {
  // Run with UV_THREADPOOL_SIZE=1: builds must leave that one thread to others.
  async manyBuilds() {
    const order = []
    const builds = Array.from({ length: 8 }, (_, i) => {
      return buildEngine({ model: model(i % 2 === 0 ? 'slow' : 'large') }).then((engine) => {
        order.push('built')
        return engine
      })
    })
    while (order.length === 0 && loadOpenVino().memoryStatistics().inFlight < 4) await turn()
    await readFile(model('tiny')) // four tasks of the pool; more of them would measure how the machine shares its cores
    order.push('read')
    const engines = await Promise.all(builds)
    await Promise.all(engines.map((engine) => engine.close()))
    return { readBeforeTheLastWasBuilt: order.indexOf('read') < 8, count: order.length }
  },

  async manyInferences() {
    const engine = await buildEngine({ model: model('frame'), hints: { requests: 3 } })
    const ways = [
      (value) => new Float32Array(frameSize).fill(value),
      (value) => ({ x: Tensor.from(new Float32Array(frameSize).fill(value), frame) }),
      (value) => {
        const tensor = Tensor.allocate('f32', frame)
        tensor.data.fill(value)
        return tensor
      },
    ]
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => isFilledWith((await engine.infer(ways[i % 3](i))).y.data, i)),
    )
    await engine.close()
    return [results.length, results.every(Boolean)]
  },

  // Run with --expose-gc.
  async collecting() {
    let right = 0
    // A function of its own: what a round holds is gone when it returns.
    for (let round = 0; round < 12; round++) right += await inferWhileCollecting(round)
    for (let i = 0; i < 5; i++) {
      globalThis.gc()
      await turn()
    }
    const { liveBlocks, running } = loadOpenVino().memoryStatistics()
    return { right, liveBlocks, running }
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))
