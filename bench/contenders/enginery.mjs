// enginery: one job from the command line, one JSON line out.
import { checkOutput, countOutstanding, countStream, readFloats, timeAsync, timeSync } from '../measure/timing-loops.mjs'

const { backends, buildEngine, Tensor } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const job = JSON.parse(process.argv[2])
const reference = readFloats(job.output.file)
const frame = readFloats(job.input.file)
const { name } = job.output

const engine = await buildEngine({
  model: job.model,
  precision: 'fp32',
  shapes: { [job.input.name]: job.input.shape },
  hints: { performance: job.mode === 'throughput' ? 'throughput' : 'latency', threads: job.threads },
})

function allocateInput() {
  const tensor = Tensor.allocate('f32', job.input.shape)
  tensor.data.set(frame)
  return { [job.input.name]: tensor }
}
const allocateOutput = () => ({ outputs: { [name]: Tensor.allocate('f32', job.output.shape) } })

// What a caller does with an answer here: looks at it, and hands its memory back.
function consume(result) {
  const tensor = result[name]
  const first = tensor.data[0]
  tensor.release()
  return first
}

const inputs = { [job.input.name]: frame }
const given = { inputs: allocateInput(), options: allocateOutput() }

const calls = {
  'latency-sync': {
    arrays: { once: () => engine.inferSync(inputs), call: () => consume(engine.inferSync(inputs)) },
    tensors: {
      once: () => engine.inferSync(given.inputs, given.options),
      call: () => engine.inferSync(given.inputs, given.options),
    },
  },
  'latency-async': {
    arrays: { once: () => engine.infer(inputs), call: async () => consume(await engine.infer(inputs)) },
    tensors: { once: () => engine.infer(given.inputs, given.options), call: () => engine.infer(given.inputs, given.options) },
  },
}

async function measureThroughput() {
  // Frames of megabytes: what is outstanding should fit the processor's cache. As in the rival's queue, as many as run at the
  // same time (half the requests), and one more whose frame is copied meanwhile.
  const isLarge = frame.byteLength + reference.byteLength >= 2 ** 20
  const running = Math.max(1, engine.requests / 2)
  const outstanding = isLarge ? running + 1 : engine.requests * 2
  if (job.call === 'infer') return countOutstanding(async () => consume(await engine.infer(inputs)), outstanding, job)
  if (job.call === 'infer-tensors') {
    // Inputs that are there already need no copy.
    const length = isLarge ? Math.max(2, running) : outstanding
    const lanes = Array.from({ length }, () => ({ inputs: allocateInput(), options: allocateOutput() }))
    return countOutstanding((lane) => engine.infer(lanes[lane].inputs, lanes[lane].options), length, job)
  }
  return countStream(async function* (ticks) {
    for await (const result of engine.inferMany(mapTo(ticks, inputs))) yield consume(result)
  }, job)
}

function* mapTo(ticks, value) {
  for (const _ of ticks) yield value
}

const { once, call } = calls[job.mode]?.[job.call] ?? { once: () => engine.infer(inputs) }
const difference = checkOutput((await once())[name].data, reference, job.tolerance)
let measured
if (job.mode === 'throughput') measured = await measureThroughput()
else if (job.mode === 'latency-sync') measured = timeSync(call, job)
else measured = await timeAsync(call, job)
const version = backends().find((backend) => backend.name === 'openvino')?.version
console.log(JSON.stringify({ version, difference, requests: engine.requests, ...measured }))
await engine.close()
