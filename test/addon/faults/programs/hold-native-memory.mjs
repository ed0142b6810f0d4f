// Usage: node --expose-gc hold-native-memory.mjs <folder of models> <scenario>
// Native memory that is transferred, cloned, released or collected, also while an inference uses it. Prints JSON.
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { buildEngine, Tensor } from '../../../../dist/index.js'
import { loadOpenVino } from '../../../../dist/native/load-addon.js'
import { codeOf } from './code-of.mjs'

const [folder, scenario] = process.argv.slice(2)
const build = (name, options = {}) => buildEngine({ model: `${folder}/${name}.onnx`, ...options })
const liveBlocks = () => loadOpenVino().memoryStatistics().liveBlocks
const shapeOf = { frame: [1, 3, 96, 96], slow: [1, 32, 96, 96] }

function filled(shape, value) {
  const tensor = Tensor.allocate('f32', shape)
  tensor.data.fill(value)
  return tensor
}
const isFilledWith = (data, value) => data.every((element) => element === value)

async function collectGarbage() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await turn() // finalizers of external memory run from the event loop
  }
}

// What a pool that hands out memory too early would give to the next who asks.
function overwriteFreeMemory(shape) {
  const blocks = Array.from({ length: 6 }, () => filled(shape, -1e30))
  for (const block of blocks) block.release()
}

/** Starts `count` inferences on input tensors that `after` gets at once; whether all answers are the right ones. */
async function inferAndThen(after, count = 6) {
  const engine = await build('slow', { hints: { requests: 2 } })
  const expected = engine.inferSync(filled(shapeOf.slow, 0.5)).y.data.slice()
  const answers = []
  for (let i = 0; i < count; i++) {
    let tensor = filled(shapeOf.slow, 0.5)
    answers.push(engine.infer(tensor))
    after?.(tensor)
    tensor = null
  }
  await collectGarbage()
  overwriteFreeMemory(shapeOf.slow)
  const results = await Promise.all(answers)
  const right = results.every(({ y }) => y.data.every((element, index) => element === expected[index]))
  await engine.close()
  return right
}

const scenarios = {
  async transferred() {
    const engine = await build('frame')
    const input = filled(shapeOf.frame, 3)
    const { buffer } = input.data
    const attempts = {
      structuredClone: () => structuredClone(buffer, { transfer: [buffer] }),
      messageChannel: () => {
        const { port1, port2 } = new MessageChannel()
        try {
          port1.postMessage(buffer, [buffer])
        } finally {
          port1.close()
          port2.close()
        }
      },
      worker: async () => {
        const worker = new Worker('', { eval: true })
        try {
          worker.postMessage(buffer, [buffer])
        } finally {
          await worker.terminate()
        }
      },
    }
    const answers = {}
    for (const [name, attempt] of Object.entries(attempts)) {
      const code = await codeOf(attempt)
      // Node 20 copies what it may not transfer, later ones refuse.
      const kept = code === 'no error' || code === 25 || /DataCloneError/.test(code)
      answers[name] = [kept, buffer.byteLength, isFilledWith((await engine.infer(input)).y.data, 3)]
    }
    return answers
  },

  // Newer runtimes can move any buffer's memory to another one. The tensor then has none, and the new owner keeps it.
  async movedByTransfer() {
    const engine = await build('frame')
    const input = filled(shapeOf.frame, 3)
    const code = await codeOf(() => input.data.buffer.transfer())
    if (code !== 'no error') return [code, isFilledWith((await engine.infer(input)).y.data, 3)]
    return [
      'no error',
      await codeOf(() => engine.infer(input)),
      await codeOf(() => engine.inferSync(filled(shapeOf.frame, 1), { outputs: { y: input } })),
    ]
  },

  async cloned() {
    const engine = await build('frame')
    const input = filled(shapeOf.frame, 3)
    const copy = structuredClone(input.data)
    input.data.fill(4)
    const answers = [isFilledWith(copy, 3), isFilledWith((await engine.infer(input)).y.data, 4)]
    const clonedTensor = structuredClone(input) // a plain object without memory
    answers.push(await codeOf(() => engine.infer(clonedTensor)), await codeOf(() => engine.infer({ x: clonedTensor })))
    const released = structuredClone(input.data)
    input.release()
    return [...answers, isFilledWith(released, 4), await codeOf(() => engine.infer(input))]
  },

  async releasedInFlight() {
    return { right: await inferAndThen((tensor) => tensor.release()) }
  },

  async collectedInFlight() {
    const before = liveBlocks()
    const right = await inferAndThen()
    await collectGarbage()
    return { right, left: liveBlocks() - before }
  },

  async collectedOutputsInFlight() {
    const engine = await build('slow', { hints: { requests: 2 } })
    const expected = engine.inferSync(filled(shapeOf.slow, 0.5)).y.data.slice()
    const input = filled(shapeOf.slow, 0.5)
    const answers = []
    const codes = []
    for (let i = 0; i < 4; i++) {
      const y = Tensor.allocate('f32', shapeOf.slow)
      answers.push(engine.infer(input, { outputs: { y } }).then((result) => result.y.data))
      if (i === 0) codes.push(await codeOf(() => y.release()), await codeOf(() => engine.infer(input, { outputs: { y } })))
    }
    await collectGarbage()
    overwriteFreeMemory(shapeOf.slow)
    const results = await Promise.all(answers)
    return { codes, right: results.every((data) => data.every((element, index) => element === expected[index])) }
  },

  async resultsOutliveTheirEngine() {
    const kept = await (async () => {
      const engine = await build('frame')
      const results = await Promise.all([1, 2, 3].map((value) => engine.infer(filled(shapeOf.frame, value))))
      results.push(engine.inferSync(filled(shapeOf.frame, 4)))
      await engine.close()
      return results.map(({ y }) => y.data)
    })()
    await collectGarbage()
    overwriteFreeMemory(shapeOf.frame)
    return kept.map((data, index) => isFilledWith(data, index + 1))
  },

  async collectedEngineInFlight() {
    const answers = await (async () => {
      const engine = await build('slow', { hints: { requests: 2 } })
      return Array.from({ length: 4 }, () => engine.infer(filled(shapeOf.slow, 0)))
    })()
    await collectGarbage()
    const results = await Promise.all(answers)
    await collectGarbage()
    return results.map(({ y }) => isFilledWith(y.data, 0))
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))
