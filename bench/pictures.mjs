// Pictures per second from JPEG files to boxes, beside Python with OpenCV and OpenVINO's AsyncInferQueue: fresh processes
// in turn, once both were seen to find the same.
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { benchFolder, dataFolder } from './cases.mjs'
import { describeMachine } from './measure/machine.mjs'
import { median } from './measure/statistics.mjs'
import { python as ownPython, runFresh } from './measure/trial.mjs'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    trials: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    python: { type: 'string', default: ownPython },
    json: { type: 'string' },
    'require-targets': { type: 'boolean', default: false },
  },
})

/** Ours over theirs, at least. */
const AT_LEAST = 1
/** How far what both find may lie apart: the number of boxes, in parts of it; their mean score. */
const TOLERANCE = { boxes: 0.02, score: 0.002 }

const model = path.join(dataFolder, 'models', 'yolox_nano_416.onnx')
const folders = ['calib', 'val'].map((name) => path.join(dataFolder, 'coco', name))
const missing = [model, ...folders].find((file) => !existsSync(file))
if (missing) {
  console.error(`skipped: ${missing} is missing (set ENGINERY_TEST_DATA)`)
  process.exit(options['require-targets'] ? 1 : 0)
}
const listed = await Promise.all(
  folders.map(async (folder) => (await readdir(folder)).sort().map((name) => path.join(folder, name))),
)
const files = listed.flat().filter((file) => file.endsWith('.jpg'))

const threads = Number(options.threads)
const job = {
  model,
  files,
  threads,
  seconds: Number(options.seconds),
  compared: 50,
  iouThreshold: 0.65,
  maxDetections: 100,
  poolThreads: threads,
  ahead: 2 * threads,
}
const cases = [
  { name: 'shown', title: 'score > 0.3, as shown to people', scoreThreshold: 0.3 },
  { name: 'evaluated', title: 'score > 0.01, as evaluation needs it', scoreThreshold: 0.01 },
].filter(({ name }) => !options.only || options.only.split(',').includes(name))
const program = (name) => path.join(benchFolder, 'contenders', name)
const calls = {
  enginery: { command: process.execPath, file: program('pictures.mjs') },
  pool: { command: options.python, file: program('pictures.py'), title: 'Python, pool of readers' },
  'in-turn': { command: options.python, file: program('pictures.py'), title: 'Python, one reader' },
}
const rivals = Object.keys(calls).filter((name) => name !== 'enginery')

function describeAnswers(answers) {
  const scores = answers.flat().map(([score]) => score)
  return { boxes: scores.length, score: scores.reduce((sum, score) => sum + score, 0) / scores.length }
}

/** @throws where the two found different boxes */
function requireSame(title, ours, theirs) {
  const [a, b] = [describeAnswers(ours), describeAnswers(theirs)]
  const boxes = Math.abs(a.boxes - b.boxes) / Math.max(1, b.boxes)
  if (boxes <= TOLERANCE.boxes && Math.abs(a.score - b.score) <= TOLERANCE.score) return `${a.boxes} and ${b.boxes} boxes`
  const [ourScore, theirScore] = [a.score, b.score].map((score) => score.toFixed(4))
  throw new Error(`${title}: ${a.boxes} boxes of mean score ${ourScore} here, ${b.boxes} of ${theirScore} in Python`)
}

let missed = false
for (const each of cases) {
  each.trials = []
  for (let trial = 0; trial < Number(options.trials); trial++) {
    const measured = {}
    const names = Object.keys(calls)
    for (let turn = 0; turn < names.length; turn++) {
      // Another one goes first in every trial.
      const call = names[(trial + turn) % names.length]
      const { command, file } = calls[call]
      measured[call] = await runFresh(command, [file, JSON.stringify({ ...job, ...each, trials: undefined, call })])
    }
    for (const rival of rivals) each.found = requireSame(each.title, measured.enginery.answers, measured[rival].answers)
    for (const measurement of Object.values(measured)) delete measurement.answers
    each.trials.push(measured)
    const shown = Object.entries(measured).map(
      ([call, { perSecond, cpuMilliseconds }]) => `${call} ${perSecond.toFixed(1)}/s, ${cpuMilliseconds.toFixed(1)} ms of CPU`,
    )
    process.stderr.write(`${each.name} ${trial + 1}: ${shown.join('; ')}\n`)
  }
  each.ratios = Object.fromEntries(
    rivals.map((rival) => {
      const pairs = each.trials.map((measured) => measured.enginery.perSecond / measured[rival].perSecond)
      return [rival, { pairs, median: median(pairs) }]
    }),
  )
  if (rivals.some((rival) => !(each.ratios[rival].median >= AT_LEAST))) missed = true
}

const machine = describeMachine()
const typical = (each, call, measure) => median(each.trials.map((measured) => measured[call][measure])).toFixed(1)
console.log(`${machine.cpu}, ${threads} threads, Node ${machine.node}; ${options.trials} trials, load ${machine.load[0]}\n`)
console.log('| case | boxes of 50 pictures | rival | enginery /s | rival /s | CPU ms a picture | ratio of each pair | median | |')
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
for (const each of cases) {
  for (const rival of rivals) {
    const { pairs, median: ratio } = each.ratios[rival]
    const cells = [each.title, each.found, calls[rival].title]
    cells.push(typical(each, 'enginery', 'perSecond'), typical(each, rival, 'perSecond'))
    cells.push(`${typical(each, 'enginery', 'cpuMilliseconds')} and ${typical(each, rival, 'cpuMilliseconds')}`)
    cells.push(pairs.map((pair) => pair.toFixed(2)).join(' '), ratio.toFixed(3), ratio >= AT_LEAST ? 'PASS' : 'MISS')
    console.log(`| ${cells.join(' | ')} |`)
  }
}
if (options.json)
  await writeFile(options.json, `${JSON.stringify({ machine, job: { ...job, files: files.length }, cases }, null, 1)}\n`)
if (missed && options['require-targets']) process.exitCode = 1
