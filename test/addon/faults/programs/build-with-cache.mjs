// Usage: node build-with-cache.mjs <folder of models> <cache folder> <file>
// The main thread and a worker build engines of a few keys with one cache, which is too small for all of them, each at
// least twenty and until the file is there. Every engine is run. Prints 'storing' whenever it begins to write and
// { builds, hits, wrong, warnings } last. Made to be killed at any moment.
import { existsSync, writeSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { buildEngine } from '../../../../dist/index.js'

const [folder, dir, stop] = isMainThread ? process.argv.slice(2) : workerData
const counts = { builds: 0, hits: 0, wrong: [], warnings: [] }
const logger = { debug() {}, info() {}, warn: (line) => counts.warnings.push(line), error() {} }

async function buildAndRun(turn) {
  const name = turn % 2 === 0 ? 'slow' : 'frame'
  const engine = await buildEngine({
    model: `${folder}/${name}.onnx`,
    cache: { dir, maxBytes: 700_000, required: true },
    properties: { NUM_STREAMS: 1 + (turn % 3) },
    hints: { requests: 1 },
    logger,
    onProgress: ({ stage }) => {
      if (stage === 'store') writeSync(1, 'storing\n')
    },
  })
  const size = engine.inputs[0].shape.reduce((a, b) => a * b)
  const { y } = await engine.infer(new Float32Array(size).fill(name === 'frame' ? 3 : 0))
  // The convolutions have no bias: zeros stay zeros.
  const expected = name === 'frame' ? 3 : 0
  if (!y.data.every((element) => element === expected)) counts.wrong.push(`${name}: ${y.data[0]}`)
  counts.builds++
  if ((await engine.describe()).notes.some((note) => note.startsWith('taken from the cache'))) counts.hits++
  await engine.close()
}

const worker = isMainThread ? new Worker(new URL(import.meta.url), { workerData: [folder, dir, stop] }) : undefined
const answer = worker && new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
for (let turn = isMainThread ? 0 : 1; counts.builds < 20 || !existsSync(stop); turn++) {
  await buildAndRun(turn)
  // Another look at the same key now and then: it may be a hit.
  if (turn % 2 === 0) await buildAndRun(turn)
}
if (isMainThread) {
  const other = await answer
  const both = (name) => counts[name] + other[name]
  console.log(
    JSON.stringify({
      builds: both('builds'),
      hits: both('hits'),
      wrong: [...counts.wrong, ...other.wrong],
      warnings: [...counts.warnings, ...other.warnings],
    }),
  )
} else parentPort.postMessage(counts)
