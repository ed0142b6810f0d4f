// How well the order of layers by sensitivity agrees with brute force: every layer quantized alone, as a model of its own on
// the real engine, against what the probe says of it.
//   node quantize/rank-sensitivity.mjs --arrays FOLDER [TASK ...] [--samples 8]
// FOLDER holds what make-calibration-arrays.mjs wrote. Prints Spearman's rank correlation, and how many of the ten worst
// layers by brute force are among the ten worst by the probe.
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readFloats } from './npy-files.mjs'
import { findTask } from './tasks.mjs'

const enginery = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const { values: options, positionals } = parseArgs({
  options: { arrays: { type: 'string' }, samples: { type: 'string', default: '8' } },
  allowPositionals: true,
})
if (!options.arrays) throw new Error('expected --arrays FOLDER, as make-calibration-arrays.mjs wrote it')

for (const name of positionals.length > 0 ? positionals : ['yolox_nano', 'rtdetr_tiny']) {
  const { model } = findTask(name)
  const input = (await enginery.inspectModel(model)).inputs[0].name
  const array = path.join(options.arrays, `${name}.npy`)
  const { shape, rows } = await readFloats(array, Number(options.samples))
  const samples = rows.map((row) => enginery.Tensor.from(row, [1, ...shape.slice(1)]))
  const common = { model, calibration: { data: array, cache: path.join(options.arrays, 'statistics') } }
  const began = performance.now()
  const { sensitivity, float } = await enginery.quantize({
    ...common,
    smoothQuant: false,
    sensitivity: true,
    onInaccurate: 'keep',
  })
  const seconds = (performance.now() - began) / 1000
  const reference = await runAll(model, input, samples)
  const layers = sensitivity.map(({ layer }) => layer)
  const measured = []
  for (const layer of layers) {
    const names = layers.filter((other) => other !== layer)
    const quantized = await enginery.quantize({
      ...common,
      smoothQuant: false,
      ignored: { names: [...names, ...float.map(({ node }) => node)], validate: false },
      check: false,
    })
    measured.push({ layer, noise: noiseOf(reference, await runAll(quantized.model, input, samples)) })
    process.stderr.write(`\r${name}: ${measured.length} of ${layers.length} layers`)
  }
  process.stderr.write('\n')
  const probed = sensitivity.map(({ noise }) => noise)
  const brute = measured.map(({ noise }) => noise)
  const worst = (values) => new Set(ranksOf(values).flatMap((rank, at) => (rank >= values.length - 10 ? [layers[at]] : [])))
  const [one, other] = [worst(probed), worst(brute)]
  const common10 = [...one].filter((layer) => other.has(layer)).length
  console.log(
    `${name}: ${layers.length} layers, rank correlation ${correlate(ranksOf(probed), ranksOf(brute)).toFixed(3)}, ${common10} of the 10 worst in common, quantizing with the probe ${seconds.toFixed(1)} s`,
  )
}

async function runAll(model, input, samples) {
  const [first] = samples
  const engine = await enginery.buildEngine({
    model,
    shapes: { [input]: [...first.shape] },
    hints: { performance: 'throughput' },
  })
  const outputs = []
  for await (const result of engine.inferMany(samples.map((tensor) => ({ [input]: tensor })))) {
    outputs.push(
      Object.values(result).map(({ data, shape }) => ({
        values: Float32Array.from(data),
        columns: shape.length === 3 ? shape[2] : 1,
      })),
    )
  }
  await engine.close()
  return outputs
}

/**
 * Of each output noise over noise and variance; the mean over outputs. Columns that spread ten times as far as the middle one are
 * taken apart: coordinates beside scores.
 */
function noiseOf(reference, outputs) {
  const shares = reference[0].map(({ columns }, output) => {
    const sums = Array.from({ length: columns }, () => ({ count: 0, sum: 0, squares: 0, noise: 0 }))
    for (const [index, sample] of reference.entries()) {
      for (const [at, value] of sample[output].values.entries()) {
        const own = sums[at % columns]
        own.count++
        own.sum += value
        own.squares += value * value
        own.noise += (value - outputs[index][output].values[at]) ** 2
      }
    }
    const spreads = sums.map((own) => Math.sqrt(varianceOf([own]) / own.count))
    const middle = [...spreads].sort((a, b) => a - b)[Math.floor(columns / 2)]
    const groups = [true, false].map((isFar) => sums.filter((_, at) => spreads[at] > 10 * middle === isFar))
    const known = groups.filter(({ length }) => length > 0).map(shareOf)
    return known.reduce((total, share) => total + share, 0) / known.length
  })
  return shares.reduce((total, share) => total + share, 0) / shares.length
}

function shareOf(columns) {
  const noise = columns.reduce((total, own) => total + own.noise, 0)
  return noise === 0 ? 0 : noise / (noise + varianceOf(columns))
}

function varianceOf(columns) {
  const total = (key) => columns.reduce((sum, own) => sum + own[key], 0)
  return total('squares') - total('sum') ** 2 / total('count')
}

/** From 0; equal values share the mean of their ranks. */
function ranksOf(values) {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length
    const equal = values.filter((other) => other === value).length
    return below + (equal - 1) / 2
  })
}

function correlate(a, b) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  const product = a.reduce((sum, value, at) => sum + (value - meanA) * (b[at] - meanB), 0)
  const length = (values, middle) => Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0))
  return product / (length(a, meanA) * length(b, meanB))
}
