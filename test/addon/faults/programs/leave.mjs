// Usage: node leave.mjs <folder of models> <what is under way> <how to leave> <milliseconds to wait before>
// Leaves the process in the middle of something, on the CPU or the device that ENGINERY_TEST_DEVICE names. Prints 'under way' when it has begun and 'leaving' last.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { buildEngine, loadEngine, Tensor } from '../../../../dist/index.js'

const [folder, what, how, delay] = process.argv.slice(2)
const device = process.env.ENGINERY_TEST_DEVICE
const model = (name) => ({ model: `${folder}/${name}.onnx`, device })
const slowInput = new Float32Array(32 * 96 * 96)
const temporary = mkdtempSync(join(tmpdir(), 'enginery-leave-'))
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))

function keepInferring(engine) {
  const next = () => engine.infer(slowInput).then(next, () => {})
  for (let i = 0; i < 6; i++) next()
}

const work = {
  async build() {
    buildEngine(model('large'))
  },
  async builds() {
    for (const name of ['large', 'slow', 'tiny', 'large']) buildEngine({ ...model(name), cache: temporary })
  },
  async inference() {
    keepInferring(await buildEngine(model('slow')))
  },
  async nativeInference() {
    const engine = await buildEngine({ ...model('slow'), hints: { performance: 'throughput' } })
    const x = Tensor.allocate('f32', [1, 32, 96, 96])
    const next = () => engine.infer(x).then(next)
    for (let i = 0; i < 4; i++) next()
  },
  async stream() {
    const engine = await buildEngine(model('slow'))
    const source = (function* () {
      for (;;) yield slowInput
    })()
    ;(async () => {
      for await (const _ of engine.inferMany(source));
    })()
  },
  async close() {
    const engines = await Promise.all(['large', 'slow', 'slow'].map((name) => buildEngine(model(name))))
    keepInferring(engines[1])
    for (const engine of engines) engine.close()
  },
  async save() {
    const engine = await buildEngine(model('large'))
    const next = () => engine.save(join(temporary, 'large.blob')).then(next, () => {})
    next()
  },
  async load() {
    const path = join(temporary, 'slow.blob')
    const engine = await buildEngine(model('slow'))
    await engine.save(path)
    for (let i = 0; i < 4; i++) loadEngine(path)
  },
  async workers() {
    const begun = [0, 1, 2].map(
      () =>
        new Promise((resolve) => {
          new Worker(new URL('./infer-in-worker.mjs', import.meta.url), { workerData: { folder, name: 'slow' } }).once(
            'message',
            resolve,
          )
        }),
    )
    buildEngine(model('large'))
    await Promise.all(begun)
  },
  async nothing() {
    const engine = await buildEngine(model('slow'))
    engine.inferSync(slowInput)
    await engine.infer(slowInput)
  },
}

const leave = {
  exit: () => process.exit(7),
  exitCode: () => {
    process.exitCode = 7
    process.exit()
  },
  throw: () => {
    throw new Error('left')
  },
  reject: () => {
    Promise.reject(new Error('left'))
  },
  kill: () => process.kill(process.pid, 'SIGTERM'),
  // What runs at exit may still use the engine.
  inferAtExit: async () => {
    const engine = await buildEngine(model('slow'))
    process.on('exit', () => {
      engine.infer(slowInput)
      engine.inferSync(slowInput)
      engine.close()
      console.log('inferred')
    })
    process.exit(7)
  },
}

await work[what]()
console.log('under way')
setTimeout(() => {
  console.log('leaving')
  leave[how]()
}, Number(delay))
