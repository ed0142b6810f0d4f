// One trial of the event loop measurement: how late a 1 ms timer fires, first with nothing to do, then with
// inferences of `atLeast` ms running flat out. One JSON line out.
import { performance } from 'node:perf_hooks'
import { percentile } from '../measure/statistics.mjs'

const job = JSON.parse(process.argv[2])
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function watchTimer(duration) {
  const delays = []
  const until = performance.now() + duration * 1000
  await new Promise((resolve) => {
    let asked = performance.now()
    const onTimer = () => {
      const now = performance.now()
      delays.push(now - asked - 1)
      if (now > until) return resolve()
      asked = performance.now()
      setTimeout(onTimer, 1)
    }
    setTimeout(onTimer, 1)
  })
  const sorted = Float64Array.from(delays).sort()
  return { fired: delays.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), longest: sorted[sorted.length - 1] }
}

// Each opens the model at a batch and returns run(): one inference; concurrency; close().
const openers = {
  async enginery(batch) {
    const { buildEngine } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
    const shape = [batch, ...job.input.shape.slice(1)]
    const engine = await buildEngine({
      model: job.model,
      shapes: { [job.input.name]: shape },
      hints: { performance: job.hint, threads: job.threads },
    })
    const frame = new Float32Array(shape.reduce((product, length) => product * length, 1))
    return {
      run: async () => (await engine.infer({ [job.input.name]: frame }))[job.output.name].release(),
      outstanding: engine.requests + 1,
      close: () => engine.close(),
    }
  },
  async onnxruntime(batch) {
    const { default: ort } = await import('onnxruntime-node')
    const shape = [batch, ...job.input.shape.slice(1)]
    const session = await ort.InferenceSession.create(job.model, { intraOpNumThreads: job.threads, interOpNumThreads: 1 })
    const tensor = new ort.Tensor('float32', new Float32Array(shape.reduce((product, length) => product * length, 1)), shape)
    return { run: () => session.run({ [job.input.name]: tensor }), outstanding: 2, close: () => session.release() }
  },
}

async function openSlowEnough() {
  for (let batch = job.batch; ; batch *= 2) {
    const opened = await openers[job.program](batch)
    await opened.run()
    const start = performance.now()
    await opened.run()
    if (performance.now() - start > job.atLeast * 1.2 || batch >= 1024) return { ...opened, batch }
    await opened.close()
  }
}

const { run, outstanding, batch, close } = await openSlowEnough()
await sleep(300)
const idle = await watchTimer(job.seconds)

let stop = false
const durations = []
const lanes = Array.from({ length: outstanding }, async () => {
  while (!stop) {
    const start = performance.now()
    await run()
    durations.push((performance.now() - start) / outstanding)
  }
})
const busy = await watchTimer(job.seconds)
stop = true
await Promise.all(lanes)
await close()
durations.sort((a, b) => a - b)
console.log(
  JSON.stringify({ batch, outstanding, inferences: durations.length, msPerInference: percentile(durations, 0.5), idle, busy }),
)
