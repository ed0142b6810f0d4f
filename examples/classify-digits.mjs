// Builds an engine for a small net, runs it on 400 pictures of handwritten digits, and prints what
// it reads and how fast. `npm run demo` runs this file.
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildEngine, loadEngine, Tensor } from 'enginery'

const here = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))
const pixels = 32 * 32
const pictures = new Uint8Array(await readFile(here('digits.u8')))
const { labels } = JSON.parse(await readFile(here('digits.labels.json'), 'utf8'))

// Preprocessing becomes part of the engine: it takes the bytes of a picture as they are.
const engine = await buildEngine({
  model: here('digits.onnx'),
  hints: { performance: 'throughput' },
  preprocess: {
    inputs: { input: { tensor: { type: 'u8' }, steps: [{ convertElementType: 'f32' }, { mean: 127.5 }, { scale: 127.5 }] } },
  },
  onProgress: ({ stage, elapsed }) => console.log(`  ${elapsed.toFixed(0).padStart(5)} ms  ${stage}`),
})
const { device, executionDevices, precisions, requests } = await engine.describe()
console.log(
  `\nEngine on ${device} (${executionDevices.join(', ')}), ${requests} requests, layers by precision: ${JSON.stringify(precisions)}`,
)

// Saved and loaded again: what follows runs on the loaded engine.
const saved = join(tmpdir(), `enginery-demo-${process.pid}.blob`)
await engine.save(saved)
await engine.close()
const digits = await loadEngine(saved)
await rm(saved)
await rm(`${saved}.json`)

const picture = (index) => Tensor.from(pictures.subarray(index * pixels, (index + 1) * pixels), [1, 1, 32, 32])
const argmax = (values) => values.indexOf(Math.max(...values))

function draw(index) {
  const { data } = picture(index)
  for (let y = 0; y < 32; y += 4) {
    const row = Array.from({ length: 16 }, (_, x) => ' .:-=+*#%@'[Math.min(9, (data[y * 32 + x * 2] * 10) >> 8)])
    console.log(`    ${row.join('')}`)
  }
}

for (const index of [0, 1, 2]) {
  const { logits } = await digits.infer(picture(index))
  draw(index)
  console.log(`  reads ${argmax(logits.data)}, label ${labels[index]}\n`)
}

let right = 0
let index = 0
const began = performance.now()
for await (const { logits } of digits.inferMany(labels.map((_, i) => picture(i)))) {
  if (argmax(logits.data) === labels[index++]) right++
}
const seconds = (performance.now() - began) / 1000
console.log(
  `${right} of ${labels.length} right; ${(labels.length / seconds).toFixed(0)} pictures per second (from bytes to answers)`,
)
await digits.close()
