// Usage: node evaluate.mjs <folder of models> <scenario>
// Evaluations that end early: functions of the user that throw or return nonsense, signals, models that cannot be built.
// Prints what came of each, and how many engines were closed; a rejection that nobody handles ends the process.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildEngine, createCustomMetric, createPredictor, encodeImage, evaluate, Tensor } from '../../../../dist/index.js'
import { Engine } from '../../../../dist/inference/engine.js'
import { loadOpenVino } from '../../../../dist/native/load-addon.js'

const [folder, scenario] = process.argv.slice(2)
const path = (name) => `${folder}/${name}.onnx`
const mine = Object.assign(new Error('mine'), { code: 'MINE' })
const throwMine = () => {
  throw mine
}

let closed = 0
const close = Engine.prototype.close
Engine.prototype.close = function (...given) {
  closed++
  return close.apply(this, given)
}

const samples = Array.from({ length: 40 }, (_, i) => ({
  id: `sample ${i}`,
  label: i % 4,
  tensors: {
    x: Tensor.from(
      Float32Array.from([0, 1, 2, 3], (c) => Number(c === i % 4)),
      [1, 4],
    ),
  },
}))
const categories = ['a', 'b', 'c', 'd'].map((name, id) => ({ id, name }))
const data = { format: 'made up', categories, samples, digest: 'made up' }
const usual = { models: [path('tiny')], data, task: { decoder: 'classification', topK: 4 }, bootstrap: { resamples: 100 } }
const accuracy = { name: 'accuracy', top: [1] }

/** The code (and whether the cause or the error itself is the user's), and the engines that were closed. */
async function outcomeOf(options) {
  closed = 0
  const answer = await evaluate({ ...usual, metrics: [accuracy], ...options }).then(
    ({ models }) => models.map(({ metrics }) => metrics[0].value ?? metrics[0].undefinedBecause),
    (error) => (error === mine ? ['itself'] : error.cause === mine ? [error.code, 'caused'] : [error.code ?? String(error)]),
  )
  return [...answer, closed]
}

const scenarios = {
  async decoders() {
    const one = { task: 'custom', value: 1 }
    const mean = createCustomMetric({ name: 'mean', compare: (_, { value }) => value })
    const decoders = {
      right: () => [one],
      plain: () => [1],
      throws: throwMine,
      throwsLater: (() => {
        let calls = 0
        return () => (++calls === 20 ? throwMine() : [one])
      })(),
      none: () => [],
      two: () => [one, one],
      nothing: () => undefined,
      promise: async () => [one],
    }
    const answers = {}
    for (const [name, task] of Object.entries(decoders)) answers[name] = await outcomeOf({ task, metrics: [mean] })
    answers.withoutMetric = await outcomeOf({ task: decoders.right, metrics: undefined })
    return answers
  },
  async metrics() {
    const broken = {
      compare: { compare: throwMine },
      compareLater: { compare: () => Promise.reject(mine) },
      summarize: { compare: () => 1, summarize: throwMine },
      text: { compare: () => 'one' },
      nan: { compare: () => 1, summarize: () => Number.NaN },
    }
    const answers = {}
    for (const [name, functions] of Object.entries(broken)) {
      answers[name] = await outcomeOf({ metrics: [createCustomMetric({ name, ...functions })] })
    }
    // Found out at the first result, not at the end.
    let most = 0
    const onProgress = ({ done = 0 }) => {
      most = Math.max(most, done)
    }
    const unfit = { data: { ...data, categories: categories.slice(0, 2) }, ahead: 0, onProgress }
    answers.fewerClasses = [...(await outcomeOf(unfit)), most < samples.length / 2]
    most = 0
    const unlabelled = { ...data, samples: samples.map(({ label, ...rest }) => rest) }
    answers.unlabelled = [...(await outcomeOf({ ...unfit, data: unlabelled })), most < samples.length / 2]
    return answers
  },
  async sources() {
    const tensors = samples.map(({ tensors }) => tensors)
    const labels = createCustomMetric({ name: 'order', compare: ({ id }, { classes }) => Number(classes[0].category === id % 4) })
    let returned = 0
    async function* failing() {
      try {
        yield* tensors.slice(0, 10)
        throw mine
      } finally {
        returned++
      }
    }
    async function* endless() {
      try {
        for (;;) {
          yield tensors[0]
          await sleep(1)
        }
      } finally {
        returned++
      }
    }
    async function* stuck() {
      yield tensors[0]
      setTimeout(() => waiting.abort(mine), 50) // not sooner: the machine may be busy
      await new Promise(() => {})
    }
    const controller = new AbortController()
    const waiting = new AbortController()
    const stopSoon = ({ done }) => done === 10 && controller.abort(mine)
    const answers = {
      fine: await outcomeOf({ data: tensors, metrics: [labels] }),
      generator: await outcomeOf({ data: tensors.values(), metrics: [labels] }),
      failing: await outcomeOf({ data: failing(), metrics: [labels] }),
      endless: await outcomeOf({ data: endless(), metrics: [labels], signal: controller.signal, onProgress: stopSoon }),
      decoderFails: await outcomeOf({ data: endless(), task: throwMine, metrics: [labels] }),
      stuck: await outcomeOf({ data: stuck(), metrics: [labels], signal: waiting.signal }),
      stuckAndDecoderFails: await outcomeOf({ data: stuck(), task: throwMine, metrics: [labels] }),
      numbers: await outcomeOf({ data: [1, 2, 3], metrics: [labels] }),
      otherNames: await outcomeOf({ models: [path('pair')], data: tensors, metrics: [labels] }),
      otherShapes: await outcomeOf({ models: [path('frame')], data: tensors, metrics: [labels] }),
      drawn: await outcomeOf({ data: tensors, metrics: [labels], subset: { count: 3 } }),
      stored: await outcomeOf({ data: tensors, metrics: [labels], results: '/nowhere' }),
    }
    return { ...answers, returned }
  },
  async signals() {
    const answers = { before: await outcomeOf({ signal: AbortSignal.abort(mine) }) }
    for (const stage of ['data', 'engines', 'samples', 'scores']) {
      const controller = new AbortController()
      const onProgress = (progress) => progress.stage === stage && controller.abort(mine)
      // Resampling takes a while, so that a signal has something to stop.
      answers[stage] = await outcomeOf({ signal: controller.signal, onProgress, bootstrap: { resamples: 200_000 } })
    }
    const seen = new Set()
    for (let delay = 0; delay < 30; delay += 3) {
      const [code] = await outcomeOf({ models: [path('tiny'), path('tiny')], signal: AbortSignal.timeout(delay) })
      seen.add(code)
    }
    answers.anywhere = [...seen].filter((code) => code !== 'ABORTED' && code !== 1)
    answers.after = await outcomeOf({})
    return answers
  },
  async callbacks() {
    const answers = {}
    for (const stage of ['data', 'engines', 'samples', 'scores']) {
      answers[stage] = await outcomeOf({ onProgress: (progress) => progress.stage === stage && throwMine() })
    }
    return answers
  },
  async models() {
    const own = await buildEngine({ model: path('tiny') })
    const answers = {
      two: await outcomeOf({ models: [path('tiny'), path('tiny')] }),
      secondAbsent: await outcomeOf({ models: [path('tiny'), path('absent')] }),
      none: await outcomeOf({ models: [] }),
      noModel: await outcomeOf({ models: [{ path: path('tiny') }] }),
      own: await outcomeOf({ models: [own, path('tiny')] }),
      ownStored: await outcomeOf({ models: [own], results: '/nowhere' }),
    }
    const { y } = await own.infer(new Float32Array([-1, 2, -3, 4]))
    answers.ownStillWorks = y.data.join()
    await own.close()
    answers.ownClosed = await outcomeOf({ models: [own] })
    return answers
  },
  async pictures() {
    const here = await mkdtemp(join(tmpdir(), 'enginery-evaluate-'))
    const bytes = await encodeImage({ width: 8, height: 8, data: new Uint8Array(192).fill(9) }, { format: 'png' })
    for (let i = 0; i < 30; i++) await writeFile(join(here, `${i}.png`), i % 10 === 7 ? bytes.subarray(0, 40) : bytes)
    const pictures = { data: { images: here }, models: [path('frame')], preprocess: {}, task: () => [1] }
    const mean = createCustomMetric({ name: 'mean', compare: (_, { value }) => value })
    const engine = await buildEngine({ model: path('frame') })
    const predict = (task, picture) =>
      createPredictor(engine, { preprocess: {}, task })
        .predict(picture)
        .catch((error) => (error === mine ? 'itself' : error.code))
    const answers = {
      skipped: await outcomeOf({ ...pictures, metrics: [mean] }),
      fatal: await outcomeOf({ ...pictures, metrics: [mean], onBroken: 'error' }),
      fatalAhead: await outcomeOf({ ...pictures, metrics: [mean], onBroken: 'error', ahead: 0 }),
      decoderThrows: await outcomeOf({ ...pictures, metrics: [mean], task: throwMine }),
      predicted: [
        await predict(() => [5], bytes),
        await predict(throwMine, bytes),
        await predict(() => [], bytes),
        await predict(() => undefined, bytes),
        await predict(() => [1], bytes.subarray(0, 40)),
        await predict(() => [1], join(here, 'absent.png')),
      ],
    }
    await engine.close()
    await rm(here, { recursive: true })
    return answers
  },
}

const answers = await scenarios[scenario]()
while (loadOpenVino().memoryStatistics().inFlight > 0) await sleep(5)
console.log(JSON.stringify(answers))
