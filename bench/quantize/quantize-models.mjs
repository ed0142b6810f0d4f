// Quantizes the models of tasks with their calibration pictures, prepared as the task says: FOLDER/TASK.TARGET.onnx.
//   node quantize/quantize-models.mjs --out FOLDER [TASK ...] [--target openvino-cpu] [--preset mixed] [--range mse]
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findTask, tasks, withFolder } from './tasks.mjs'

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { values: options, positionals } = parseArgs({
  options: {
    out: { type: 'string' },
    target: { type: 'string', default: 'openvino-cpu' },
    preset: { type: 'string' },
    range: { type: 'string' },
  },
  allowPositionals: true,
})
if (!options.out) throw new Error('expected --out FOLDER')
await mkdir(options.out, { recursive: true })

for (const name of positionals.length > 0 ? positionals : Object.keys(tasks)) {
  const task = findTask(name)
  const output = path.join(options.out, `${name}.${options.target}.onnx`)
  const began = performance.now()
  const { operators, activations, calibration, warnings } = await withFolder(async (folder) =>
    enginery.quantize({
      model: task.model,
      calibration: {
        data: await task.data('calib', folder, enginery),
        ...(task.preprocess && { preprocess: task.preprocess }),
      },
      target: options.target,
      ...(options.preset && { preset: options.preset }),
      ...(options.range && { activations: { range: options.range } }),
      output,
    }),
  )
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const share = (await stat(output)).size / (await stat(task.model)).size
  const counts = operators.map(({ operator, quantized, float }) => `${operator} ${quantized}/${quantized + float}`).join(', ')
  console.log(
    `${name}: ${counts}; ${activations} tensors; ${calibration.samples} samples; ${share.toFixed(2)} of the size; ${seconds} s`,
  )
  for (const { message } of warnings) console.log(`  ${message}`)
}
