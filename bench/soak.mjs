// Resident memory over 200,000 inferences and over 300 build/close cycles: the slope by least squares, after a warm-up of
// 100,000 inferences or 300 cycles. V8 and the allocator need that long: a process that builds and closes grows for some 250
// cycles, gives 10 to 20 MiB back, and stays there (1,500 cycles: 1 KB a cycle from the 500th on).
// Every scenario runs twice, once left to the collector's own pace and once with collections before each sample.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder, cases, prepareCase } from './cases.mjs'
import { describeMachine } from './measure/machine.mjs'
import { fitLine } from './measure/statistics.mjs'
import { runFresh } from './measure/trial.mjs'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    inferences: { type: 'string', default: '200000' },
    cycles: { type: 'string', default: '300' },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
})
const inferences = Number(options.inferences)
const cycles = Number(options.cycles)
const warmupInferences = Math.ceil(inferences / 2)
const warmupCycles = cycles

// 196,608 bytes out: large enough for outputs in native memory, which small ones do not use.
const picture = { name: 'picture', title: 'Relu 1x3x128x128', relu: [1, 3, 128, 128] }
const tiny = cases.find(({ name }) => name === 'tiny')
const squeezenet = cases.find(({ name }) => name === 'squeezenet')

/**
 * `flat`: growth per 1,000 inferences, or per cycle, that still counts as flat. 8 bytes an inference are less than anything
 * that could be leaked each time. Results left to the collector come back in waves of megabytes: there the limit is one of them
 * lost in 3,000 inferences.
 */
const scenarios = [
  { title: 'infer, tiny', scenario: 'infer', on: tiny, flat: 8192 },
  { title: 'infer, 196 KB outputs, released', scenario: 'infer', on: picture, release: true, flat: 8192 },
  { title: 'infer, 196 KB outputs, left to the collector', scenario: 'infer', on: picture, flat: 65536 },
  {
    title: 'inferMany, 196 KB outputs, released',
    scenario: 'inferMany',
    on: picture,
    hint: 'throughput',
    release: true,
    flat: 8192,
  },
  {
    title: 'inferMany, 196 KB outputs, left to the collector',
    scenario: 'inferMany',
    on: picture,
    hint: 'throughput',
    flat: 65536,
  },
  { title: 'inferSync, 196 KB outputs, left to the collector', scenario: 'inferSync', on: picture, flat: 65536 },
  { title: 'build and close, tiny', scenario: 'buildAndClose', on: tiny, flat: 8192 },
  { title: 'build and close, squeezenet', scenario: 'buildAndClose', on: squeezenet, flat: 65536 },
]

const machine = describeMachine()
const results = []
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${warmupInferences} inferences or ${warmupCycles} cycles are warm-up\n`,
)
console.log('| run | collector | resident after warm-up | at the end | slope | standard error | |')
console.log('| --- | --- | --- | --- | --- | --- | --- |')
for (const { title, on, ...scenario } of scenarios) {
  if (options.only && !options.only.split(',').includes(scenario.scenario)) continue
  const prepared = await prepareCase(on)
  if (typeof prepared === 'string') {
    console.log(`| ${title} | skipped: ${prepared} | | | | | |`)
    continue
  }
  const isCycles = scenario.scenario === 'buildAndClose'
  const job = {
    ...prepared,
    ...scenario,
    count: isCycles ? warmupCycles + cycles : warmupInferences + inferences,
    every: isCycles ? 1 : 1000,
  }
  for (const exposeGc of [false, true]) {
    const script = path.join(benchFolder, 'contenders', 'soak.mjs')
    const { samples } = await runFresh(process.execPath, [...(exposeGc ? ['--expose-gc'] : []), script, JSON.stringify(job)])
    const measured = samples.filter(({ done }) => done > (isCycles ? warmupCycles : warmupInferences))
    const unit = isCycles ? 1 : 1000
    const line = fitLine(
      measured.map(({ done }) => done / unit),
      measured.map(({ rss }) => rss),
    )
    // Memory that waits for a collection comes and goes in waves: growth has to stand out of them.
    const passed = line.slope - 2 * line.standardError <= scenario.flat
    const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
    const per = isCycles ? 'B/cycle' : 'B/1000 inferences'
    const collector = exposeGc ? 'forced' : 'own pace'
    const ends = [measured[0], measured[measured.length - 1]].map(({ rss }) => mebibytes(rss))
    console.log(
      `| ${[`${isCycles ? cycles : inferences} x ${title}`, collector, ...ends, `${line.slope.toFixed(0)} ${per}`, line.standardError.toFixed(0), passed ? 'PASS' : 'MISS'].join(' | ')} |`,
    )
    results.push({ title, exposeGc, ...line, passed, samples })
  }
}
if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, results }, null, 1)}\n`)
if (results.some(({ passed }) => !passed) && options['require-targets']) process.exitCode = 1
