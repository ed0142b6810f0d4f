// How much faster quantized files run than the float model, and how many of their layers compute in 8 bits.
//   node quantize/throughput.mjs TASK FILE ... [--trials 5] [--seconds 3] [--isa AVX2] [--json FILE]
//   node quantize/throughput.mjs model.onnx FILE ... --shape 1x3x224x224
// Every measurement is a fresh process with all cores, each trial begins with another one, and ratios are those of
// measurements of the same trial. --isa lets OpenVINO's kernels see no more than that of the processor.
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder } from '../cases.mjs'
import { describeMachine } from '../measure/machine.mjs'
import { median } from '../measure/statistics.mjs'
import { runFresh } from '../measure/trial.mjs'
import { findTask, tasks } from './tasks.mjs'

const { values: options, positionals } = parseArgs({
  options: {
    trials: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    mode: { type: 'string', default: 'throughput' },
    shape: { type: 'string' },
    isa: { type: 'string' },
    json: { type: 'string' },
  },
  allowPositionals: true,
})
const [first, ...files] = positionals
const task = tasks[first] && findTask(first)
const models = [task?.model ?? first, ...files]
const job = {
  shape: options.shape?.split('x').map(Number) ?? task?.shape,
  seconds: Number(options.seconds),
  threads: Number(options.threads),
  mode: options.mode,
}
const program = path.join(benchFolder, 'quantize', 'measure-throughput.mjs')
const env = options.isa ? { ...process.env, ONEDNN_MAX_CPU_ISA: options.isa } : process.env

const measured = models.map((model) => ({ model, perSecond: [], cpuMilliseconds: [] }))
for (let trial = 0; trial < Number(options.trials); trial++) {
  for (let turn = 0; turn < models.length; turn++) {
    const each = measured[(trial + turn) % models.length]
    const { perSecond, cpuMilliseconds, ...rest } = await runFresh(
      process.execPath,
      [program, JSON.stringify({ ...job, model: each.model })],
      env,
    )
    each.perSecond[trial] = perSecond
    each.cpuMilliseconds[trial] = cpuMilliseconds
    Object.assign(each, rest)
  }
}

const [float] = measured
for (const each of measured) {
  each.pairs = each.perSecond.map((value, trial) => value / float.perSecond[trial])
  each.ratio = median(each.pairs)
  // Where other work shares the cores, time on them is the steadier measure.
  each.cpuRatio = median(each.cpuMilliseconds.map((value, trial) => float.cpuMilliseconds[trial] / value))
}
const machine = describeMachine()
const features = options.isa ? `no more than ${options.isa} of ${machine.features.join(' ')}` : machine.features.join(' ')
console.log(`${first}: ${machine.cpu} (${features}), ${job.threads} threads, load ${machine.load[0]}`)
console.log('| file | 8-bit layers | share | best /s | ratio of each pair | median | CPU ms | by CPU |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (const { model, int8, heavy, perSecond, pairs, ratio, cpuMilliseconds, cpuRatio } of measured) {
  const cells = [path.basename(model), `${int8} of ${heavy}`, (int8 / heavy).toFixed(2), Math.max(...perSecond).toFixed(1)]
  cells.push(
    pairs.map((pair) => pair.toFixed(2)).join(' '),
    ratio.toFixed(2),
    Math.min(...cpuMilliseconds).toFixed(2),
    cpuRatio.toFixed(2),
  )
  console.log(`| ${cells.join(' | ')} |`)
}
if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, isa: options.isa, job, measured }, null, 1)}\n`)
