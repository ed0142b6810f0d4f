// Usage: node change-inputs.mjs <folder of models> <scenario>
// Inputs that are detached, resized, shared, or changed behind the engine's back. Prints what came of it as JSON.
import { Worker } from 'node:worker_threads'
import { buildEngine, Tensor } from '../../../../dist/index.js'
import { codeOf } from './code-of.mjs'

const [folder, scenario] = process.argv.slice(2)
const build = (name, options = {}) => buildEngine({ model: `${folder}/${name}.onnx`, ...options })
const frameSize = 3 * 96 * 96
const transfer = (array) => structuredClone(array.buffer, { transfer: [array.buffer] })
const bothCodes = async (engine, makeInput) => [
  await codeOf(() => engine.infer(makeInput())),
  await codeOf(() => engine.inferSync(makeInput())),
]
const isFilledWith = (tensor, value) => tensor.data.every((element) => element === value)

const scenarios = {
  async detached() {
    const answers = {}
    for (const [name, size, shape] of [
      ['tiny', 4, [1, 4]],
      ['frame', frameSize, [1, 3, 96, 96]],
    ]) {
      const engine = await build(name)
      const detached = () => {
        const array = new Float32Array(size)
        transfer(array)
        return array
      }
      const tensor = () => {
        const array = new Float32Array(size)
        const over = Tensor.from(array, shape)
        transfer(array)
        return over
      }
      answers[name] = [
        ...(await bothCodes(engine, detached)),
        ...(await bothCodes(engine, () => ({ x: detached() }))),
        ...(await bothCodes(engine, tensor)),
        isFilledWith((await engine.infer(new Float32Array(size).fill(3))).y, 3),
      ]
    }
    return answers
  },

  async resized() {
    const answers = {}
    for (const [name, size, shape] of [
      ['tiny', 4, [1, 4]],
      ['frame', frameSize, [1, 3, 96, 96]],
    ]) {
      const engine = await build(name)
      const bytes = size * 4
      const resizable = (to, length) => {
        const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes * 2 })
        const array = new Float32Array(buffer, 0, length).fill(2)
        buffer.resize(to)
        return array
      }
      answers[name] = {
        shrunkTracking: await bothCodes(engine, () => resizable(bytes - 4, undefined)),
        shrunkFixed: await bothCodes(engine, () => resizable(bytes - 4, size)),
        shrunkToNothing: await bothCodes(engine, () => resizable(0, undefined)),
        grownTracking: await bothCodes(engine, () => resizable(bytes * 2, undefined)),
        grownFixed: [
          isFilledWith((await engine.infer(resizable(bytes * 2, size))).y, 2),
          isFilledWith(engine.inferSync(resizable(bytes * 2, size)).y, 2),
        ],
        tensor: await bothCodes(engine, () => {
          const buffer = new ArrayBuffer(bytes, { maxByteLength: bytes * 2 })
          const over = Tensor.from(new Float32Array(buffer), shape)
          buffer.resize(bytes - 4)
          return over
        }),
      }
    }
    return answers
  },

  async changedWhileInUse() {
    const answers = {}
    for (const name of ['frame', 'slow']) {
      const engine = await build(name, { hints: { requests: 2 } })
      const size = engine.inputs[0].shape.reduce((a, b) => a * b)
      const expected = engine.inferSync(new Float32Array(size).fill(1))[engine.outputs[0].name].data.slice()
      // Two of eight run at once, the others wait for their turn.
      const changes = {
        overwritten: (array) => array.fill(7),
        transferred: transfer,
        shrunk: (array) => array.buffer.resize(0),
      }
      for (const [change, apply] of Object.entries(changes)) {
        const running = Array.from({ length: 8 }, () => {
          const array = new Float32Array(new ArrayBuffer(size * 4, { maxByteLength: size * 4 })).fill(1)
          const result = engine.infer(array)
          apply(array)
          return result
        })
        const results = await Promise.all(running)
        answers[`${name} ${change}`] = results.every((result) => {
          const { data } = result[engine.outputs[0].name]
          return data.every((element, index) => element === expected[index])
        })
      }
    }
    return answers
  },

  async shared() {
    const engine = await build('frame')
    const growable = new SharedArrayBuffer(frameSize * 4, { maxByteLength: frameSize * 8 })
    const tracking = new Float32Array(growable).fill(4)
    const fixed = new Float32Array(growable, 0, frameSize)
    const fit = [await codeOf(() => engine.infer(tracking)), isFilledWith(engine.inferSync(fixed).y, 4)]
    growable.grow(frameSize * 8)
    fit.push(...(await bothCodes(engine, () => tracking)), isFilledWith((await engine.infer(fixed)).y, 4))

    // Another thread writes ones and twos all the time: any of them may be seen, nothing else.
    const plain = new SharedArrayBuffer(frameSize * 4)
    const array = new Float32Array(plain).fill(1)
    const writer = new Worker(
      `const { workerData } = require('node:worker_threads')
       const array = new Float32Array(workerData)
       for (let value = 1; ; value = 3 - value) array.fill(value)`,
      { eval: true, workerData: plain },
    )
    let onlyOnesAndTwos = true
    for (let i = 0; i < 200; i++) {
      const { y } = i % 2 === 0 ? await engine.infer(array) : engine.inferSync(array)
      onlyOnesAndTwos &&= y.data.every((element) => element === 1 || element === 2)
      y.release()
    }
    await writer.terminate()
    return { fit, onlyOnesAndTwos }
  },

  async gettersThatInterfere() {
    const pair = await build('pair')
    const a = () => new Float32Array(frameSize)
    const detachesTheOther = () => {
      const first = a()
      return {
        a: first,
        get b() {
          transfer(first)
          return new Float32Array(frameSize)
        },
      }
    }
    const answers = { detachesTheOther: await bothCodes(pair, detachesTheOther) }
    const reenters = () => ({
      get a() {
        pair.inferSync({ a: new Float32Array(frameSize).fill(50), b: a() })
        return new Float32Array(frameSize).fill(1)
      },
      b: new Float32Array(frameSize).fill(2),
    })
    answers.reenters = [isFilledWith((await pair.infer(reenters())).sum, 3), isFilledWith(pair.inferSync(reenters()).sum, 3)]
    const closing = async (infer) => {
      const engine = await build('pair')
      return codeOf(() =>
        infer(engine, {
          a: a(),
          get b() {
            engine.close()
            return a()
          },
        }),
      )
    }
    answers.closes = [
      await closing((engine, inputs) => engine.infer(inputs)),
      await closing((engine, inputs) => engine.inferSync(inputs)),
    ]
    answers.throws = await codeOf(() =>
      pair.infer({
        get a() {
          throw Object.assign(new Error('mine'), { code: 'MINE' })
        },
        b: a(),
      }),
    )
    const strings = await build('strings')
    const interfering = (interfere) => {
      const array = ['one', 'two']
      Object.defineProperty(array, 1, {
        get() {
          interfere()
          return 'TWO'
        },
      })
      return array
    }
    const infers = () => strings.inferSync({ x: ['a longer text than fits into the string object', 'b'] })
    answers.strings = [
      (await strings.infer(interfering(infers))).y.data,
      strings.inferSync(interfering(infers)).y.data,
      await codeOf(() => strings.infer(interfering(() => strings.close()))),
    ]
    return answers
  },
}

console.log(JSON.stringify(await scenarios[scenario]()))
