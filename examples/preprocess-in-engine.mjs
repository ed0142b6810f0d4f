// Everything between a camera's frame and the model's input becomes part of the engine: colour, size, layout, type and
// scale. The same is done in JavaScript, to compare.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { buildEngine, Tensor } from 'enginery'

const data = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))
const model = data('digits.onnx')
const digit = new Uint8Array(await readFile(data('digits.u8'))).subarray(0, 32 * 32)

// A grey digit of 32 x 32 as a colour frame of 64 x 64: rows of pixels, three bytes each.
const frame = Tensor.allocate('u8', [1, 64, 64, 3])
for (let y = 0; y < 64; y++) {
  for (let x = 0; x < 64; x++) frame.data.fill(digit[(y >> 1) * 32 + (x >> 1)], (y * 64 + x) * 3, (y * 64 + x) * 3 + 3)
}

const engine = await buildEngine({
  model,
  preprocess: {
    inputs: {
      input: {
        tensor: { type: 'u8', layout: 'NHWC', color: 'RGB', height: 64, width: 64 },
        steps: [
          { convertElementType: 'f32' },
          { convertColor: 'GRAY' },
          { resize: { algorithm: 'linear' } }, // to the model's 32 x 32
          { mean: 127.5 },
          { scale: 127.5 },
        ],
        modelLayout: 'NCHW', // the layout itself is converted to match
      },
    },
  },
})
const { type, shape } = engine.inputs[0]
console.log(`The engine takes ${type} [${shape.join(', ')}]`)
const { logits } = await engine.infer(frame)

const plain = await buildEngine({ model })
const byHand = await plain.infer(Float32Array.from(digit, (value) => value / 127.5 - 1))

const furthest = logits.data.reduce((most, value, i) => Math.max(most, Math.abs(value - byHand.logits.data[i])), 0)
console.log(
  `It reads ${logits.data.indexOf(Math.max(...logits.data))}; largest difference of a logit from preprocessing by hand: ${furthest.toFixed(3)}`,
)
await engine.close()
await plain.close()
