// Part of the package proof: an ES module of somebody who installed enginery. Prints how many digits it reads right.
import { readFile } from 'node:fs/promises'
import { buildEngine, Tensor } from 'enginery'

const pixels = 32 * 32
const pictures = new Uint8Array(await readFile('digits.u8'))
const { labels } = JSON.parse(await readFile('digits.labels.json', 'utf8'))
const engine = await buildEngine({ model: 'digits.onnx' })
let right = 0
for (const [index, label] of labels.entries()) {
  const values = Float32Array.from(pictures.subarray(index * pixels, (index + 1) * pixels), (value) => value / 127.5 - 1)
  const { logits } = await engine.infer({ input: Tensor.from(values, [1, 1, 32, 32]) })
  if (logits.data.indexOf(Math.max(...logits.data)) === label) right++
}
await engine.close()
console.log(JSON.stringify({ right, of: labels.length }))
