// How long a second run takes that finds its statistics: quantizing with another preset, whole processes, the best of each.
//   node quantize/time-second-run.mjs [TASK ...] [--trials 3] [--json FILE]
// The first run reads and prepares the calibration pictures, infers, and writes the statistics.
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder } from '../cases.mjs'
import { describeMachine } from '../measure/machine.mjs'
import { runFresh } from '../measure/trial.mjs'
import { findTask, withFolder } from './tasks.mjs'

/** Second over first, at most. */
const AT_MOST = 0.25

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { values: options, positionals } = parseArgs({
  options: {
    trials: { type: 'string', default: '3' },
    presets: { type: 'string', default: 'mixed,performance' },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const presets = options.presets.split(',')
const program = path.join(benchFolder, 'quantize', 'measure-quantize.mjs')

const rows = []
for (const name of positionals.length > 0 ? positionals : ['squeezenet', 'efficientnet_lite0', 'yolox_nano']) {
  const { model, preprocess, data } = findTask(name)
  const trials = await withFolder(async (folder) => {
    const pictures = await data('calib', folder, enginery)
    const stats = path.join(folder, 'model.stats')
    const measured = []
    for (let trial = 0; trial < Number(options.trials); trial++) {
      await rm(stats, { force: true })
      const runs = []
      for (const preset of presets) {
        const calibration = { data: pictures, stats, ...(preprocess && { preprocess }) }
        const began = performance.now()
        const call = await runFresh(process.execPath, [program, JSON.stringify({ model, calibration, preset })])
        const { reused, seconds, cpuSeconds } = call
        runs.push({ preset, reused, process: (performance.now() - began) / 1000, call: seconds, cpu: cpuSeconds })
      }
      if (runs[0].reused || !runs[1].reused) throw new Error(`${name}: statistics were not reused as expected`)
      measured.push(runs)
    }
    return measured
  })
  const best = (measure) => {
    const [first, second] = presets.map((_, index) => Math.min(...trials.map((runs) => runs[index][measure])))
    return { first, second, ratio: second / first }
  }
  rows.push({ name, process: best('process'), cpu: best('cpu'), call: best('call'), trials })
}

const { cpu, cores, load } = describeMachine()
console.log(`${cpu}, ${cores} cores, load ${load[0]}; seconds, ${presets[0]} and then ${presets[1]}`)
console.log('| model | process | ratio | its processor time | ratio | the call alone | ratio | |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |')
for (const { name, process: whole, ...parts } of rows) {
  const cells = [whole, parts.cpu, parts.call].flatMap(({ first, second, ratio }) => [
    `${first.toFixed(2)}, ${second.toFixed(2)}`,
    ratio.toFixed(2),
  ])
  console.log(`| ${name} | ${cells.join(' | ')} | ${whole.ratio <= AT_MOST ? 'PASS' : 'MISS'} |`)
}
if (options.json) await writeFile(options.json, `${JSON.stringify(rows, null, 1)}\n`)
if (options['require-targets'] && rows.some(({ process: whole }) => whole.ratio > AT_MOST)) process.exitCode = 1
