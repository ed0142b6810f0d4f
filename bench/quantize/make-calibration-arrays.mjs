// Writes the calibration pictures of every task as the model takes them: FOLDER/TASK.npy, float32, one sample a row.
//   node quantize/make-calibration-arrays.mjs --out FOLDER [TASK ...]
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { writeFloats } from './npy-files.mjs'
import { findTask, tasks, withFolder } from './tasks.mjs'

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { createPreprocessor, inspectModel, openDataset, readSamples } = enginery
const { values, positionals } = parseArgs({
  options: { out: { type: 'string' }, samples: { type: 'string', default: '200' } },
  allowPositionals: true,
})
if (!values.out) throw new Error('expected --out FOLDER')
await mkdir(values.out, { recursive: true })

/** The shape of one sample: the model's own where it is fixed, else the task's. */
async function readInput(task) {
  const { inputs } = await inspectModel(task.model)
  const [port] = inputs
  return { ...port, shape: task.shape ?? port.shape.map((length, axis) => (axis === 0 ? 1 : length)) }
}

async function* prepare(samples, preprocessor) {
  for await (const { picture, tensors } of readSamples({ format: 'calibration', categories: [], samples, digest: '' })) {
    const tensor = preprocessor ? (await preprocessor.run(picture)).tensor : Object.values(tensors)[0]
    yield tensor.data
  }
}

for (const name of positionals.length > 0 ? positionals : Object.keys(tasks)) {
  const task = findTask(name)
  await withFolder(async (folder) => {
    const { samples: all } = await openDataset(await task.data('calib', folder, enginery))
    const samples = all.slice(0, Number(values.samples))
    const port = await readInput(task)
    const preprocessor = task.preprocess && createPreprocessor(task.preprocess, port)
    const file = path.join(values.out, `${name}.npy`)
    const shape = [samples.length, ...port.shape.slice(1)]
    await writeFloats(file, shape, prepare(samples, preprocessor))
    console.log(`${file}: ${shape.join(' x ')}`)
  })
}
