// Plans of TensorRT-RTX from every ONNX model of a folder, without a GPU: float, FP16 and INT8, with fixed shapes and with
// profiles, for compute capabilities 8.0, 8.9 and 12.0, each built twice and compared byte for byte. Prints a Markdown table,
// failures with their reasons.
//
//   node bench/tensorrt/build-plans.mjs [--data FOLDER] [--only SUBSTRING] [--capabilities 8.0,8.9,12.0]
//     [--precisions fp32,fp16,int8] [--once] [--summary] [--json FILE]
//
// --once builds each once and compares nothing. FP16 is the rewritten model; INT8 has FP16 beside it, int8-fp32 has not. --summary adds a table with a row for each model and a column for each precision.
//
// INT8 is what our quantizer makes of the model, in its quickest way. It is calibrated with noise here: whether a plan can be built, and to the
// same bytes, does not depend on the scales; how right it is is not judged. ENGINERY_ENTRY names another build of the package.
import { createHash } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { buildEngine, inspectModel, Tensor } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    only: { type: 'string', default: '' },
    capabilities: { type: 'string', default: '8.0,8.9,12.0' },
    precisions: { type: 'string', default: 'fp32,fp16,int8' },
    once: { type: 'boolean', default: false },
    summary: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
const capabilities = values.capabilities.split(',')
const precisions = values.precisions.split(',')

/** Lengths for dimensions that a model leaves open: batch, channels, height, width. */
const usualLengths = { 0: 1, 1: 3, 2: 64, 3: 192 }

/** Heights that a model needs though it leaves them open: its weights fit no other. */
const fixedHeights = { 'ch_PP-OCRv4_rec_infer.onnx': 48, 'ch_ppocr_mobile_v2.0_cls_infer.onnx': 48 }

function listModels(folder) {
  const found = []
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.onnx')) found.push(join(entry.parentPath ?? entry.path, entry.name))
  }
  return found.sort().filter((path) => path.includes(values.only))
}

async function readInputs(path) {
  const height = fixedHeights[basename(path)]
  const { inputs } = await inspectModel(path)
  return inputs.map(({ name, shape }) => ({ name, shape: shape.map((length, axis) => (axis === 2 && height ? height : length)) }))
}

function fixedShape({ shape }) {
  return shape.map((length, axis) => (typeof length === 'number' ? length : (usualLengths[axis] ?? 1)))
}

/** min, opt and max of an input: what the model fixes stays, what it leaves open goes from the usual length to twice that. */
function rangeOf({ shape }) {
  const opt = fixedShape({ shape })
  const isOpen = (axis) => typeof shape[axis] !== 'number'
  return {
    min: opt,
    opt: opt.map((length, axis) => (isOpen(axis) ? length * 2 : length)),
    max: opt.map((length, axis) => (isOpen(axis) ? length * 4 : length)),
  }
}

/** Reproducible values between -1 and 1. */
function noise(count) {
  let state = 42
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state / 2 ** 31
  })
}

function samplesFor(inputs) {
  const size = (shape) => shape.reduce((product, length) => product * length, 1)
  return [Object.fromEntries(inputs.map((input) => [input.name, Tensor.from(noise(size(fixedShape(input))), fixedShape(input))]))]
}

async function buildOnce(options) {
  const began = performance.now()
  const plan = await buildEngine({ backend: 'tensorrt', library: 'tensorrt-rtx', ...options })
  return {
    milliseconds: performance.now() - began,
    bytes: plan.bytes.byteLength,
    sha256: createHash('sha256').update(plan.bytes).digest('hex'),
    // TensorRT numbers what it makes up ("__mye26869"), and not in the same way each time.
    withoutNumbers: createHash('sha256')
      .update(
        Buffer.from(plan.bytes)
          .toString('latin1')
          .replaceAll(/__mye\d+/g, '__mye'),
        'latin1',
      )
      .digest('hex'),
    warnings: plan.warnings.length,
    notes: plan.notes,
  }
}

async function tryBuild(model, inputs, precision, isDynamic, capability) {
  const shapes = Object.fromEntries(inputs.map((input) => [input.name, fixedShape(input)]))
  const profile = Object.fromEntries(inputs.map((input) => [input.name, rangeOf(input)]))
  const options = {
    model,
    builder: { computeCapabilities: [capability] },
    ...(isDynamic ? { profiles: [profile] } : { shapes }),
    precision: precision === 'int8-fp32' ? 'int8' : precision,
    ...(precision.startsWith('int8') && {
      calibration: { data: samplesFor(inputs), samples: 1 },
      quantization: { shapes, check: false, biasCorrection: false, smoothQuant: false, activations: { range: 'minmax' } },
    }),
    ...(precision === 'int8-fp32' && { halfPrecision: false }),
  }
  try {
    const first = await buildOnce(options)
    if (values.once) return { ...first, same: 'unknown' }
    const second = await buildOnce(options)
    const { withoutNumbers, ...facts } = first
    const same = first.sha256 === second.sha256 ? 'bytes' : withoutNumbers === second.withoutNumbers ? 'names' : 'nothing'
    return { ...facts, same }
  } catch (error) {
    return { failure: `${error.code}: ${error.message.split('\n').join(' ')}` }
  }
}

const words = {
  bytes: 'same bytes twice',
  names: 'the same but for names it makes up',
  nothing: 'OTHER BYTES',
  unknown: 'built once',
}
const rows = []
for (const path of listModels(resolve(values.data))) {
  const name = path.slice(resolve(values.data).length + 1)
  const inputs = await readInputs(path)
  const hasOpen = inputs.some(({ shape }) => shape.some((length) => typeof length !== 'number'))
  for (const precision of precisions) {
    for (const isDynamic of hasOpen ? [false, true] : [false]) {
      for (const capability of capabilities) {
        const result = await tryBuild(path, inputs, precision, isDynamic, capability)
        rows.push({ model: name, precision, shapes: isDynamic ? 'profile' : 'fixed', capability, ...result })
        const { failure, bytes, milliseconds, same, warnings } = result
        const told = failure ?? `${bytes} bytes, ${Math.round(milliseconds)} ms, ${words[same]}, ${warnings} warnings`
        console.log(`| ${name} | ${precision} | ${isDynamic ? 'profile' : 'fixed'} | ${capability} | ${told} |`)
      }
    }
  }
}
const built = rows.filter(({ failure }) => failure === undefined)
console.log(
  `\n${built.length} of ${rows.length} built, ${built.filter(({ same }) => same === 'bytes').length} of them to the same bytes twice`,
)
if (values.summary) printSummary()
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)

/** Sizes of plans, and for what failed the reason, one model a row; fixed shapes and profiles apart. */
function printSummary() {
  const keys = [...new Set(rows.map(({ model, shapes, capability }) => [model, shapes, capability].join(' | ')))]
  console.log(`\n| model | shapes | GPU | ${precisions.join(' | ')} |\n|---|---|---|${precisions.map(() => '---|').join('')}`)
  for (const key of keys) {
    const cells = precisions.map((precision) => {
      const row = rows.find((one) => one.precision === precision && [one.model, one.shapes, one.capability].join(' | ') === key)
      return (
        row.failure ??
        `${(row.bytes / 2 ** 20).toFixed(1)} MiB${['bytes', 'unknown'].includes(row.same) ? '' : ' (not the same bytes twice)'}`
      )
    })
    console.log(`| ${key} | ${cells.join(' | ')} |`)
  }
}
