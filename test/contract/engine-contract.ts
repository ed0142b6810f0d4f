import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import type { Engine } from '../../lib/inference/engine.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { convolutionModel, encodeOnnx, unaryModel } from '../models/encode-onnx.js'

/** What a backend must offer to be put through the contract. */
export interface BackendUnderTest {
  readonly name: string
  build(model: Uint8Array, options?: { requests?: number; shapes?: 'dynamic'; profile?: boolean }): Promise<Engine>
  load(path: string): Promise<Engine>
  /** False where its engines cannot be saved, which must then be said. */
  saves?: boolean
}

const codes = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error) => error.code,
  )

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'no error'
}

/** The promises of `Engine`, whichever backend is behind it. */
export function describeEngineContract(backend: BackendUnderTest): void {
  describe(`engine contract: ${backend.name}`, () => {
    const relu = unaryModel('Relu', [1, 4])
    const addTwo = encodeOnnx({
      inputs: [
        { name: 'a', type: 'f32', shape: [2, 3] },
        { name: 'b', type: 'f32', shape: [2, 3] },
      ],
      outputs: [
        { name: 'sum', type: 'f32', shape: [2, 3] },
        { name: 'product', type: 'f32', shape: [2, 3] },
      ],
      nodes: [
        { op: 'Add', inputs: ['a', 'b'], outputs: ['sum'] },
        { op: 'Mul', inputs: ['a', 'b'], outputs: ['product'] },
      ],
    })
    // Tens of milliseconds an inference: long enough to abort and close into.
    const slowModel = convolutionModel({ layers: 12, channels: 64, size: 96 })
    const slowInput = new Float32Array(64 * 96 * 96).fill(0.5)

    describe('running', () => {
      let engine: Engine
      beforeAll(async () => {
        engine = await backend.build(relu)
      })
      afterAll(() => engine.close())

      it('says what it takes and gives', () => {
        expect(engine.inputs).toMatchObject([{ name: 'x', type: 'f32', shape: [1, 4] }])
        expect(engine.outputs).toMatchObject([{ name: 'y', type: 'f32', shape: [1, 4] }])
        expect(engine.requests).toBeGreaterThanOrEqual(1)
        expect(engine.closed).toBe(false)
      })

      it.each([
        ['values by name', { x: new Float32Array([-1, 2, -3, 4]) }],
        ['a bare typed array', new Float32Array([-1, 2, -3, 4])],
        ['a tensor over an array', Tensor.from(new Float32Array([-1, 2, -3, 4]), [1, 4])],
        ['a view into a larger buffer', new Float32Array([9, 9, -1, 2, -3, 4, 9]).subarray(2, 6)],
        [
          'a shared array',
          (() => {
            const view = new Float32Array(new SharedArrayBuffer(16))
            view.set([-1, 2, -3, 4])
            return view
          })(),
        ],
      ])('infers from %s, both ways', async (_, input) => {
        for (const { y } of [await engine.infer(input), engine.inferSync(input)]) {
          expect(y?.shape).toEqual([1, 4])
          expect(y?.data).toEqual(new Float32Array([0, 2, 0, 4]))
        }
      })

      it('infers from native memory', async () => {
        const tensor = Tensor.allocate('f32', [1, 4])
        tensor.data.set([5, -5, 6, -6])
        expect((await engine.infer(tensor)).y?.data).toEqual(new Float32Array([5, 0, 6, 0]))
        expect(engine.inferSync({ x: tensor }).y?.data).toEqual(new Float32Array([5, 0, 6, 0]))
      })

      it('has copied an array when infer() returns, also when it must wait for its turn', async () => {
        const input = new Float32Array(4)
        const results = Array.from({ length: 40 }, (_, i) => {
          input.fill(i + 1)
          return engine.infer(input)
        })
        input.fill(-1)
        const firsts = (await Promise.all(results)).map(({ y }) => y?.data[0])
        expect(firsts).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
      })

      it('lets timers fire while short inferences follow each other', async () => {
        let fired = 0
        const timer = setInterval(() => fired++, 1)
        let count = 0
        // Far fewer will do: a timer is due after a millisecond.
        for (; count < 1_000_000 && (fired < 3 || count < 1000); count++) {
          const { y } = await engine.infer(new Float32Array([count, -1, 0, 1]))
          if (y?.data[0] !== count) throw new Error(`inference ${count} gave ${y?.data[0]}`)
        }
        clearInterval(timer)
        expect(fired).toBeGreaterThanOrEqual(3)
        expect(engine.lastLatency).toBeGreaterThan(0)
      })

      it('answers thousands of calls at once, each with its own result', async () => {
        const results = await Promise.all(Array.from({ length: 3000 }, (_, i) => engine.infer(new Float32Array(4).fill(i))))
        expect(results.map(({ y }) => y?.data[3])).toEqual(Array.from({ length: 3000 }, (_, i) => i))
      })

      it('has copied large arrays when infer() returns, or needs them no more, however many calls follow each other', async () => {
        const large = await backend.build(unaryModel('Relu', [1, 2 ** 17]))
        const input = new Float32Array(2 ** 17)
        const memory = Tensor.allocate('f32', [1, 2 ** 17])
        for (let round = 0; round < 12; round++) {
          const results = Array.from({ length: 30 }, (_, i) => {
            input.fill(i + 1)
            return large.infer(input)
          })
          input.fill(-1)
          // Native memory goes its own way meanwhile, in its own order.
          memory.data.fill(round)
          const native = await large.infer(memory)
          expect([native.y?.data[0], native.y?.data[2 ** 17 - 1]]).toEqual([round, round])
          native.y?.release()
          for (const [i, result] of (await Promise.all(results)).entries()) {
            const { data } = result.y as Tensor<'f32'>
            if (data[0] !== i + 1 || data[2 ** 17 - 1] !== i + 1) throw new Error(`inference ${i} gave ${data[0]}`)
            result.y?.release()
          }
        }
        await large.close()
      })

      it('streams large arrays of one buffer in order', async () => {
        const large = await backend.build(unaryModel('Relu', [1, 2 ** 17]))
        function* frames() {
          const buffer = new Float32Array(2 ** 17)
          for (let i = 0; i < 200; i++) yield buffer.fill(i)
        }
        let count = 0
        for await (const { y } of large.inferMany(frames())) {
          if (y?.data[5] !== count || y?.data[2 ** 17 - 1] !== count) throw new Error(`result ${count} is ${y?.data[5]}`)
          count++
          y.release()
        }
        expect(count).toBe(200)
        await large.close()
      })

      it('refuses to be aborted too late, and does not answer where it was aborted in time', async () => {
        for (let i = 0; i < 100; i++) {
          const controller = new AbortController()
          const promise = engine.infer(new Float32Array(4), { signal: controller.signal })
          if (i % 2) await promise
          controller.abort()
          if (i % 2) continue
          expect(await codes(promise)).toBe('ABORTED')
        }
      })

      it('is closed in the middle of thousands of short inferences', async () => {
        const closed = await backend.build(relu)
        for (let i = 0; i < 100; i++) await closed.infer(new Float32Array(4))
        const all = Array.from({ length: 2000 }, () => codes(closed.infer(new Float32Array(4))))
        await closed.close()
        const told = new Set(await Promise.all(all))
        expect([...told].filter((code) => code !== 'no error' && code !== 'ENGINE_CLOSED')).toEqual([])
        expect(told.has('ENGINE_CLOSED')).toBe(true)
      })

      it('leaves earlier results alone', async () => {
        const first = await engine.infer(new Float32Array([1, 1, 1, 1]))
        for (let i = 0; i < 10; i++) await engine.infer(new Float32Array([7, 7, 7, 7]))
        expect(first.y?.data).toEqual(new Float32Array([1, 1, 1, 1]))
      })

      it('streams results in order', async () => {
        const seen: unknown[] = []
        async function* source() {
          for (let i = 1; i <= 50; i++) yield { x: new Float32Array(4).fill(i) }
        }
        for await (const { y } of engine.inferMany(source())) seen.push(y?.data[3])
        expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
      })

      it('describes itself', async () => {
        const description = await engine.describe()
        expect(description.executionDevices.length).toBeGreaterThan(0)
        expect(description.layers.length).toBeGreaterThan(0)
        expect(Object.values(description.precisions).reduce((a, b) => a + b)).toBe(description.layers.length)
      })

      it.each<[string, unknown, string]>([
        ['nothing', undefined, 'INPUT_MISSING'],
        ['an empty object', {}, 'INPUT_MISSING'],
        ['an unknown name', { z: new Float32Array(4) }, 'INPUT_MISSING'],
        ['a name too many', { x: new Float32Array(4), z: new Float32Array(4) }, 'INPUT_UNKNOWN'],
        ['too few elements', new Float32Array(3), 'INPUT_SIZE'],
        ['too many elements', { x: new Float32Array(5) }, 'INPUT_SIZE'],
        ['another element type', { x: new Float64Array(4) }, 'INPUT_TYPE'],
        ['a tensor of another type', Tensor.from(new Int32Array(4), [1, 4]), 'INPUT_TYPE'],
        ['a tensor of another shape', Tensor.from(new Float32Array(4), [4, 1]), 'INPUT_SHAPE'],
        ['a number', { x: 5 }, 'INPUT_INVALID'],
        ['a plain array', { x: [1, 2, 3, 4] }, 'INPUT_INVALID'],
        ['null', { x: null }, 'INPUT_INVALID'],
      ])('refuses %s, both ways', async (_, input, code) => {
        expect(await codes(engine.infer(input as never))).toBe(code)
        expect(codeOf(() => engine.inferSync(input as never))).toBe(code)
        expect((await engine.infer(new Float32Array([1, 2, 3, 4]))).y?.data).toEqual(new Float32Array([1, 2, 3, 4]))
      })

      it('refuses detached memory', async () => {
        const array = new Float32Array(4)
        structuredClone(array.buffer, { transfer: [array.buffer] })
        expect(await codes(engine.infer(array))).toBe('TENSOR_DETACHED')
        const tensor = Tensor.allocate('f32', [1, 4])
        tensor.release()
        expect(await codes(engine.infer(tensor))).toBe('TENSOR_RELEASED')
      })

      it('fails an inference whose signal has fired already', async () => {
        const reason = new Error('enough')
        const error = await engine.infer(new Float32Array(4), { signal: AbortSignal.abort(reason) }).catch((caught) => caught)
        expect(error).toMatchObject({ code: 'ABORTED', cause: reason })
      })

      it('ignores a signal that fires afterwards', async () => {
        const controller = new AbortController()
        const { y } = await engine.infer(new Float32Array([1, 2, 3, 4]), { signal: controller.signal })
        controller.abort()
        expect(y?.data).toEqual(new Float32Array([1, 2, 3, 4]))
      })
    })

    describe('outputs of the caller', () => {
      let engine: Engine
      beforeAll(async () => {
        engine = await backend.build(addTwo)
      })
      afterAll(() => engine.close())
      const inputs = { a: new Float32Array([1, 2, 3, 4, 5, 6]), b: new Float32Array([6, 5, 4, 3, 2, 1]) }

      it('are written in place, the others provided', async () => {
        const sum = Tensor.allocate('f32', [2, 3])
        for (const infer of [
          () => engine.infer(inputs, { outputs: { sum } }),
          () => engine.inferSync(inputs, { outputs: { sum } }),
        ]) {
          const result = await infer()
          expect(result.sum).toBe(sum)
          expect(sum.data).toEqual(new Float32Array([7, 7, 7, 7, 7, 7]))
          expect(result.product?.data).toEqual(new Float32Array([6, 10, 12, 12, 10, 6]))
          sum.data.fill(0)
        }
      })

      it('are refused where they do not fit', async () => {
        const infer = (outputs: Record<string, unknown>) => codes(engine.infer(inputs, { outputs: outputs as never }))
        expect(await infer({ difference: Tensor.allocate('f32', [2, 3]) })).toBe('OUTPUT_UNKNOWN')
        expect(await infer({ sum: Tensor.allocate('f32', [3, 2]) })).toBe('OUTPUT_INVALID')
        expect(await infer({ sum: Tensor.allocate('i32', [2, 3]) })).toBe('OUTPUT_INVALID')
        expect(await infer({ sum: Tensor.from(new Float32Array(6), [2, 3]) })).toBe('OUTPUT_INVALID')
        expect(await infer({ sum: new Float32Array(6) })).toBe('OUTPUT_INVALID')
      })

      it('serve one inference at a time, and are free again afterwards', async () => {
        const sum = Tensor.allocate('f32', [2, 3])
        const first = engine.infer(inputs, { outputs: { sum } })
        expect(await codes(engine.infer(inputs, { outputs: { sum } }))).toBe('TENSOR_IN_USE')
        expect(codeOf(() => sum.release())).toBe('TENSOR_IN_USE')
        await first
        await engine.infer(inputs, { outputs: { sum } })
        sum.release()
      })
    })

    describe('stopping', () => {
      it('cancels running and waiting inferences by their signals, and runs the others', async () => {
        const engine = await backend.build(slowModel, { requests: 1 })
        const controllers = Array.from({ length: 4 }, () => new AbortController())
        const answers = controllers.map(({ signal }) => codes(engine.infer(slowInput, { signal })))
        controllers[0]?.abort()
        controllers[2]?.abort()
        expect(await Promise.all(answers)).toEqual(['ABORTED', 'no error', 'ABORTED', 'no error'])
        await engine.close()
      })

      it('closes in the midst of inferences: they reject, and nothing hangs', async () => {
        const engine = await backend.build(slowModel, { requests: 2 })
        const answers = Array.from({ length: 6 }, () => codes(engine.infer(slowInput)))
        const closing = engine.close()
        expect(engine.closed).toBe(true)
        expect(await codes(engine.infer(slowInput))).toBe('ENGINE_CLOSED')
        expect(codeOf(() => engine.inferSync(slowInput))).toBe('ENGINE_CLOSED')
        for (const answer of await Promise.all(answers)) expect(['ENGINE_CLOSED', 'no error']).toContain(answer)
        expect(await answers[5]).toBe('ENGINE_CLOSED')
        await closing
        await engine.close()
        expect(await codes(engine.describe())).toBe('ENGINE_CLOSED')
        expect(await codes(engine.save('never.blob'))).toBe('ENGINE_CLOSED')
      })

      it('is disposed of by `await using`', async () => {
        const engine = await backend.build(relu)
        await engine[Symbol.asyncDispose]()
        expect(engine.closed).toBe(true)
      })

      it('frees outputs of the caller when an inference is cancelled', async () => {
        const engine = await backend.build(slowModel, { requests: 1 })
        const y = Tensor.allocate('f32', [1, 64, 96, 96])
        const controller = new AbortController()
        const answer = codes(engine.infer(slowInput, { signal: controller.signal, outputs: { y } }))
        controller.abort()
        expect(await answer).toBe('ABORTED')
        await engine.infer(slowInput, { outputs: { y } })
        await engine.close()
        y.release()
      })
    })

    describe('dynamic shapes', () => {
      it('take tensors of any fitting shape, and give outputs of theirs', async () => {
        const engine = await backend.build(unaryModel('Relu', ['n', 3]), { shapes: 'dynamic' })
        for (const rows of [1, 5, 2, 40_000]) {
          const { y } = await engine.infer(Tensor.from(new Float32Array(rows * 3).fill(-1).fill(2, 0, 3), [rows, 3]))
          expect(y?.shape).toEqual([rows, 3])
          expect(y?.data.length).toBe(rows * 3)
          expect(y?.data.slice(0, 3)).toEqual(new Float32Array([2, 2, 2]))
          expect(y?.data.slice(3).every((value) => value === 0)).toBe(true)
        }
        expect(await codes(engine.infer(new Float32Array(3)))).toBe('INPUT_SHAPE_NEEDED')
        expect(await codes(engine.infer(Tensor.from(new Float32Array(4), [1, 4])))).toBe('INPUT_SHAPE')
        await engine.close()
      })
    })

    describe('large outputs', () => {
      it('belong to the caller for as long as they are held', async () => {
        const shape = [1, 3, 128, 128]
        const engine = await backend.build(unaryModel('Relu', shape))
        const size = 3 * 128 * 128
        const kept: InferenceResult[] = []
        for (let i = 1; i <= 20; i++) kept.push(engine.inferSync(new Float32Array(size).fill(i)))
        for (let i = 21; i <= 40; i++) kept.push(await engine.infer(new Float32Array(size).fill(i)))
        kept.forEach(({ y }, index) => {
          expect(y?.data[0]).toBe(index + 1)
          expect(y?.data[size - 1]).toBe(index + 1)
        })
        kept[0]?.y?.release()
        expect(codeOf(() => kept[0]?.y?.data)).toBe('TENSOR_RELEASED')
        await engine.close()
        expect(kept[1]?.y?.data[5]).toBe(2)
      })
    })

    describe('profiles', () => {
      it('come with the option and after an inference only', async () => {
        const without = await backend.build(relu)
        await without.infer(new Float32Array(4))
        expect(codeOf(() => without.profile())).toBe('PROFILE_UNAVAILABLE')
        await without.close()
        const engine = await backend.build(slowModel, { profile: true })
        expect(codeOf(() => engine.profile())).toBe('PROFILE_UNAVAILABLE')
        await engine.infer(slowInput)
        const executed = engine.profile().filter(({ status }) => status === 'executed')
        expect(executed.length).toBeGreaterThan(0)
        expect(executed.reduce((sum, { realTime }) => sum + realTime, 0)).toBeGreaterThan(0)
        expect(engine.lastLatency).toBeGreaterThan(0)
        await engine.close()
      })
    })

    describe('saving', () => {
      let folder: string
      beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'enginery-contract-'))
      })
      afterAll(() => rm(folder, { recursive: true }))

      if (backend.saves === false) {
        it('is refused, with nothing left behind', async () => {
          const engine = await backend.build(slowModel)
          expect(await codes(engine.save(join(folder, 'never.engine')))).toBe('ENGINE_EXPORT_FAILED')
          expect(await readdir(folder)).toEqual([])
          await engine.close()
        })
      } else {
        it('gives an engine that answers alike', async () => {
          const path = join(folder, 'slow.engine')
          const engine = await backend.build(slowModel)
          const { y } = await engine.infer(slowInput)
          await engine.save(path)
          await engine.close()
          const loaded = await backend.load(path)
          expect(loaded.inputs).toEqual(engine.inputs)
          const again = (await loaded.infer(slowInput)).y?.data as Float32Array
          // Compared as bytes: matchers take seconds over half a million elements.
          expect(Buffer.compare(bytesOf(again), bytesOf(y?.data as Float32Array))).toBe(0)
          expect(again.some((value) => value !== 0)).toBe(true)
          await loaded.close()
        })
      }
    })
  })
}
