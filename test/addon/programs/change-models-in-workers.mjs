// Usage: node change-models-in-workers.mjs <openvino.node> <model.onnx, input x of [n, 3]>
// Twelve workers, four at a time: each listens to the log, reads, changes, compiles and clones models, and ends in one
// of four ways, mostly in the middle of such calls. Prints what each of them answered and what the main thread can
// still do afterwards.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const require = createRequire(import.meta.url)

async function runWorker(data) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data })
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  try {
    const [answer] = await once(worker, 'message')
    if (data.ending === 'terminated') await worker.terminate()
    else worker.postMessage('end')
    await exit
    return answer
  } catch (error) {
    return error.code
  }
}

async function changeModel(openvino, path) {
  const model = await openvino.readModel({ path })
  await model.reshape({ x: [2, 3] })
  await model.preprocess({ inputs: [{ port: 'x', tensor: { type: 'u8' }, steps: [] }], outputs: [] })
  const clone = await model.clone()
  const compiled = await openvino.compileModel(clone, 'AUTO:CPU', { LOG_LEVEL: 'LOG_DEBUG' })
  return compiled.inputs()[0]
}

async function work({ addon, path, ending }) {
  const openvino = require(addon)
  let lines = 0
  openvino.setLogListener(() => {
    lines++
  })
  if (ending === 'threw') openvino.readModelSync({ path: `${path}.missing` })
  const { type, shape } = await changeModel(openvino, path)
  await new Promise((resolve) => setTimeout(resolve, 10))
  parentPort.postMessage({ type, shape, heard: lines > 0 })
  // Ends with calls of every kind under way.
  for (let i = 0; i < 4; i++) void changeModel(openvino, path)
  parentPort.once('message', () => {
    if (ending === 'exited') process.exit(0)
  })
}

if (isMainThread) {
  const [addon, path] = process.argv.slice(2)
  const answers = []
  for (let round = 0; round < 3; round++) {
    answers.push(
      await Promise.all(['ended', 'exited', 'terminated', 'threw'].map((ending) => runWorker({ addon, path, ending }))),
    )
  }
  const { shape } = await changeModel(require(addon), path)
  process.stdout.write(JSON.stringify({ answers, after: shape }))
} else {
  await work(workerData)
}
