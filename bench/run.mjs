// Latency and throughput beside the rivals. Every trial is a fresh process; the calls of one measurement follow each
// other directly, each trial starting with another one, so that whatever else the machine does falls on all alike.
import { mkdir, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder, cases, prepareCase } from './cases.mjs'
import { contenders } from './contenders.mjs'
import { judgeTargets, medianOfTrials } from './measure/judge.mjs'
import { describeMachine } from './measure/machine.mjs'
import { renderReport } from './measure/report.mjs'
import { runTrial } from './measure/trial.mjs'
import { targets } from './targets.mjs'

const usage = `node run.mjs [--only tiny,frame] [--mode latency-sync,latency-async,throughput] [--trials 5] [--threads N]
            [--calls enginery,ort] [--seconds S] [--json file] [--markdown file] [--require-targets]`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    mode: { type: 'string' },
    calls: { type: 'string' },
    trials: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    seconds: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(usage)
  process.exit(0)
}

const settings = {
  trials: Number(options.trials),
  threads: Number(options.threads),
  tolerance: 1e-3,
  warmup: 0.5,
  minimum: 30,
  outstanding: 4,
}
const listed = (list, name) => !list || list.split(',').includes(name)

async function measure(prepared, { mode, title, calls }) {
  const taking = calls.filter((call) => listed(options.calls, call.id)).map((call) => ({ ...call, trials: [] }))
  const { warmup, minimum, threads, tolerance, outstanding } = settings
  const seconds = options.seconds ? Number(options.seconds) : prepared.seconds
  const job = { ...prepared, mode, warmup, minimum, threads, tolerance, outstanding, seconds }
  for (let trial = 0; trial < settings.trials; trial++) {
    for (let turn = 0; turn < taking.length; turn++) {
      const call = taking[(trial + turn) % taking.length]
      if (call.failure) continue
      try {
        call.trials.push(await runTrial(call, job))
      } catch (error) {
        call.failure = error.message
        process.stderr.write(`${error.message}\n${error.complaints ?? ''}\n`)
      }
    }
    process.stderr.write(`${prepared.name} ${mode}: trial ${trial + 1} of ${settings.trials}\n`)
  }
  const measured = taking.map((call) => {
    // A call that failed once has no pairs to judge.
    if (call.failure) return { ...call, trials: undefined }
    return { ...call, median: medianOfTrials(call.trials) }
  })
  return { case: prepared.name, title: prepared.title, mode, modeTitle: title, calls: measured }
}

const machine = describeMachine()
const results = []
for (const description of cases.filter(({ name }) => listed(options.only, name))) {
  const prepared = await prepareCase(description)
  if (typeof prepared === 'string') {
    process.stderr.write(`${description.name} is skipped: ${prepared}\n`)
    continue
  }
  for (const group of contenders.filter(({ mode }) => listed(options.mode, mode))) results.push(await measure(prepared, group))
}

const versions = {}
for (const { calls } of results) for (const { program, trials } of calls) if (trials?.[0]) versions[program] = trials[0].version
const report = { machine, settings, versions, verdicts: judgeTargets(targets, results), results }
const markdown = renderReport(report)
if (options.json) {
  await mkdir(path.dirname(path.resolve(options.json)), { recursive: true })
  await writeFile(options.json, `${JSON.stringify(report, null, 1)}\n`)
}
if (options.markdown) {
  await mkdir(path.dirname(path.resolve(options.markdown)), { recursive: true })
  await writeFile(options.markdown, markdown)
}
console.log(markdown)
const missed = report.verdicts.filter(({ passed }) => !passed).length
const failed = results.flatMap(({ calls }) => calls).filter(({ failure }) => failure).length
process.stderr.write(
  `${report.verdicts.length - missed} targets met, ${missed} missed, ${failed} calls failed (from ${path.relative(process.cwd(), benchFolder) || '.'})\n`,
)
if (failed > 0 || (options['require-targets'] && missed > 0)) process.exitCode = 1
