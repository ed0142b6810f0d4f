// Pictures come from a stream, answers go out in the same order. inferMany takes a few pictures ahead, so that all requests
// of the engine are busy, and no more: a slow consumer slows the reading of the file.
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { buildEngine, Tensor } from 'enginery'

const data = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))
const { labels } = JSON.parse(await readFile(data('digits.labels.json'), 'utf8'))
const pixels = 32 * 32

let taken = 0
async function* readPictures() {
  // One chunk is one picture: the highWaterMark divides the file evenly.
  for await (const bytes of createReadStream(data('digits.u8'), { highWaterMark: pixels })) {
    taken++
    yield {
      input: Tensor.from(
        Float32Array.from(bytes, (value) => value / 127.5 - 1),
        [1, 1, 32, 32],
      ),
    }
  }
}

const engine = await buildEngine({ model: data('digits.onnx'), hints: { performance: 'throughput' } })
let answered = 0
let furthest = 0
let right = 0
for await (const { logits } of engine.inferMany(readPictures(), { window: 8 })) {
  furthest = Math.max(furthest, taken - answered)
  if (logits.data.indexOf(Math.max(...logits.data)) === labels[answered++]) right++
}
await engine.close()
console.log(`${right} of ${answered} read right, in order; never more than ${furthest} pictures ahead of the answers`)
