// What it costs that TensorRT's calibrator asks JavaScript for its batches: node bench/tensorrt/calibration-round-trip.mjs
// [batches]. Batches up to 8x3x640x640 float32 (39 MB), given by an async generator, taken by the stand-in for TensorRT's
// builder (native/test/stand_in_caller), which works 0 ms on each, then 80. A batch is copied twice: from JavaScript's array
// to pinned memory, with a look for infinities, and from there to the stand-in device, while the next is being fetched.
// Printed beside the copies are
// - the way: from the builder's thread to JavaScript and back, for a batch of one element;
// - the rest of filling: what a batch takes in JavaScript beyond the copy (promises, pieces, turns of the event loop).
// These two are what the round trip costs. For the copies to be judged: one of as many bytes by V8, into memory in use.
// Needs the stand-in built: npx vitest run --project addon test/addon/stand-in
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const entry = process.env.ENGINERY_ENTRY
  ? pathToFileURL(process.env.ENGINERY_ENTRY)
  : new URL('../../dist/index.js', import.meta.url)
const { Tensor } = await import(entry)
const { CalibrationBatches } = await import(new URL('engine/tensorrt/calibration-batches.js', entry))
const folder = `${root}.deps/stand-in-caller`
if (!existsSync(`${folder}/stand_in_caller.node`)) throw new Error(`the stand-in is not built in ${folder}`)
const addon = createRequire(import.meta.url)(`${folder}/stand_in_caller.node`)
const driver = `${folder}/libstand_in_driver.so`

const count = Number(process.argv[2] ?? 30)
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const quantile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]

/** Milliseconds of each batch: what getBatch took, its copies, and the rest of filling it. */
async function measure(shape, work) {
  const size = shape.reduce((product, length) => product * length, 1)
  const data = new Float32Array(size).map((_, at) => at % 251)
  async function* give() {
    for (let i = 0; i <= count; i++) yield { x: Tensor.from(data, shape) }
  }
  const batches = new CalibrationBatches({ source: give(), inputs: [{ name: 'x', type: 'f32', shape }] })
  const copies = []
  const rests = []
  const fillBatch = async (append) => {
    const asked = performance.now()
    let copying = 0
    const answer = await batches.fillBatch((input, view) => {
      const began = performance.now()
      const odd = append(input, view)
      copying += performance.now() - began
      return odd
    })
    copies.push(copying)
    rests.push(performance.now() - asked - copying)
    return answer
  }
  const calibration = { kind: 'entropy2', batchSize: shape[0], inputs: batches.layout.nativeInputs(), fillBatch }
  const before = addon.counts(driver).uploadTime
  const { waits } = await addon.calibrate({ driver, calibration, work, dropBytes: true, cacheToWrite: 'TRT' }).done
  const upload = (addon.counts(driver).uploadTime - before) / (count + 1)
  // The first call waits for memory, too; the last for no batch.
  const inner = (values) => values.slice(1, -1)
  return { waits: inner(waits), copies: inner(copies), rests: inner(rests), upload }
}

const format = (value) => value.toFixed(3).padStart(9)
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.versions.node}; ${count} batches; milliseconds`)
const way = median((await measure([1, 1], 0)).waits)
console.log(`the way to JavaScript and back: ${way.toFixed(3)}`)
console.log('batch          work   getBatch  to pinned  to device  copy by V8  rest of filling: median, p90')
for (const shape of [
  [8, 3, 224, 224],
  [8, 3, 640, 640],
]) {
  const source = new Float32Array(shape.reduce((product, length) => product * length, 1)).fill(1)
  const target = source.slice()
  const plain = Array.from({ length: count }, () => {
    const began = performance.now()
    target.set(source)
    return performance.now() - began
  })
  for (const work of [0, 80]) {
    const { waits, copies, upload, rests } = await measure(shape, work)
    const row = [median(waits), median(copies), upload, median(plain), median(rests), quantile(rests, 0.9)].map(format)
    console.log(`${shape.join('x').padEnd(14)} ${String(work).padStart(4)} ${row.join('  ')}`)
  }
}
