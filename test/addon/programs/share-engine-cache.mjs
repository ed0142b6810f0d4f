// Usage: node share-engine-cache.mjs <dist folder> <cache folder>
// Two worker threads look up and store engines of a few keys, with bytes that say whose they are, until standard input
// ends. Prints `writing` whenever it begins to, and at the end { lookups, hits, stores, faults, warnings }. Made to be
// killed at any moment.
import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const keys = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
const bodyBytes = 300_000

// Key, who wrote it, a body that follows from both: damage and mixtures show.
function makeEngine(key, writer) {
  const seed = createHash('sha256')
    .update(key + writer)
    .digest('hex')
  return `${key}\n${writer}\n${seed.repeat(bodyBytes / 64)}`
}

// In pieces, so that most of the time something is half written.
async function writeSlowly(path, text) {
  const file = await open(path, 'wx')
  const piece = text.length / 20
  parentPort.postMessage('writing')
  for (let i = 0; i < 20; i++) {
    await file.write(text.slice(Math.round(i * piece), Math.round((i + 1) * piece)))
    await sleep(1)
  }
  await file.close()
}

const content = (key) => ({
  backend: 'openvino',
  model: { sha256: key, bytes: 1, name: null, format: 'onnx' },
  options: {},
  versions: {},
  devices: [],
  cpuFeatures: [],
  inputs: [],
  outputs: [],
  precisions: {},
  requestCount: 1,
})

async function work({ dist, folder, stop }) {
  const { openCache } = await import(new URL('engine/engine-cache.js', pathToFileURL(`${dist}/`)))
  const counts = { lookups: 0, hits: 0, stores: 0, faults: [], warnings: [] }
  const ignore = () => {}
  const logger = { debug: ignore, info: ignore, error: ignore, warn: (line) => counts.warnings.push(line) }
  for (let turn = 0; Atomics.load(stop, 0) === 0; turn++) {
    const cache = await openCache({ dir: folder, logger })
    const key = keys[turn % keys.length]
    counts.lookups++
    const found = await cache.lookup(key)
    if (found !== null) {
      counts.hits++
      const bytes = await readFile(found.path, 'utf8')
      const [, writer] = bytes.split('\n', 2)
      if (bytes !== makeEngine(key, writer)) counts.faults.push(`${key.slice(0, 4)}: not the bytes of ${writer}`)
    }
    if (found === null || turn % 2 === 1) {
      const writer = `${process.pid}-${turn}-${Math.random()}`
      const stored = await cache.store(key, (path) => writeSlowly(path, makeEngine(key, writer)), content(key))
      if (stored === null) counts.faults.push(`${key.slice(0, 4)}: not stored`)
      counts.stores++
    }
  }
  return counts
}

if (isMainThread) {
  const [dist, folder] = process.argv.slice(2)
  const stop = new Int32Array(new SharedArrayBuffer(4))
  process.stdin.once('end', () => Atomics.store(stop, 0, 1)).resume()
  const answers = [0, 1].map(
    () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { dist, folder, stop } })
        worker.on('message', (message) => (message === 'writing' ? console.log(message) : resolve(message)))
        worker.once('error', reject)
      }),
  )
  const [one, two] = await Promise.all(answers)
  const sum = (name) => one[name] + two[name]
  const joined = { faults: [...one.faults, ...two.faults], warnings: [...one.warnings, ...two.warnings] }
  console.log(JSON.stringify({ lookups: sum('lookups'), hits: sum('hits'), stores: sum('stores'), ...joined }))
} else {
  parentPort.postMessage(await work(workerData))
}
