// What an engine is made of: an inner tensor as an output, the layers as they are executed, and the time of each.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { buildEngine, openvino } from 'enginery'

const data = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))

const model = await openvino.readModel(data('digits.onnx'))
const operations = await model.operations()
const convolutions = operations.filter(({ type }) => type === 'Convolution')
console.log(`${operations.length} operations, ${convolutions.length} convolutions`)
const last = convolutions.at(-1)
const features = model.addOutput({ operation: last.name, index: 0 })

const engine = await buildEngine({ model, hints: { profile: true } })
model.close()
const pictures = new Uint8Array(await readFile(data('digits.u8')))
const result = await engine.infer(Float32Array.from(pictures.subarray(0, 32 * 32), (value) => value / 127.5 - 1))
console.log(`${last.name} gives [${result[features.name].shape.join(', ')}]`)

const { layers } = await engine.describe()
const fused = layers.filter(({ originalNames }) => originalNames.length > 1)
console.log(`${layers.length} layers are executed; ${fused.length} of them fuse several of the model's`)

const slowest = engine
  .profile()
  .filter(({ status }) => status === 'executed')
  .sort((a, b) => b.realTime - a.realTime)
for (const { type, kernel, realTime } of slowest.slice(0, 5)) {
  console.log(`${realTime.toFixed(0).padStart(6)} µs  ${type.padEnd(12)} ${kernel}`)
}
await engine.close()
