// How long the event loop is held up while long inferences run flat out, beside an idle loop in the same process.
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder, cases, prepareCase } from './cases.mjs'
import { describeMachine } from './measure/machine.mjs'
import { median } from './measure/statistics.mjs'
import { runFresh } from './measure/trial.mjs'

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    hints: { type: 'string', default: 'throughput,latency' },
    programs: { type: 'string', default: 'enginery,onnxruntime' },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
})

/** Longest delay while busy, over the longest while idle: the target. */
const LIMIT_MS = 5
const AT_LEAST_MS = 100

const prepared = await prepareCase(cases.find(({ name }) => name === 'efficientnet'))
if (typeof prepared === 'string') {
  console.log(`skipped: ${prepared}`)
  process.exit(0)
}

const runs = options.programs
  .split(',')
  .flatMap((program) =>
    program === 'enginery' ? options.hints.split(',').map((hint) => ({ program, hint })) : [{ program, hint: 'default' }],
  )
for (const run of runs) run.trials = []
for (let trial = 0; trial < Number(options.trials); trial++) {
  for (const run of runs) {
    const { program, hint } = run
    const job = {
      ...prepared,
      program,
      hint,
      batch: 32,
      atLeast: AT_LEAST_MS,
      seconds: Number(options.seconds),
      threads: Number(options.threads),
    }
    const result = await runFresh(process.execPath, [path.join(benchFolder, 'contenders', 'event-loop.mjs'), JSON.stringify(job)])
    run.trials.push(result)
    process.stderr.write(
      `${program} (${hint}) trial ${trial + 1}: idle ${result.idle.longest.toFixed(2)} ms, busy ${result.busy.longest.toFixed(2)} ms\n`,
    )
  }
}

const machine = describeMachine()
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; ${options.trials} trials of ${options.seconds} s idle and ${options.seconds} s busy\n`,
)
console.log('| program | inference | timer p99 idle | busy | longest idle | longest busy | beyond idle, median | worst trial | |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
let missed = false
for (const run of runs) {
  const of = (pick) => run.trials.map(pick)
  const beyond = of(({ idle, busy }) => busy.longest - idle.longest)
  const worst = Math.max(...beyond)
  const ours = run.program === 'enginery'
  if (ours && worst >= LIMIT_MS) missed = true
  const cells = [
    `${run.program} (${run.hint})`,
    `${median(of(({ msPerInference }) => msPerInference)).toFixed(0)} ms, batch ${run.trials[0].batch}`,
    ...[({ idle }) => idle.p99, ({ busy }) => busy.p99].map((pick) => `${median(of(pick)).toFixed(2)} ms`),
    ...[({ idle }) => idle.longest, ({ busy }) => busy.longest].map((pick) => `${Math.max(...of(pick)).toFixed(2)} ms`),
    `${median(beyond).toFixed(2)} ms`,
    `${worst.toFixed(2)} ms`,
    ours ? (worst < LIMIT_MS ? 'PASS' : 'MISS') : '',
  ]
  console.log(`| ${cells.join(' | ')} |`)
}
if (options.json) await writeFile(options.json, `${JSON.stringify({ machine, runs }, null, 1)}\n`)
if (missed && options['require-targets']) process.exitCode = 1
