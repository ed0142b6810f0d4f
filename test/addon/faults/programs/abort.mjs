// Usage: node abort.mjs <folder of models> <scenario>
// Signals that fire before, during and after whatever takes a signal. Prints what came of it as JSON.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { buildEngine, loadEngine } from '../../../../dist/index.js'
import { loadOpenVino } from '../../../../dist/native/load-addon.js'
import { codeOf } from './code-of.mjs'

const [folder, scenario] = process.argv.slice(2)
const path = (name) => `${folder}/${name}.onnx`
const reason = new Error('enough')
const slowInput = new Float32Array(32 * 96 * 96)

async function noWorkInFlight() {
  while (loadOpenVino().memoryStatistics().inFlight > 0) await sleep(5)
}

/** Before, at each stage, after a random while, and afterwards: codes, and whether all causes were the reason. */
async function abortEverywhere(start, stages, slowest) {
  const answers = { reasons: true }
  const attempt = async (controller, onProgress) => {
    const error = await start({ signal: controller.signal, onProgress }).then(
      (engine) => engine.close().then(() => ({ code: 'no error', cause: reason })),
      (caught) => caught,
    )
    answers.reasons &&= error.cause === reason
    return error.code
  }
  const fired = new AbortController()
  fired.abort(reason)
  answers.before = await attempt(fired)
  for (const stage of stages) {
    const controller = new AbortController()
    answers[stage] = await attempt(controller, (progress) => {
      if (progress.stage === stage) controller.abort(reason)
    })
  }
  answers.during = { ABORTED: 0, 'no error': 0 }
  for (let i = 0; i < 12; i++) {
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), (slowest * i) / 12)
    answers.during[await attempt(controller)]++
  }
  await noWorkInFlight()
  const controller = new AbortController()
  const engine = await start({ signal: controller.signal })
  controller.abort(reason)
  answers.after = await codeOf(() => engine.infer(new Float32Array(engine.inputs[0].shape.reduce((a, b) => a * b))))
  await engine.close()
  // How many of the twelve came in time depends on the machine.
  answers.during = answers.during.ABORTED > 0 && answers.during.ABORTED + answers.during['no error'] === 12
  return answers
}

const scenarios = {
  async buildEngine() {
    return abortEverywhere(
      (options) => buildEngine({ model: path('slow'), ...options }),
      ['digest', 'read', 'reshape', 'compile', 'requests', 'done'],
      150,
    )
  },

  async buildEngineIntoCache() {
    const dir = await mkdtemp(join(tmpdir(), 'enginery-abort-'))
    const answers = await abortEverywhere(
      (options) =>
        buildEngine({ model: path('slow'), cache: { dir, required: true }, properties: { NUM_STREAMS: 1 }, ...options }),
      ['digest', 'cache', 'read', 'compile', 'store'],
      150,
    )
    // An aborted build may still finish its entry, and one that could not leaves nothing.
    const entries = (await readdir(dir)).map((name) => name.replace(/^[0-9a-f]{64}(-[0-9a-f]{16})?/, 'key'))
    const warnings = []
    const warn = (line) => warnings.push(line)
    const engine = await buildEngine({
      model: path('slow'),
      cache: dir,
      properties: { NUM_STREAMS: 1 },
      logger: { debug() {}, info() {}, warn, error: warn },
    })
    const notes = (await engine.describe()).notes.length
    await engine.close()
    await rm(dir, { recursive: true })
    return { ...answers, entries: entries.sort(), warnings, notes }
  },

  async loadEngine() {
    const dir = await mkdtemp(join(tmpdir(), 'enginery-abort-'))
    const saved = join(dir, 'slow.blob')
    const engine = await buildEngine({ model: path('slow') })
    await engine.save(saved)
    await engine.close()
    const answers = await abortEverywhere((options) => loadEngine(saved, options), ['read', 'compile', 'requests', 'done'], 60)
    await rm(dir, { recursive: true })
    return answers
  },

  async infer() {
    const engine = await buildEngine({ model: path('slow'), hints: { requests: 1 } })
    const answers = { before: await codeOf(() => engine.infer(slowInput, { signal: AbortSignal.abort(reason) })) }
    const running = new AbortController()
    const waiting = new AbortController()
    const codes = [
      codeOf(engine.infer(slowInput, { signal: running.signal })),
      codeOf(engine.infer(slowInput, { signal: waiting.signal })),
      codeOf(engine.infer(slowInput)),
    ]
    waiting.abort(reason)
    await turn() // under way by then, and on no machine over
    running.abort(reason)
    answers.during = await Promise.all(codes)
    const after = new AbortController()
    await engine.infer(slowInput, { signal: after.signal })
    after.abort(reason)
    // Behind others: on a large machine one inference takes no longer than the shortest timer.
    const before = Array.from({ length: 20 }, () => engine.infer(slowInput))
    answers.timeout = await codeOf(() => engine.infer(slowInput, { signal: AbortSignal.timeout(1) }))
    await Promise.all(before)
    // At every moment of an inference; whichever wins, the request is fit for the next.
    const outcomes = new Set()
    for (let i = 0; i < 60; i++) {
      const controller = new AbortController()
      const answer = codeOf(engine.infer(slowInput, { signal: controller.signal }))
      if (i === 0) controller.abort(reason)
      else setTimeout(() => controller.abort(reason), i / 2)
      outcomes.add(await answer)
      if (i % 10 === 9 && (await codeOf(engine.infer(slowInput))) !== 'no error') outcomes.add('unfit')
    }
    outcomes.delete('no error') // where the machine was faster than the timer
    answers.outcomes = [...outcomes]
    // One signal for many: no warning of too many listeners.
    const many = new AbortController()
    const all = Array.from({ length: 50 }, () => codeOf(engine.infer(slowInput, { signal: many.signal })))
    many.abort(reason)
    answers.many = [...new Set(await Promise.all(all))]
    await engine.close()
    return answers
  },

  async inferMany() {
    const engine = await buildEngine({ model: path('slow'), hints: { requests: 2 } })
    let returned = 0
    async function* source() {
      try {
        for (;;) yield slowInput
      } finally {
        returned++
      }
    }
    const answers = {
      before: await codeOf(async () => await engine.inferMany(source(), { signal: AbortSignal.abort(reason) }).next()),
    }
    const controller = new AbortController()
    let results = 0
    answers.during = await codeOf(async () => {
      for await (const _ of engine.inferMany(source(), { signal: controller.signal }))
        if (++results === 5) controller.abort(reason)
    })
    const later = new AbortController()
    let finished = 0
    for await (const _ of engine.inferMany([slowInput, slowInput], { signal: later.signal })) finished++
    later.abort(reason)
    answers.after = await codeOf(() => engine.infer(slowInput))
    await engine.close()
    return { ...answers, results, finished, returned }
  },

  async close() {
    const answers = {}
    const makeBusy = async () => {
      const engine = await buildEngine({ model: path('slow'), hints: { requests: 2 } })
      return { engine, codes: Array.from({ length: 8 }, () => codeOf(engine.infer(slowInput))) }
    }
    const rounds = []
    for (let i = 0; i < 8; i++) {
      const { engine, codes } = await makeBusy()
      await sleep(i * 3)
      const aborted = new AbortController()
      const alsoAborted = codeOf(engine.infer(slowInput, { signal: aborted.signal }))
      const closings = [engine.close(), engine.close()]
      aborted.abort(reason)
      await Promise.all(closings)
      rounds.push(...(await Promise.all(codes)), (await alsoAborted) === 'no error' ? 'wrong' : 'ENGINE_CLOSED')
    }
    answers.inference = [...new Set(rounds)].filter((code) => code !== 'no error')
    const dir = await mkdtemp(join(tmpdir(), 'enginery-abort-'))
    const { engine, codes } = await makeBusy()
    const saving = codeOf(engine.save(join(dir, 'closed.blob')))
    const describing = codeOf(engine.describe())
    const streaming = codeOf(async () => {
      for await (const _ of engine.inferMany(Array.from({ length: 50 }, () => slowInput)));
    })
    await engine.close()
    await Promise.all(codes)
    answers.others = [await streaming]
    // What had begun may finish; what had not says that the engine is closed.
    answers.fair = [await saving, await describing].every((code) => code === 'no error' || code === 'ENGINE_CLOSED')
    answers.whole = [0, 2].includes((await readdir(dir)).length)
    await rm(dir, { recursive: true })
    await noWorkInFlight()
    answers.left = loadOpenVino().memoryStatistics().running
    return answers
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))
