// onnxruntime-node: one job from the command line, one JSON line out.
import { createRequire } from 'node:module'
import ort from 'onnxruntime-node'
import { checkOutput, countOutstanding, readFloats, timeAsync } from '../measure/timing-loops.mjs'

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json')
const job = JSON.parse(process.argv[2])
const reference = readFloats(job.output.file)

const session = await ort.InferenceSession.create(job.model, {
  executionProviders: ['cpu'],
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  intraOpNumThreads: job.threads,
  interOpNumThreads: 1,
})

const frame = readFloats(job.input.file)
const { name } = job.output
const feed = () => ({ [job.input.name]: new ort.Tensor('float32', frame, job.input.shape) })

let run
if (job.call === 'run') {
  run = async () => (await session.run(feed()))[name].data
} else if (job.call === 'run-preset') {
  const feeds = feed()
  const fetches = { [name]: new ort.Tensor('float32', new Float32Array(reference.length), job.output.shape) }
  run = async () => (await session.run(feeds, fetches))[name].data
} else {
  throw new Error(`unknown call ${job.call}`)
}

const difference = checkOutput(await run(), reference, job.tolerance)
const measured = job.mode === 'throughput' ? await countOutstanding(run, job.outstanding, job) : await timeAsync(run, job)
console.log(JSON.stringify({ version, difference, ...measured }))
