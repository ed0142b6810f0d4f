// Part of the package proof: the same from CommonJS, where require() brings an ES module.
const { readFileSync } = require('node:fs')
const { buildEngine, Tensor } = require('enginery')

const pixels = 32 * 32

async function readDigits() {
  const pictures = new Uint8Array(readFileSync('digits.u8'))
  const { labels } = JSON.parse(readFileSync('digits.labels.json', 'utf8'))
  const engine = await buildEngine({ model: 'digits.onnx' })
  let right = 0
  for (const [index, label] of labels.entries()) {
    const values = Float32Array.from(pictures.subarray(index * pixels, (index + 1) * pixels), (value) => value / 127.5 - 1)
    const { logits } = engine.inferSync({ input: Tensor.from(values, [1, 1, 32, 32]) })
    if (logits.data.indexOf(Math.max(...logits.data)) === label) right++
  }
  await engine.close()
  console.log(JSON.stringify({ right, of: labels.length }))
}

readDigits().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
