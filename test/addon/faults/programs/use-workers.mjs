// Usage: node use-workers.mjs <folder of models> <scenario>
// Worker threads that build and infer and end in every way. Prints what came of it as JSON.
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

// Loaded on demand: some scenarios load the addon in a worker first.
const enginery = () => import('../../../../dist/index.js')
const [folder, scenario] = process.argv.slice(2)
const size = 32 * 96 * 96

async function buildFrom(models, name, options) {
  const { buildEngine } = await enginery()
  return buildEngine({ model: `${models}/${name}.onnx`, ...options })
}

/** Builds, infers 30 inputs several at once and 5 in a row, compares, closes. */
async function inferAndCompare(models, seed) {
  const engine = await buildFrom(models, 'frame', { hints: { requests: 2 } })
  const results = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const value = seed * 100 + i
      const { y } = await engine.infer(new Float32Array(3 * 96 * 96).fill(value))
      return y.data.every((element) => element === value)
    }),
  )
  for (let i = 0; i < 5; i++) results.push(engine.inferSync(new Float32Array(3 * 96 * 96).fill(-i)).y.data.every((v) => v === 0))
  await engine.close()
  return results.length === 35 && results.every(Boolean)
}

const tasks = {
  async compare({ models, seed }) {
    parentPort.postMessage(await inferAndCompare(models, seed))
  },
  async build({ models }) {
    for (;;) {
      parentPort.postMessage('building')
      await buildFrom(models, 'slow')
    }
  },
  async infer({ models, ending }) {
    const engine = await buildFrom(models, 'slow', { hints: { requests: 2 } })
    const input = new Float32Array(size)
    const next = () => engine.infer(input).then(ending === 'natural' ? undefined : next)
    for (let i = 0; i < 4; i++) next()
    parentPort.postMessage('inferring')
    if (ending === 'exit') setTimeout(() => process.exit(3), 5)
    if (ending === 'throw') {
      setTimeout(() => {
        throw new Error('thrown in the worker')
      }, 5)
    }
  },
  async inferSync({ models }) {
    const engine = await buildFrom(models, 'slow')
    parentPort.postMessage('inferring')
    for (;;) engine.inferSync(new Float32Array(size))
  },
}

function startWorker(task, data = {}) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { task, models: folder, ...data } })
  const first = new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  const ended = new Promise((resolve) => {
    let failure = null
    worker.on('error', (error) => {
      failure = error.message
    })
    worker.once('exit', (code) => resolve([code, failure]))
  })
  return { worker, first, ended }
}

async function terminateRepeatedly(task, wanted) {
  const rounds = process.env.ENGINERY_SANITIZED ? Math.ceil(wanted / 5) : wanted
  for (let round = 0; round < rounds; round++) {
    const { worker, first } = startWorker(task)
    await first
    await sleep(Math.random() * 40)
    await worker.terminate()
  }
  return inferAndCompare(folder, 1)
}

const scenarios = {
  async concurrent() {
    const workers = Array.from({ length: 8 }, (_, seed) => startWorker('compare', { seed }))
    const results = await Promise.all(workers.map(({ first }) => first))
    const endings = await Promise.all(workers.map(({ ended }) => ended))
    return { results, endings, main: await inferAndCompare(folder, 9) }
  },
  terminatedWhileBuilding: () => terminateRepeatedly('build', 20),
  terminatedWhileInferring: () => terminateRepeatedly('infer', 20),
  terminatedWhileInferringSync: () => terminateRepeatedly('inferSync', 5),
  async endings() {
    const answers = {}
    for (const ending of ['natural', 'exit', 'throw']) {
      const { first, ended } = startWorker('infer', { ending })
      // The exception may overtake the message before it: they come through two ports.
      await Promise.allSettled([first])
      answers[ending] = await ended
    }
    return { ...answers, main: await inferAndCompare(folder, 2) }
  },
  async workerFirst() {
    const answers = []
    for (let seed = 0; seed < 2; seed++) {
      const { first, ended } = startWorker('compare', { seed })
      answers.push(await first)
      await ended
    }
    answers.push(await inferAndCompare(folder, 3))
    const { first } = startWorker('compare', { seed: 4 })
    answers.push(await first)
    return answers
  },
  // The main thread ends while workers are at it: they keep the process alive until they are told not to.
  async unreferenced() {
    const { worker, first } = startWorker('infer')
    await first
    worker.unref()
    return 'inferring'
  },
}

if (isMainThread) console.log(JSON.stringify(await scenarios[scenario]()))
else await tasks[workerData.task](workerData)
