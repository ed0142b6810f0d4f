// Usage: node use-pictures-in-workers.mjs <kernels.node> [exit]
// Workers resample and prepare pictures on libuv's pool, collect garbage meanwhile, and end in three ways while work is
// under way. Prints what each answered before. With `exit`, the process itself ends that way.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const require = createRequire(import.meta.url)

function startWork(kernels, count) {
  const preparation = {
    x: 0,
    y: 20,
    canvasWidth: 320,
    canvasHeight: 320,
    offset: 0,
    pad: [9, 9, 9],
    color: 'RGB',
    layout: 'NCHW',
  }
  const resize = { width: 320, height: 240, filter: 'pillow-lanczos' }
  return Array.from({ length: count }, async () => {
    // Nothing but the work itself holds these arrays.
    const source = { width: 640, height: 480, channels: 3, data: new Uint8Array(640 * 480 * 3).fill(77) }
    const resized = new Uint8Array(320 * 240 * 3)
    const target = new Float32Array(3 * 320 * 320)
    await Promise.all([
      kernels.resizeImage(source, resized, resize),
      kernels.prepareImage(source, target, { ...preparation, resize, scale: [1, 1, 1], bias: [0, 0, 0] }),
    ])
    return resized.every((value) => value === 77) && target[0] === 9 && target[320 * 100] === 77
  })
}

async function runWorker(path, ending) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { path, ending } })
  const exit = once(worker, 'exit')
  const [answer] = await once(worker, 'message')
  if (ending === 'terminated') await worker.terminate()
  await exit
  return answer
}

async function work({ path, ending }) {
  const kernels = require(path)
  const running = startWork(kernels, 12)
  globalThis.gc?.()
  const answers = await Promise.all(running)
  const unfinished = startWork(kernels, 24)
  parentPort.postMessage(answers.every(Boolean))
  if (ending === 'exited') process.exit(0)
  if (ending === 'threw') throw new Error('on purpose')
  await Promise.all(unfinished)
}

if (!isMainThread) {
  process.on('uncaughtException', () => process.exit(1))
  await work(workerData)
} else if (process.argv[3] === 'exit') {
  startWork(require(process.argv[2]), 60)
  process.exit(3)
} else {
  const answers = []
  for (let round = 0; round < 2; round++) {
    answers.push(
      ...(await Promise.all(['ended', 'exited', 'terminated', 'threw'].map((ending) => runWorker(process.argv[2], ending)))),
    )
  }
  process.stdout.write(JSON.stringify(answers))
}
