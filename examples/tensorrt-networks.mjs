// ResNet-50 and YOLOv5n, written layer by layer for TensorRT, and built with TensorRT-RTX for a GPU that need not be here.
//
//   node examples/tensorrt-networks.mjs [--wts FILE] [--write-wts FILE] [--save FILE.plan] [resnet50 | yolov5n]
//
// Weights are those of a .wts file, as tensorrtx writes them, or drawn at random: then the plan computes nothing of use.
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { buildEngine, isEngineryError, writeWts } from 'enginery'
import { openWeights } from './networks/model-weights.mjs'
import { writeResNet50 } from './networks/resnet50.mjs'
import { writeYoloV5 } from './networks/yolov5.mjs'

const writers = { resnet50: writeResNet50, yolov5n: writeYoloV5 }
const { values: options, positionals } = parseArgs({
  options: { wts: { type: 'string' }, 'write-wts': { type: 'string' }, save: { type: 'string' } },
  allowPositionals: true,
})

for (const name of positionals.length > 0 ? positionals : Object.keys(writers)) {
  const weights = await openWeights(options.wts)
  const network = writers[name](weights)
  const made = network.outputs.map((output) => `${output.name} [${output.shape.join(', ')}]`)
  console.log(`${name}: ${network.layers.length} layers, ${weights.parameters} parameters, makes ${made.join(' and ')}`)
  if (options['write-wts']) await writeWts(options['write-wts'], weights.all)

  try {
    const started = performance.now()
    const builder = { computeCapabilities: ['8.9'] }
    const plan = await buildEngine({ backend: 'tensorrt', library: 'tensorrt-rtx', model: network, builder })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const sha256 = createHash('sha256').update(plan.bytes).digest('hex')
    console.log(`  a plan of ${(plan.bytes.length / 1e6).toFixed(1)} MB in ${seconds} s, sha256 ${sha256}`)
    if (options.save) await plan.save(options.save)
  } catch (error) {
    if (!isEngineryError(error, 'TENSORRT_NOT_FOUND') && !isEngineryError(error, 'ADDON_NOT_FOUND')) throw error
    console.log(`  not built: ${error.code}. ${error.cure}`)
  }
}
