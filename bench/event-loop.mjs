// How long the event loop is held up while long inferences run flat out, beside an idle loop in the same process.
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder } from './cases.mjs'
import { describeMachine } from './measure/machine.mjs'
import { median } from './measure/statistics.mjs'
import { runFresh } from './measure/trial.mjs'

const { values: options } = parseArgs({
  options: {
    trials: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    only: { type: 'string' },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
})

/** Longest delay while busy, over the longest while idle: the target. */
const LIMIT_MS = 5
const AT_LEAST_MS = 100
// V8 collects twice, eight seconds after the start of any process that allocates little, busy or not. Left on, that falls into
// one of the two halves by chance.
const flags = ['--no-memory-reducer']

const runs = [
  {
    name: 'enginery-tensors',
    program: 'enginery',
    call: 'tensors',
    hint: 'throughput',
    label: 'enginery infer(Tensor), throughput',
  },
  { name: 'enginery-latency', program: 'enginery', call: 'tensors', hint: 'latency', label: 'enginery infer(Tensor), latency' },
  {
    name: 'enginery-arrays',
    program: 'enginery',
    call: 'arrays',
    hint: 'throughput',
    label: 'enginery infer(typed array), throughput',
  },
  { name: 'onnxruntime', program: 'onnxruntime', label: 'onnxruntime-node run()' },
].filter(({ name }) => !options.only || options.only.split(',').includes(name))
for (const run of runs) run.trials = []
for (let trial = 0; trial < Number(options.trials); trial++) {
  for (const run of runs) {
    const { label, program, hint, call } = run
    const job = {
      program,
      call,
      hint,
      atLeast: AT_LEAST_MS,
      warmup: 1.5,
      seconds: Number(options.seconds),
      threads: Number(options.threads),
    }
    const result = await runFresh(process.execPath, [
      ...flags,
      path.join(benchFolder, 'contenders', 'event-loop.mjs'),
      JSON.stringify(job),
    ])
    run.trials.push(result)
    const shown = ({ longest, ran, waitedForCore }) =>
      `${longest.toFixed(2)} ms (ran ${ran?.toFixed(2)}, waited for a core ${waitedForCore?.toFixed(2)})`
    process.stderr.write(`${label} trial ${trial + 1}: idle ${shown(result.idle)}, busy ${shown(result.busy)}\n`)
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
    run.label,
    `${median(of(({ msPerInference }) => msPerInference)).toFixed(0)} ms`,
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
