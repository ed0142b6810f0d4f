// buildEngine with the real TensorRT 10.15 and a network that is written layer by layer, without a GPU, which NVIDIA's undocumented
// switch allows as far as no kernel is needed: no plan can come of it, and what TensorRT says on the way does. Called by tests alone.
//
//   TRT_INTERNAL_OPTIONS=--cpu_only=1 node build-network-with-ten.mjs CORE CASES.json
//
// CASES: a list of options of buildEngine; `ranges: true`: the tensors of the network have ranges. Prints what came of each as JSON.
import { readFileSync } from 'node:fs'

const { buildEngine, TensorRtNetwork } = await import('../../../dist/index.js')
const [library, file] = process.argv.slice(2)

function writeNetwork(hasRanges) {
  const network = new TensorRtNetwork({ name: 'two' })
  const inputs = ['left', 'right'].map((name) => network.addInput(name, 'f32', [-1, 3, 8, 8]))
  const pooled = inputs.map((input, index) => network.pooling(input, 'max', { windowSize: 2, stride: 2, name: `pool${index}` }))
  const sum = network.elementWise(pooled, 'sum', { name: 'add' })
  network.markOutput(sum, 'y')
  if (hasRanges) for (const tensor of [...inputs, ...pooled, sum]) network.setDynamicRange(tensor, [-4, 4])
  return network
}

for (const { ranges, ...options } of JSON.parse(readFileSync(file, 'utf8'))) {
  const said = []
  const keep = (text) => said.push(text)
  const logger = { debug: keep, info: keep, warn: keep, error: keep }
  const shapes = { left: [4, 3, 8, 8], right: [4, 3, 8, 8] }
  try {
    await buildEngine({
      backend: 'tensorrt',
      library,
      model: writeNetwork(ranges),
      shapes,
      timingCache: false,
      logger,
      ...options,
    })
    console.log(`outcome ${JSON.stringify({ built: true })}`)
  } catch ({ code, message, cure }) {
    console.log(`outcome ${JSON.stringify({ code, message, cure, said })}`)
  }
}
