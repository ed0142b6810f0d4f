// From CommonJS: require() takes ES modules since Node 20.19.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { buildEngine } = require('enginery')

async function main() {
  const engine = await buildEngine({ model: join(__dirname, 'data', 'digits.onnx') })
  const picture = readFileSync(join(__dirname, 'data', 'digits.u8')).subarray(0, 32 * 32)
  const { logits } = engine.inferSync(Float32Array.from(picture, (value) => value / 127.5 - 1))
  console.log(`reads ${logits.data.indexOf(Math.max(...logits.data))}`)
  await engine.close()
}

main()
