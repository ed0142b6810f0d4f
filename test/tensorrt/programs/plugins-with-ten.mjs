// Calls of inspectWithTensorRt and buildEngine with the real TensorRT 10.15 and libraries of plugins, without a GPU, which NVIDIA's
// undocumented switch allows as far as no kernel is needed. Called by tests alone.
//
//   TRT_INTERNAL_OPTIONS=--cpu_only=1 node plugins-with-ten.mjs CORE CALLS.json
//
// CALLS: a list of { inspect: path, plugins } and of { build: options }, `model: "by hand"` being a network with the plugin in it. Prints what
// came of each as JSON. No plan can come of any.
import { readFileSync } from 'node:fs'

const { buildEngine, inspectWithTensorRt, TensorRtNetwork } = await import('../../../dist/index.js')
const [library, file] = process.argv.slice(2)

function networkByHand() {
  const network = new TensorRtNetwork()
  const [halved] = network.plugin([network.addInput('x', 'f32', [1, 3, 8, 8])], { plugin: 'EngineryHalve', name: 'half' })
  network.markOutput(halved, 'y')
  return network
}

for (const { inspect, plugins, build } of JSON.parse(readFileSync(file, 'utf8'))) {
  const said = []
  const keep = (text) => said.push(text)
  const logger = { debug: keep, info: keep, warn: keep, error: keep }
  try {
    const given = build && { ...build, model: build.model === 'by hand' ? networkByHand() : build.model, logger }
    const found = given
      ? { built: (await buildEngine({ backend: 'tensorrt', library, timingCache: false, ...given })).bytes.length }
      : await inspectWithTensorRt(inspect, { library, plugins })
    console.log(`outcome ${JSON.stringify(found)}`)
  } catch ({ code, message, cure }) {
    console.log(`outcome ${JSON.stringify({ code, message, cure, said })}`)
  }
}
