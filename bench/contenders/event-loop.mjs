// One trial of the event loop measurement: how late a 1 ms timer fires, first with nothing to do, then with
// inferences of `atLeast` ms running flat out. One JSON line out.
import { openSync, readSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { prepareProductChain } from '../cases.mjs'
import { percentile } from '../measure/statistics.mjs'

const job = JSON.parse(process.argv[2])
const elements = (shape) => shape.reduce((product, length) => product * length, 1)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// What the kernel says of the main thread: nanoseconds it ran, and nanoseconds it was ready but had no core. Tells a
// loop that is held up by this process from one that is held up by whatever else the machine does. Linux only.
function openSchedulingTimes() {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`)
  } catch {
    return undefined
  }
}
const scheduling = openSchedulingTimes()
// One buffer for all reads: garbage made by the watching would be collected in the middle of it.
const schedulingText = Buffer.alloc(128)

function schedulingTimes() {
  if (scheduling === undefined) return undefined
  const length = readSync(scheduling, schedulingText, 0, schedulingText.length, 0)
  return schedulingText.latin1Slice(0, length).split(' ', 2).map(Number)
}

async function watchTimer(duration) {
  const delays = []
  let worst = { delay: 0 }
  const until = performance.now() + duration * 1000
  await new Promise((resolve) => {
    let asked = performance.now()
    let before = schedulingTimes()
    const onTimer = () => {
      const now = performance.now()
      const after = schedulingTimes()
      const delay = now - asked - 1
      delays.push(delay)
      if (delay > worst.delay) {
        worst = { delay, ran: after && (after[0] - before[0]) / 1e6, waitedForCore: after && (after[1] - before[1]) / 1e6 }
      }
      if (now > until) return resolve()
      before = after
      asked = performance.now()
      setTimeout(onTimer, 1)
    }
    setTimeout(onTimer, 1)
  })
  const sorted = Float64Array.from(delays).sort()
  const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)]
  return { fired: delays.length, p50, p99, longest: worst.delay, ran: worst.ran, waitedForCore: worst.waitedForCore }
}

// Each opens a model: run() is one inference, `outstanding` how many keep it busy.
const openers = {
  async enginery({ model, input, output }) {
    const { buildEngine, Tensor } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
    const engine = await buildEngine({
      model,
      hints: { performance: job.hint, threads: job.threads },
    })
    const outstanding = engine.requests + 1
    const frames = Array.from({ length: outstanding }, () =>
      job.call === 'tensors' ? Tensor.allocate('f32', input.shape) : new Float32Array(elements(input.shape)),
    )
    return {
      run: async (lane) => (await engine.infer({ [input.name]: frames[lane] }))[output.name].release(),
      outstanding,
      close: () => engine.close(),
    }
  },
  async onnxruntime({ model, input }) {
    const { default: ort } = await import('onnxruntime-node')
    const session = await ort.InferenceSession.create(model, { intraOpNumThreads: job.threads, interOpNumThreads: 1 })
    const tensor = new ort.Tensor('float32', new Float32Array(elements(input.shape)), input.shape)
    return { run: () => session.run({ [input.name]: tensor }), outstanding: 2, close: () => session.release() }
  },
}

async function openSlowEnough() {
  for (let layers = 16; ; layers *= 2) {
    const opened = await openers[job.program](await prepareProductChain(layers))
    await opened.run(0)
    const start = performance.now()
    await opened.run(0)
    if (performance.now() - start > job.atLeast * 1.5) return { ...opened, layers }
    await opened.close()
  }
}

const { run, outstanding, layers, close } = await openSlowEnough()
await sleep(300)
const idle = await watchTimer(job.seconds)

let stop = false
const durations = []
const lanes = Array.from({ length: outstanding }, async (_, lane) => {
  while (!stop) {
    const start = performance.now()
    await run(lane)
    durations.push((performance.now() - start) / outstanding)
  }
})
// The first results grow the heap, and V8 collects once for that.
await sleep(job.warmup * 1000)
const busy = await watchTimer(job.seconds)
stop = true
await Promise.all(lanes)
await close()
durations.sort((a, b) => a - b)
console.log(
  JSON.stringify({ layers, outstanding, inferences: durations.length, msPerInference: percentile(durations, 0.5), idle, busy }),
)
