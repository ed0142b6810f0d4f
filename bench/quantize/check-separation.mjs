// Whether the check tells good quantized models from bad ones: what it measures of each file on calibration samples, without
// labels, beside the real score on labelled pictures.
//   node quantize/check-separation.mjs TASK FILE[@dynamic] ... --arrays FOLDER [--samples 32] [--scores FILE]
// FOLDER holds what make-calibration-arrays.mjs wrote; `@dynamic` compiles the file with its lengths open. --scores takes
// what score-models.mjs --json wrote; without it, files are scored here. Prints rows of a Markdown table.
// It looks behind the public names, so it takes modules as they are in lib/: `npx tsc -p tsconfig.json --outDir FOLDER/dist`,
// package.json, node_modules and native/ linked beside it, and ENGINERY_ENTRY=FOLDER/dist/index.js.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readFloats } from './npy-files.mjs'
import { findTask, withFolder } from './tasks.mjs'

const entry = process.env.ENGINERY_ENTRY ?? new URL('../../dist/index.js', import.meta.url).pathname
const inside = (file) => import(path.join(path.dirname(entry), file))
const enginery = await import(entry)
const { OutputComparison, keepOutputs } = await inside('quantization/verification/compare-outputs.js')
const { judgeOutputs } = await inside('quantization/verification/judge-outputs.js')
const { values: options, positionals } = parseArgs({
  options: { arrays: { type: 'string' }, samples: { type: 'string', default: '32' }, scores: { type: 'string' } },
  allowPositionals: true,
})
if (!options.arrays) throw new Error('expected --arrays FOLDER, as make-calibration-arrays.mjs wrote it')
const [name, ...files] = positionals
const task = findTask(name)
const { shape, rows } = await readFloats(path.join(options.arrays, `${name}.npy`), Number(options.samples))
const samples = rows.map((row) => enginery.Tensor.from(row, [1, ...shape.slice(1)]))

async function runAll(model, isDynamic) {
  const { inputs } = await enginery.inspectModel(task.model)
  const shapes = isDynamic ? 'dynamic' : { [inputs[0].name]: [1, ...shape.slice(1)] }
  const engine = await enginery.buildEngine({ model, shapes, hints: { performance: 'throughput' } })
  const outputs = []
  for await (const result of engine.inferMany(samples.map((tensor) => ({ [engine.inputs[0].name]: tensor })))) {
    // Files of other tools call outputs otherwise; their order is the same.
    outputs.push([...keepOutputs(result).values()])
  }
  const names = engine.outputs.map((port) => port.name)
  await engine.close()
  return { names, outputs }
}

async function scoreAll() {
  if (options.scores) return JSON.parse(await readFile(options.scores, 'utf8'))
  const plain = files.filter((file) => !file.endsWith('@dynamic'))
  const { metadata } = (await enginery.inspectModel(task.model)).onnx
  const decode = task.task.decoder === 'ctc' ? { ...task.task, charset: metadata.character } : task.task
  const { models } = await withFolder(async (folder) =>
    enginery.evaluate({
      models: [task.model, ...plain],
      data: await task.data('val', folder, enginery),
      ...(task.preprocess && { preprocess: task.preprocess }),
      task: decode,
      ...(task.metrics && { metrics: task.metrics }),
      bootstrap: false,
    }),
  )
  return models.map(({ name, metrics: [{ value }] }) => ({ model: name, value }))
}

const scores = await scoreAll()
const float = await runAll(task.model, false)
const named = (outputs) => outputs.map((values) => new Map(values.map((value, at) => [float.names[at], value])))
const reference = named(float.outputs)
for (const file of files) {
  const isDynamic = file.endsWith('@dynamic')
  const { outputs } = await runAll(file.replace('@dynamic', ''), isDynamic)
  const comparison = new OutputComparison(reference, 1)
  for (const [index, values] of named(outputs).entries()) comparison.add(index, values)
  const measures = comparison.finish()
  const { isAccurate, score } = judgeOutputs(measures)
  const least = (key) => {
    const known = measures.flatMap((each) => each[key] ?? [])
    return known.length === 0 ? '' : Math.min(...known).toFixed(key === 'sqnr' || key === 'contrast' ? 1 : 3)
  }
  const scored = isDynamic ? undefined : scores.find(({ model }) => path.basename(model) === path.basename(file))
  const real = scored === undefined ? '' : (scored.value - scores[0].value).toFixed(4)
  const cells = [name, path.basename(file), least('sqnr'), least('contrast'), least('top1'), least('rankedRows')]
  console.log(`| ${[...cells, score.toFixed(2), isAccurate ? 'good' : 'bad', real].join(' | ')} |`)
}
