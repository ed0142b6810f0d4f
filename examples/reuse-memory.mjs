// The same memory for every inference: nothing is copied on the way in, and nothing is allocated on the way out.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { buildEngine, Tensor } from 'enginery'

const data = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))
const pictures = new Uint8Array(await readFile(data('digits.u8')))
const { labels } = JSON.parse(await readFile(data('digits.labels.json'), 'utf8'))
const engine = await buildEngine({ model: data('digits.onnx') })

const input = Tensor.allocate('f32', [1, 1, 32, 32])
const outputs = { logits: Tensor.allocate('f32', [1, 10]) }
let right = 0
for (const [index, label] of labels.entries()) {
  for (let i = 0; i < input.size; i++) input.data[i] = pictures[index * input.size + i] / 127.5 - 1
  // Until this promise settles, `input` must not be written, nor `outputs` read.
  const { logits } = await engine.infer({ input }, { outputs })
  if (logits !== outputs.logits) throw new Error('expected the very tensor that was passed')
  if (logits.data.indexOf(Math.max(...logits.data)) === label) right++
}
console.log(`${right} of ${labels.length} read right with one input and one output tensor`)

// For loops that block anyway, such as those of a worker thread: the same without promises.
for (let i = 0; i < 100; i++) engine.inferSync({ input }, { outputs })
console.log(`the last inference took ${engine.lastLatency.toFixed(3)} ms inside the engine`)

input.release()
outputs.logits.release()
await engine.close()
