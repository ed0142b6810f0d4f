// Usage: node calibrate.mjs <addon> <stand-in driver> <scenario> [argument]
// Calibrations, called by the stand-in for TensorRT, that are under way when something ends. Prints what came of it as JSON.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { CalibrationBatches } from '../../../../dist/engine/tensorrt/calibration-batches.js'
import { Tensor } from '../../../../dist/index.js'

const [addonPath, driver, scenario, argument] = process.argv.slice(2)
const addon = createRequire(import.meta.url)(addonPath)
const inputs = [{ name: 'x', type: 'f32', shape: [2, 300_000] }]
const isSanitized = Boolean(process.env.ENGINERY_SANITIZED)

function start(source, { work = 0 } = {}) {
  const batches = new CalibrationBatches({ source, inputs })
  const calibration = { kind: 'entropy2', batchSize: 2, inputs: batches.layout.nativeInputs(), fillBatch: batches.fillBatch }
  return addon.calibrate({ driver, calibration, work, dropBytes: true, cacheToWrite: 'TRT' })
}

const batch = () => ({ x: Tensor.from(new Float32Array(600_000), [2, 300_000]) })

const providers = {
  // The calibration waits for a batch that never comes.
  async *never() {
    yield batch()
    await new Promise(() => {})
  },
  // Batches are copied all the time.
  *endless() {
    for (;;) yield batch()
  },
  async *slow() {
    for (;;) {
      await sleep(2)
      yield batch()
    }
  },
}
/** The provider, and word of its first batch. */
async function* tell(provider, first) {
  let isTold = false
  for await (const item of provider()) {
    if (!isTold) first()
    isTold = true
    yield item
  }
}

async function countWhatIsLeft() {
  // Threads of calibrations whose worker is gone end by themselves.
  for (let turn = 0; turn < 400; turn++) {
    const { deviceBlocks, pinnedBlocks, contexts } = addon.counts(driver)
    if (deviceBlocks + pinnedBlocks + contexts === 0) return 'nothing left'
    await sleep(10)
  }
  return addon.counts(driver)
}

async function terminateWorkers() {
  const rounds = isSanitized ? 5 : 15
  for (let round = 0; round < rounds; round++) {
    const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: { provider: argument } })
    await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    await sleep(Math.random() * 15)
    await worker.terminate()
  }
  return countWhatIsLeft()
}

const scenarios = {
  terminateWorkers,

  // Eight builds whose providers read files, which takes libuv's pool, of one thread.
  async filesOnOneThread() {
    const folder = await mkdtemp(join(tmpdir(), 'enginery-calibrate-'))
    const path = join(folder, 'batch')
    await writeFile(path, Buffer.alloc(4 * 600_000))
    async function* read() {
      for (let i = 0; i < 4; i++) {
        const { buffer, byteOffset } = await readFile(path)
        yield { x: Tensor.from(new Float32Array(buffer, byteOffset, 600_000), [2, 300_000]) }
      }
    }
    const reports = await Promise.all(Array.from({ length: 8 }, () => start(read()).done))
    await rm(folder, { recursive: true })
    return reports.map(({ calibration }) => calibration.batches)
  },

  // The process leaves in the middle: nothing is printed any more.
  async leave() {
    await new Promise((first) => {
      for (let i = 0; i < 3; i++) start(tell(providers[argument], first), { work: 1 })
    })
    await sleep(Math.random() * 20)
    process.exit(7)
  },

  // Neither does a calibration that is given up keep the process.
  async cancel() {
    const { done, cancel } = start(providers.never())
    setTimeout(cancel, 30)
    return done.catch(({ code }) => code)
  },

  // How many callbacks of 20 builds are garbage afterwards.
  async collected() {
    const callbacks = []
    async function calibrate() {
      let asked = 0
      const fillBatch = (append) => append(0, new Float32Array(4)) !== 0 && asked++ === 0
      callbacks.push(new WeakRef(fillBatch))
      const calibration = { kind: 'minMax', batchSize: 1, inputs: [{ name: 'x', type: 'f32', byteLength: 16 }], fillBatch }
      await addon.calibrate({ driver, calibration, cacheToWrite: 'TRT' }).done
    }
    for (let i = 0; i < 20; i++) await calibrate()
    const collected = () => callbacks.filter((callback) => callback.deref() === undefined).length
    for (let turn = 0; turn < 50 && collected() < 20; turn++) {
      // Who was asked for is kept until the end of the turn.
      await sleep(5)
      globalThis.gc()
    }
    return collected()
  },
}

if (isMainThread) {
  console.log(JSON.stringify(await scenarios[scenario]()))
} else {
  const source = tell(providers[workerData.provider], () => parentPort.postMessage('calibrating'))
  await start(source, { work: 1 }).done
}
