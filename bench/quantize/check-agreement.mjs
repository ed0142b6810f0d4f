// Whether quantized files are valid, and whether engines make the same of them: onnx.checker, then OpenVINO (which computes
// on integers) beside onnxruntime with graph optimization disabled (which computes Q/DQ in float, as the file says).
//   node quantize/check-agreement.mjs FOLDER [TASK ...] [--target openvino-cpu] [--json FILE]
// FOLDER holds what quantize-models.mjs wrote. The exit code is 1 where a bar is missed.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { describeMachine } from '../measure/machine.mjs'
import { evaluateWithOnnxruntime } from './evaluate-onnxruntime.mjs'
import { quantizePython } from './quantize-python.mjs'
import { findTask, tasks, withFolder } from './tasks.mjs'

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { values: options, positionals } = parseArgs({
  options: {
    target: { type: 'string', default: 'openvino-cpu' },
    python: { type: 'string', default: quantizePython },
    json: { type: 'string' },
  },
  allowPositionals: true,
})
const [folder, ...names] = positionals
if (!folder) throw new Error('expected a FOLDER, as quantize-models.mjs wrote it')

/** Share of samples with the same first answer, at least; difference of the scores, at most. */
const BARS = { agreement: 0.99, difference: 0.01 }

const checkModel = 'import sys, onnx; onnx.checker.check_model(sys.argv[1], full_check=True)'
const runFile = promisify(execFile)

/** @returns what the checker says against the file, or null */
async function checkFile(file) {
  try {
    await runFile(options.python, ['-c', checkModel, file])
    return null
  } catch (error) {
    return error.stderr?.trim().split('\n').at(-1) || error.message
  }
}

/** What is compared sample by sample; of boxes the scores alone are. */
function answerOf(result) {
  if (result.task === 'classification') return result.classes[0]?.category
  // As the score does.
  if (result.task === 'text-recognition') return result.text.replaceAll(' ', '')
  return undefined
}

function shareOfEqual(left, right) {
  const others = new Map(right.map(({ id, result }) => [id, answerOf(result)]))
  const answers = left.map(({ id, result }) => [answerOf(result), others.get(id)])
  if (answers.every(([answer]) => answer === undefined)) return null
  return answers.filter(([answer, other]) => answer === other).length / answers.length
}

const { cpu, features } = describeMachine()
console.log(`target ${options.target}; OpenVINO on ${cpu} (${features.join(' ')})`)
console.log('| model | onnx.checker | score | OpenVINO | onnxruntime | same answers | |')
console.log('| --- | --- | --- | --- | --- | --- | --- |')
const rows = []
for (const name of names.length > 0 ? names : Object.keys(tasks)) {
  const task = findTask(name)
  const file = path.join(folder, `${name}.${options.target}.onnx`)
  const complaint = await checkFile(file)
  const { metadata } = (await enginery.inspectModel(task.model)).onnx
  const row = await withFolder(async (scratch) => {
    const evaluation = {
      models: [file],
      data: await task.data('val', scratch, enginery),
      ...(task.preprocess && { preprocess: task.preprocess }),
      task: task.task.decoder === 'ctc' ? { ...task.task, charset: metadata.character } : task.task,
      ...(task.metrics && { metrics: task.metrics }),
    }
    const [openvino] = (await enginery.evaluate({ ...evaluation, bootstrap: false })).models
    const [onnxruntime] = (await evaluateWithOnnxruntime(enginery, evaluation)).models
    const scores = [openvino, onnxruntime].map(({ metrics }) => metrics[0].value)
    return { metric: openvino.metrics[0].name, scores, agreement: shareOfEqual(openvino.results, onnxruntime.results) }
  })
  const difference = Math.abs(row.scores[0] - row.scores[1])
  // A share of equal answers says more than two scores that may be equal by chance.
  const agrees = row.agreement === null ? difference <= BARS.difference : row.agreement >= BARS.agreement
  const isMet = complaint === null && agrees
  rows.push({ name, complaint, ...row, difference, isMet })
  const [openvino, onnxruntime] = row.scores.map((score) => score.toFixed(4))
  const equal = row.agreement === null ? '' : `${(100 * row.agreement).toFixed(1)} %`
  const cells = [name, complaint ?? 'passes', row.metric, openvino, onnxruntime, equal, isMet ? 'PASS' : 'MISS']
  console.log(`| ${cells.join(' | ')} |`)
}

if (options.json) await writeFile(options.json, `${JSON.stringify(rows, null, 1)}\n`)
if (rows.some(({ isMet }) => !isMet)) process.exitCode = 1
