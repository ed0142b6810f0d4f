// Builds an engine for a small net, saves and loads it, reads 400 pictures of handwritten digits with it, and prints what it
// reads and how fast. `npm run demo` runs this file first.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildEngine, devices, loadEngine, Tensor } from 'enginery'

const data = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))
const size = 32
const pictures = new Uint8Array(await readFile(data('digits.u8')))
const { labels } = JSON.parse(await readFile(data('digits.labels.json'), 'utf8'))
const picture = (index) => Tensor.from(pictures.subarray(index * size * size, (index + 1) * size * size), [1, 1, size, size])
const argmax = (values) => values.indexOf(Math.max(...values))

console.log('Building an engine for digits.onnx:')
const built = await buildEngine({
  model: data('digits.onnx'),
  hints: { performance: 'throughput' },
  // Becomes part of the engine, which then takes the bytes of a picture as they are.
  preprocess: {
    inputs: { input: { tensor: { type: 'u8' }, steps: [{ convertElementType: 'f32' }, { mean: 127.5 }, { scale: 127.5 }] } },
  },
  onProgress: ({ stage, elapsed }) => console.log(`${elapsed.toFixed(0).padStart(7)} ms  ${stage}`),
})

const folder = await mkdtemp(join(tmpdir(), 'enginery-demo-'))
await built.save(join(folder, 'digits.blob'))
await built.close()
const began = performance.now()
const engine = await loadEngine(join(folder, 'digits.blob'))
console.log(`Saved, and loaded again in ${(performance.now() - began).toFixed(0)} ms.`)
await rm(folder, { recursive: true })

const { device, layers, precisions } = await engine.describe()
const { fullName } = (await devices()).find(({ name }) => name === device)
const perPrecision = Object.entries(precisions).map(([precision, count]) => `${count} in ${precision}`)
console.log(
  `It runs on ${device} (${fullName}): ${layers.length} layers (${perPrecision.join(', ')}), ${engine.requests} requests.\n`,
)

const shown = Array.from({ length: 5 }, (_, index) => index)
const rowOf = (index, y) => Array.from({ length: 16 }, (_, x) => shade(picture(index).data[y * size + x * 2])).join('')
const shade = (value) => ' .:-=+*#%@'[Math.min(9, (value * 10) >> 8)]
for (let y = 0; y < size; y += 4) console.log(shown.map((index) => rowOf(index, y)).join(''))
const answers = await Promise.all(shown.map((index) => engine.infer(picture(index))))
const reading = ({ logits }, index) => `reads ${argmax(logits.data)}, is ${labels[index]}`
console.log(`${answers.map((answer, index) => `   ${reading(answer, index)}`.padEnd(16)).join('')}\n`)

const times = []
for (let i = 0; i < labels.length; i++) {
  const start = performance.now()
  await engine.infer(picture(i))
  times.push(performance.now() - start)
}
times.sort((a, b) => a - b)
const percentile = (share) => times[Math.floor(times.length * share)].toFixed(2)
console.log(`One at a time: ${percentile(0.5)} ms (median), ${percentile(0.99)} ms (99th percentile).`)

let right = 0
let index = 0
const start = performance.now()
for await (const { logits } of engine.inferMany(labels.map((_, i) => picture(i)))) {
  if (argmax(logits.data) === labels[index++]) right++
}
const seconds = (performance.now() - start) / 1000
console.log(`All requests busy: ${Math.round(labels.length / seconds)} pictures per second, from bytes to answers.`)
console.log(`${right} of ${labels.length} read right.`)
await engine.close()
