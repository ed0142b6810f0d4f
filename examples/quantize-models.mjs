// Quantizes three small models with pictures that are there for it, and compares float with INT8 on others: right answers,
// speed and size. `npm run demo` runs this file after classify-digits.mjs.
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildEngine, createCustomMetric, devices, evaluate, measureEngine, quantize, Tensor } from 'enginery'

const data = (name) => fileURLToPath(new URL(`data/${name}`, import.meta.url))
const { labels } = JSON.parse(await readFile(data('digits.labels.json'), 'utf8'))
const readsDigit = createCustomMetric({
  name: 'read right',
  task: 'classification',
  compare: ({ id }, { classes }) => Number(classes[0].category === labels[Number(id)]),
})
// Scores of 24 pictures of scenes move by some hundredths; the interval says how far.
const scenes = {
  calibration: { data: data('calibration/scenes'), preprocess: { preset: 'rtdetr' } },
  evaluation: {
    data: { images: data('scenes'), annotations: data('scenes.instances.json') },
    preprocess: { preset: 'rtdetr' },
  },
}
const models = [
  {
    name: 'digits.onnx',
    calibration: { data: () => digits('calibration/digits.u8') },
    evaluation: { data: () => digits('digits.u8'), task: { decoder: 'classification', topK: 1 }, metrics: [readsDigit] },
  },
  {
    name: 'scenes.onnx',
    calibration: scenes.calibration,
    evaluation: { ...scenes.evaluation, task: { decoder: 'dense' } },
  },
  {
    name: 'scenes-transformer.onnx',
    calibration: scenes.calibration,
    evaluation: { ...scenes.evaluation, task: { decoder: 'detr', activation: 'none', scoreThreshold: 0.01 } },
  },
]

/** Pictures of a file of bytes as the net takes them: one channel, -1 to 1. */
async function* digits(file) {
  const size = 32 * 32
  const bytes = await readFile(data(file))
  for (let at = 0; at < bytes.length; at += size) {
    const pixels = Float32Array.from(bytes.subarray(at, at + size), (value) => value / 127.5 - 1)
    yield { input: Tensor.from(pixels, [1, 1, 32, 32]) }
  }
}

/** Inferences per second of both engines, in turn, so that other work on the machine falls on both alike. */
async function measureInTurn(engines) {
  const rates = engines.map(() => [])
  for (let round = 0; round < 5; round++) {
    for (const [index, engine] of engines.entries()) {
      const [{ name, shape }] = engine.inputs
      const input = Tensor.allocate('f32', shape)
      input.data.fill(0.5)
      const options = { mode: 'throughput', duration: 0.4, warmUp: 0.1 }
      const { throughput } = await measureEngine(engine, { [name]: input }, options)
      rates[index].push(throughput)
    }
  }
  const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
  const ratio = median(rates[0].map((rate, round) => rates[1][round] / rate))
  return { ratio, perSecond: rates.map(median) }
}

/** How many of the layers that do the work compute on 8-bit integers. */
async function countInt8(engine) {
  const { layers } = await engine.describe()
  const heavy = layers.filter(({ type }) => /Convolution|FullyConnected|MatMul/.test(type))
  return `${heavy.filter(({ precision }) => ['i8', 'u8'].includes(precision)).length} of ${heavy.length}`
}

const folder = await mkdtemp(join(tmpdir(), 'enginery-demo-'))
const table = [['model', '', 'score', 'difference (90 %)', 'per second', 'kB', 'layers in 8 bits']]
const verdicts = []
console.log('Quantizing for openvino-cpu, with pictures that are not scored afterwards:')
for (const { name, calibration, evaluation } of models) {
  const output = join(folder, name.replace('.onnx', '.int8.onnx'))
  const began = performance.now()
  const { calibration: used, operators } = await quantize({ model: data(name), calibration, output })
  const counts = operators.map(({ operator, quantized, float }) => `${quantized} of ${quantized + float} ${operator}`)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${seconds.padStart(6)} s  ${name}: ${used.samples} pictures, ${counts.join(', ')}`)

  const files = [data(name), output]
  const engines = []
  for (const model of files) engines.push(await buildEngine({ model, hints: { performance: 'throughput' } }))
  const samples = typeof evaluation.data === 'function' ? evaluation.data() : evaluation.data
  const { models: scored } = await evaluate({ ...evaluation, data: samples, models: engines })
  const { ratio, perSecond } = await measureInTurn(engines)
  const [interval] = scored[1].differences[0].intervals
  for (const [index, engine] of engines.entries()) {
    const [{ value }] = scored[index].metrics
    const difference = value - scored[0].metrics[0].value
    table.push([
      index === 0 ? name : '',
      index === 0 ? 'float' : 'INT8',
      value.toFixed(4),
      index === 0 ? '' : `${difference.toFixed(4)} [${interval.low.toFixed(4)}, ${interval.high.toFixed(4)}]`,
      perSecond[index].toFixed(0),
      ((await stat(files[index])).size / 1000).toFixed(0),
      await countInt8(engine),
    ])
    await engine.close()
  }
  const verdict = ratio > 1.05 ? 'INT8 pays on this CPU' : 'INT8 does not pay on this CPU, so keep the float model here'
  verdicts.push(`${name}: ${ratio.toFixed(2)} x as fast; ${verdict}.`)
}
await rm(folder, { recursive: true })

const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
const shown = table.map((row) =>
  row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '),
)
const { fullName } = (await devices()).find(({ name }) => name === 'CPU')
console.log(`\n${fullName.trim()}. Scores: digits read right, COCO's AP of digits found.\n`)
console.log(`${shown.join('\n')}\n\n${verdicts.join('\n')}`)
