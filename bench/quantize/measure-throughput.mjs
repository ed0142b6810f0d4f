// One file of a model, as many inferences as the engine likes at the same time. One JSON line out.
const { buildEngine, measureEngine, Tensor } = await import(process.env.ENGINERY_ENTRY ?? '../../dist/index.js')
const job = JSON.parse(process.argv[2])

const heavyLayers = /Convolution|Deconvolution|FullyConnected|MatMul|Gemm/
const eightBits = new Set(['i8', 'u8'])

/** Dimensions that a model leaves open are the batch, unless the job says more. */
async function build() {
  const options = { model: job.model, hints: { performance: job.mode, threads: job.threads } }
  if (job.shape) return await buildEngine({ ...options, shapes: { [await nameInput()]: job.shape } })
  const engine = await buildEngine({ ...options, shapes: 'dynamic' })
  const [{ name, shape }] = engine.inputs
  if (shape.every((length) => typeof length === 'number' && length > 0)) return engine
  await engine.close()
  const fixed = shape.map((length) => (typeof length === 'number' && length > 0 ? length : 1))
  return await buildEngine({ ...options, shapes: { [name]: fixed } })
}

async function nameInput() {
  const engine = await buildEngine({ model: job.model, shapes: 'dynamic' })
  const [{ name }] = engine.inputs
  await engine.close()
  return name
}

const engine = await build()
const [{ name, shape }] = engine.inputs
const input = Tensor.allocate('f32', shape)
// A fixed sequence (Numerical Recipes' LCG): every file sees the same numbers, of -1 to 1.
for (let i = 0, state = 1; i < input.data.length; i++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  input.data[i] = state / 2 ** 31 - 1
}
const { layers } = await engine.describe()
const heavy = layers.filter(({ type }) => heavyLayers.test(type))
const inputs = { [name]: input }
await measureEngine(engine, inputs, { mode: job.mode, duration: 0.5, warmUp: 0.5 })
const before = process.cpuUsage()
const { throughput, iterations } = await measureEngine(engine, inputs, { mode: job.mode, duration: job.seconds, warmUp: 0 })
const { user, system } = process.cpuUsage(before)
const result = {
  perSecond: throughput,
  cpuMilliseconds: (user + system) / 1000 / iterations,
  heavy: heavy.length,
  int8: heavy.filter(({ precision }) => eightBits.has(precision)).length,
  floatLayers: heavy.filter(({ precision }) => !eightBits.has(precision)).map((layer) => `${layer.name} ${layer.kernel}`),
}
await engine.close()
console.log(JSON.stringify(result))
