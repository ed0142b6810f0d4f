// Usage: node use-kernels-in-workers.mjs <kernels.node>
// Twelve workers, four at a time, load the addon, convert, and end in four ways. Prints what each of them answered.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const require = createRequire(import.meta.url)

async function runWorker(path, ending) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { path, ending } })
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  try {
    const [answer] = await once(worker, 'message')
    if (ending === 'terminated') await worker.terminate()
    else worker.postMessage('end')
    await exit
    return answer
  } catch (error) {
    return error.code
  }
}

function work({ path, ending }) {
  const kernels = require(path)
  if (ending === 'threw') kernels.float32FromFloat16(1, 2)
  const source = new Float32Array(100000).fill(-1)
  const target = new Uint16Array(100000)
  kernels.float16FromFloat32(source, target)
  parentPort.postMessage(target.every((bits) => bits === 0xbc00))
  if (ending === 'terminated') for (;;) kernels.float16FromFloat32(source, target)
  parentPort.once('message', () => {
    if (ending === 'exited') process.exit(0)
  })
}

if (isMainThread) {
  const path = process.argv[2]
  const answers = []
  for (let round = 0; round < 3; round++) {
    answers.push(await Promise.all(['ended', 'exited', 'terminated', 'threw'].map((ending) => runWorker(path, ending))))
  }
  const target = new Uint16Array(1)
  require(path).float16FromFloat32(new Float32Array([2]), target)
  process.stdout.write(JSON.stringify({ answers, after: target[0] }))
} else {
  work(workerData)
}
