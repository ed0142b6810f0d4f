// Scores model files on the labelled pictures of a task, all of them with the same preprocessing, decoding and metric.
//   node quantize/score-models.mjs TASK [FILE ...] [--runtime openvino|onnxruntime] [--intervals] [--json FILE]
// The float model of the task comes first and is what the others are compared with. ONNX files and OpenVINO's IR;
// onnxruntime-node runs with graph optimization disabled, so that Q/DQ is simulated in float, and takes ONNX only.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { evaluateWithOnnxruntime } from './evaluate-onnxruntime.mjs'
import { findTask, withFolder } from './tasks.mjs'

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { values: options, positionals } = parseArgs({
  options: {
    runtime: { type: 'string', default: 'openvino' },
    intervals: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
  allowPositionals: true,
})
const [name, ...files] = positionals
const runtimes = {
  openvino: (evaluation) => enginery.evaluate({ ...evaluation, bootstrap: options.intervals ? undefined : false }),
  onnxruntime: (evaluation) => evaluateWithOnnxruntime(enginery, evaluation),
}
const evaluate = runtimes[options.runtime]
if (!evaluate) throw new Error(`expected --runtime among ${Object.keys(runtimes).join(', ')}, received ${options.runtime}`)

const task = findTask(name)
const { metadata } = (await enginery.inspectModel(task.model)).onnx
const isText = task.task.decoder === 'ctc'
const { models, data } = await withFolder(async (folder) =>
  evaluate({
    models: [task.model, ...files],
    data: await task.data('val', folder, enginery),
    ...(task.preprocess && { preprocess: task.preprocess }),
    // An IR has no metadata.
    task: isText ? { ...task.task, charset: metadata.character } : task.task,
    ...(task.metrics && { metrics: task.metrics }),
  }),
)
if (data.broken.length > 0) throw new Error(`${data.broken.length} pictures are broken, first: ${data.broken[0].reason}`)

const rows = models.map(({ name: file, metrics: [metric], differences, nonFiniteSamples }) => ({
  task: name,
  runtime: options.runtime,
  model: file,
  metric: metric.name,
  value: metric.value ?? null,
  second: metric.details?.ap50 ?? metric.details?.top5 ?? null,
  difference: metric.value === undefined ? null : metric.value - models[0].metrics[0].value,
  interval: differences?.[0]?.intervals.find(({ level }) => level === 0.9) ?? null,
  nonFiniteSamples,
}))
const show = (value, digits = 4) => (value === null ? '-' : value.toFixed(digits))
console.log(`${name}, ${data.samples} samples, ${options.runtime}`)
for (const { model, metric, value, second, difference, interval, nonFiniteSamples } of rows) {
  const between = interval ? ` [${show(interval.low)}, ${show(interval.high)}]` : ''
  const broken = nonFiniteSamples > 0 ? `, not finite in ${nonFiniteSamples} samples` : ''
  const place = path.basename(model).padEnd(44)
  console.log(`  ${place} ${metric} ${show(value)} (${show(second)}), difference ${show(difference)}${between}${broken}`)
}
if (options.json) await writeFile(options.json, `${JSON.stringify(rows, null, 1)}\n`)
