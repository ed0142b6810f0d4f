// enginery: pictures per second from JPEG files to boxes; one job from the command line, one JSON line out.
const { buildEngine, createPredictor } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const job = JSON.parse(process.argv[2])

const engine = await buildEngine({
  model: job.model,
  precision: 'fp32',
  hints: { performance: 'throughput', threads: job.threads },
})
const predictor = createPredictor(engine, {
  preprocess: { preset: 'yolox' },
  task: { decoder: 'yolox', scoreThreshold: job.scoreThreshold, iouThreshold: job.iouThreshold },
})

/** Keeps so many pictures under way while `next` gives paths; `done` hears of each. */
async function predictAll(next, done) {
  const lane = async () => {
    for (let path = next(); path !== undefined; path = next()) done(path, (await predictor.predict(path)).detections)
  }
  await Promise.all(Array.from({ length: engine.requests + job.ahead }, lane))
}

// Every picture once: what was found is compared, and all is warm.
const found = new Map()
const files = job.files.values()
await predictAll(
  () => files.next().value,
  (path, detections) => found.set(path, detections),
)
const answers = job.files.slice(0, job.compared).map((path) => found.get(path).map(({ score, box }) => [score, ...box]))

let started = 0
let count = 0
const cpu = process.cpuUsage()
const start = performance.now()
const until = start + job.seconds * 1000
await predictAll(
  () => (performance.now() < until ? job.files[started++ % job.files.length] : undefined),
  () => {
    count += 1
  },
)
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(cpu)
const cpuMilliseconds = (user + system) / 1000 / count
console.log(JSON.stringify({ perSecond: count / seconds, cpuMilliseconds, count, requests: engine.requests, answers }))
await engine.close()
