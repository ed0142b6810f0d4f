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
        const { reused } = await runFresh(process.execPath, [program, JSON.stringify({ model, calibration, preset })])
        runs.push({ preset, reused, seconds: (performance.now() - began) / 1000 })
      }
      if (runs[0].reused || !runs[1].reused) throw new Error(`${name}: statistics were not reused as expected`)
      measured.push(runs)
    }
    return measured
  })
  const [first, second] = presets.map((_, index) => Math.min(...trials.map((runs) => runs[index].seconds)))
  rows.push({ name, first, second, ratio: second / first, trials })
}

const { cpu, cores, load } = describeMachine()
console.log(`${cpu}, ${cores} cores, load ${load[0]}`)
console.log(`| model | ${presets[0]}, s | then ${presets[1]}, s | ratio | |`)
console.log('| --- | --- | --- | --- | --- |')
for (const { name, first, second, ratio } of rows) {
  const verdict = ratio <= AT_MOST ? 'PASS' : 'MISS'
  console.log(`| ${name} | ${first.toFixed(2)} | ${second.toFixed(2)} | ${ratio.toFixed(2)} | ${verdict} |`)
}
if (options.json) await writeFile(options.json, `${JSON.stringify(rows, null, 1)}\n`)
if (options['require-targets'] && rows.some(({ ratio }) => ratio > AT_MOST)) process.exitCode = 1
