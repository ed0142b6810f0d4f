// Time and memory of quantizing beside NNCF's OpenVINO backend: whole processes, the same .npy, in turn, the best of each.
//   node quantize/time-quantize.mjs --arrays FOLDER [MODEL ...] [--trials 3] [--samples 200] [--target openvino-cpu] [--no-check]
// MODEL is a task or resnet50, which is made here; FOLDER holds what make-calibration-arrays.mjs wrote. Rows are repeated
// where there are fewer than --samples.
import { existsSync } from 'node:fs'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder, cacheFolder } from '../cases.mjs'
import { describeMachine } from '../measure/machine.mjs'
import { runFresh } from '../measure/trial.mjs'
import { writeFloats } from './npy-files.mjs'
import { quantizePython } from './quantize-python.mjs'
import { encodeResnet50 } from './resnet-model.mjs'
import { findTask, withFolder } from './tasks.mjs'

const { values: options, positionals } = parseArgs({
  options: {
    arrays: { type: 'string' },
    trials: { type: 'string', default: '3' },
    samples: { type: 'string', default: '200' },
    target: { type: 'string', default: 'openvino-cpu' },
    'no-check': { type: 'boolean', default: false },
    only: { type: 'string', default: 'nncf,enginery' },
    python: { type: 'string', default: quantizePython },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
if (!options.arrays) throw new Error('expected --arrays FOLDER, as make-calibration-arrays.mjs wrote it')
const samples = Number(options.samples)

/** Ours over theirs, at most; where theirs needs little memory, so many megabytes are fine. */
const AT_MOST = { seconds: 0.5, peakMegabytes: 0.8, megabytes: 250 }

async function findModel(name) {
  if (name !== 'resnet50') return { name, model: findTask(name).model, array: `${name}.npy` }
  const model = path.join(cacheFolder, 'resnet50-shaped.onnx')
  if (!existsSync(model)) {
    await mkdir(cacheFolder, { recursive: true })
    const file = await open(model, 'w')
    for (const part of encodeResnet50()) await file.write(part)
    await file.close()
  }
  // The same size of picture, normalized.
  return { name, model, array: 'efficientnet_lite0.npy' }
}

/** The path of a .npy with as many rows as are wanted. */
async function withRows(file, folder) {
  const handle = await open(file)
  const start = Buffer.alloc(10)
  await handle.read(start, 0, 10, 0)
  const header = Buffer.alloc(start.readUInt16LE(8))
  await handle.read(header, 0, header.length, 10)
  const shape = /'shape': \(([^)]*)\)/
    .exec(header.toString('latin1'))[1]
    .split(',')
    .filter((part) => part.trim())
    .map(Number)
  if (shape[0] >= samples) {
    await handle.close()
    return file
  }
  const row = shape.slice(1).reduce((product, length) => product * length, 1)
  async function* repeat() {
    for (let index = 0; index < samples; index++) {
      const floats = new Float32Array(row)
      await handle.read(new Uint8Array(floats.buffer), 0, 4 * row, 10 + header.length + 4 * row * (index % shape[0]))
      yield floats
    }
  }
  const repeated = path.join(folder, path.basename(file))
  await writeFloats(repeated, [samples, ...shape.slice(1)], repeat())
  await handle.close()
  return repeated
}

const script = (name) => path.join(benchFolder, 'quantize', name)
const commands = {
  nncf: ({ model, data, folder }) => [
    options.python,
    script('nncf_quantize.py'),
    model,
    data,
    path.join(folder, 'nncf.xml'),
    '--samples',
    options.samples,
  ],
  enginery: ({ model, data, folder }) => [
    process.execPath,
    path.resolve(benchFolder, '../dist/cli/main.js'),
    'quantize',
    model,
    '--force',
    ...(options['no-check'] ? ['--no-check'] : []),
    ...['-o', path.join(folder, 'enginery.onnx'), '--data', data, '--target', options.target, '--samples', options.samples],
  ],
}
const contenders = options.only.split(',')
const results = []
for (const name of positionals.length > 0 ? positionals : ['squeezenet', 'efficientnet_lite0', 'yolox_nano', 'resnet50']) {
  const { model, array } = await findModel(name)
  const trials = await withFolder(async (folder) => {
    const data = await withRows(path.join(options.arrays, array), folder)
    const measured = []
    for (let trial = 0; trial < Number(options.trials); trial++) {
      const turn = {}
      for (let place = 0; place < contenders.length; place++) {
        const contender = contenders[(trial + place) % contenders.length]
        const command = commands[contender]({ model, data, folder })
        turn[contender] = await runFresh(options.python, [script('run_measured.py'), ...command], {
          ...process.env,
          TQDM_DISABLE: '1',
        })
      }
      measured.push(turn)
    }
    if (contenders.includes('enginery')) measured.fileBytes = (await stat(path.join(folder, 'enginery.onnx'))).size
    return measured
  })
  const best = (contender, measure) => Math.min(...trials.map((turn) => turn[contender][measure]))
  const row = { name, trials, fileBytes: trials.fileBytes, best: {} }
  for (const contender of contenders) {
    row.best[contender] = Object.fromEntries(
      ['seconds', 'peakMegabytes', 'cpuSeconds'].map((measure) => [measure, best(contender, measure)]),
    )
  }
  results.push(row)
}

let missed = false
const machine = describeMachine()
console.log(`${machine.cpu} (${machine.features.join(' ')}), ${machine.cores} cores, load ${machine.load[0]}; ${samples} samples`)
console.log('| model | who | s | MB | s of CPU | time ratio | memory ratio | |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (const { name, best } of results) {
  for (const contender of contenders) {
    const { seconds, peakMegabytes, cpuSeconds } = best[contender]
    const cells = [name, contender, seconds.toFixed(2), peakMegabytes.toFixed(0), cpuSeconds.toFixed(2)]
    if (contender === 'enginery' && best.nncf) {
      const ratios = [seconds / best.nncf.seconds, peakMegabytes / best.nncf.peakMegabytes]
      const isSmall = ratios[1] <= AT_MOST.peakMegabytes || peakMegabytes <= AT_MOST.megabytes
      const met = ratios[0] <= AT_MOST.seconds && isSmall
      if (!met) missed = true
      cells.push(...ratios.map((ratio) => ratio.toFixed(2)), met ? 'PASS' : 'MISS')
    } else cells.push('', '', '')
    console.log(`| ${cells.join(' | ')} |`)
  }
}
if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, samples, results }, null, 1)}\n`)
if (missed && options['require-targets']) process.exitCode = 1
