// What the number of samples and the way of finding ranges do to scores of TensorRT's kind of INT8: symmetric, weights and
// activations (target `tensorrt`), without the check, which would mend what is to be seen. onnxruntime computes the files, with
// graph optimization disabled, as they say.
//   node tensorrt/study-calibration.mjs [TASK ...] [--samples 8,32,100,200] [--range entropy,minmax,...]
import path from 'node:path'
import { parseArgs } from 'node:util'
import { evaluateWithOnnxruntime } from '../quantize/evaluate-onnxruntime.mjs'
import { findTask, withFolder } from '../quantize/tasks.mjs'

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { values: options, positionals } = parseArgs({
  options: {
    samples: { type: 'string', default: '8,32,100,200' },
    range: { type: 'string', default: 'entropy,minmax,percentile,mse' },
  },
  allowPositionals: true,
})
const counts = options.samples.split(',').map(Number)
const ranges = options.range.split(',')

async function scoreQuantized(task, range, samples, folder, data) {
  const output = path.join(folder, `${range}.${samples}.onnx`)
  const { calibration } = await enginery.quantize({
    model: task.model,
    calibration: { data: data.calib, samples, ...(task.preprocess && { preprocess: task.preprocess }) },
    activations: { range },
    target: 'tensorrt',
    check: false,
    output,
  })
  if (calibration.samples !== samples) return '-' // there are not so many
  const [{ metrics }] = (
    await evaluateWithOnnxruntime(enginery, {
      models: [output],
      data: data.val,
      ...(task.preprocess && { preprocess: task.preprocess }),
      task: task.task,
      ...(task.metrics && { metrics: task.metrics }),
    })
  ).models
  return metrics[0].value.toFixed(4)
}

console.log(`| model | ranges | ${counts.map((count) => `${count} samples`).join(' | ')} |`)
console.log(`| --- | --- |${' --- |'.repeat(counts.length)}`)
for (const name of positionals.length > 0 ? positionals : ['squeezenet', 'nanodet', 'tiny_dense']) {
  const task = findTask(name)
  await withFolder(async (folder) => {
    const data = { calib: await task.data('calib', folder, enginery), val: await task.data('val', folder, enginery) }
    for (const range of ranges) {
      const cells = []
      for (const samples of counts) cells.push(await scoreQuantized(task, range, samples, folder, data))
      console.log(`| ${name} | ${range} | ${cells.join(' | ')} |`)
    }
  })
}
