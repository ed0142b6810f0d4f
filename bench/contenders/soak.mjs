// One long run in one process; prints how resident memory went. Job: { scenario, count, every, model, input, output }.
const job = JSON.parse(process.argv[2])
const { buildEngine } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { name } = job.output
const inputs = { [job.input.name]: new Float32Array(job.input.shape.reduce((product, length) => product * length, 1)).fill(0.5) }
const open = () =>
  buildEngine({ model: job.model, shapes: { [job.input.name]: job.input.shape }, hints: { performance: job.hint ?? 'latency' } })
const turn = () => new Promise((resolve) => setImmediate(resolve))
const samples = []

async function sample(done) {
  await turn()
  if (globalThis.gc) {
    // Twice, with a turn between: finalizers of the first round drop what the second can collect.
    globalThis.gc()
    await turn()
    globalThis.gc()
    await turn()
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  samples.push({ done, rss, heapUsed, external, arrayBuffers })
}

let sum = 0
function consume(result) {
  const tensor = result[name]
  sum += tensor.data[0]
  if (job.release) tensor.release()
}

const scenarios = {
  async infer() {
    const engine = await open()
    for (let i = 1; i <= job.count; i++) {
      consume(await engine.infer(inputs))
      if (i % job.every === 0) await sample(i)
    }
    await engine.close()
  },
  async inferMany() {
    const engine = await open()
    let done = 0
    const source = function* () {
      for (let i = 0; i < job.count; i++) yield inputs
    }
    for await (const result of engine.inferMany(source())) {
      consume(result)
      if (++done % job.every === 0) await sample(done)
    }
    await engine.close()
  },
  async inferSync() {
    const engine = await open()
    for (let i = 1; i <= job.count; i++) {
      consume(engine.inferSync(inputs))
      if (i % job.every === 0) await sample(i)
    }
    await engine.close()
  },
  async buildAndClose() {
    for (let i = 1; i <= job.count; i++) {
      const engine = await open()
      consume(await engine.infer(inputs))
      consume(engine.inferSync(inputs))
      await engine.close()
      if (i % job.every === 0) await sample(i)
    }
  },
}

await scenarios[job.scenario]()
if (!Number.isFinite(sum)) throw new Error('an inference gave no number')
console.log(JSON.stringify({ samples }))
