import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CalibrationInput } from '../../../lib/engine/tensorrt/batch-layout.js'
import { CalibrationBatches, type CalibrationBatchesOptions } from '../../../lib/engine/tensorrt/calibration-batches.js'
import type { AppendElements, NativeCalibration } from '../../../lib/native/tensorrt-calibration.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { buildStandIn, type CallerOptions, loadStandIn, missing } from './stand-in-caller.js'

const inputs: CalibrationInput[] = [
  { name: 'images', type: 'f32', shape: [4, 3, 5] },
  { name: 'sizes', type: 'i32', shape: [4, 2] },
]

/** Samples first..first+count-1, every element of which tells which sample it is. */
function item(first: number, count: number) {
  return {
    images: Tensor.from(
      Float32Array.from({ length: count * 15 }, (_, at) => first + Math.floor(at / 15) + (at % 15) / 16),
      [count, 3, 5],
    ),
    sizes: Tensor.from(
      Int32Array.from({ length: count * 2 }, (_, at) => first + Math.floor(at / 2)),
      [count, 2],
    ),
  }
}

/** What the batches of samples 0, 1, ... must hold. */
function expectSamples(batches: Record<string, ArrayBuffer>[], count: number): void {
  expect(batches.map((batch) => Object.keys(batch))).toEqual(batches.map(() => ['sizes', 'images']))
  const images = batches.flatMap((batch) => Array.from(new Float32Array(batch.images as ArrayBuffer)))
  const sizes = batches.flatMap((batch) => Array.from(new Int32Array(batch.sizes as ArrayBuffer)))
  const all = item(0, count)
  expect(images).toEqual(Array.from(all.images.data))
  expect(sizes).toEqual(Array.from(all.sizes.data))
}

function refusal(promise: Promise<unknown>): Promise<Error & { code: string }> {
  return promise.then(
    () => expect.unreachable('it did not fail'),
    (error) => error,
  )
}

describe.skipIf(missing !== null)('calibrators, called by a stand-in for TensorRT', () => {
  let standIn: ReturnType<typeof loadStandIn>

  beforeAll(async () => {
    await buildStandIn()
    standIn = loadStandIn()
  }, 600_000)

  afterEach(async () => {
    standIn.failDriver('')
    // What was asked last is told in a turn of its own.
    for (let turn = 0; turn < 50 && standIn.counts().running > 0; turn++) {
      globalThis.gc?.()
      await sleep(5)
    }
    expect(standIn.counts()).toMatchObject({ deviceBlocks: 0, pinnedBlocks: 0, contexts: 0, unpinnedUploads: 0, running: 0 })
  })

  type Options = Partial<CalibrationBatchesOptions> &
    Partial<Omit<CallerOptions, 'calibration'>> & { native?: Partial<NativeCalibration> }

  function start(source: CalibrationBatchesOptions['source'], { native, ...options }: Options = {}) {
    const batches = new CalibrationBatches({ source, inputs, ...options })
    const calibration: NativeCalibration = {
      kind: 'entropy2',
      batchSize: batches.layout.batchSize,
      inputs: batches.layout.nativeInputs(),
      fillBatch: batches.fillBatch,
      ...native,
    }
    const { work = 0, cacheToWrite = 'TRT-1\n', askFor, mostBatches } = options
    const handle = standIn.start({
      calibration,
      work,
      cacheToWrite,
      ...(askFor === undefined ? {} : { askFor }),
      ...(mostBatches === undefined ? {} : { mostBatches }),
    })
    return { batches, ...handle, done: handle.done.finally(() => batches.close()) }
  }

  const run = (source: CalibrationBatchesOptions['source'], options?: Options) => start(source, options).done

  /** What the calibration is refused with, as users would get it for `cause`. */
  async function failureOf(source: CalibrationBatchesOptions['source'], options?: Options) {
    return (await refusal(run(source, options))).cause as Error & { code?: string }
  }

  describe('each kind', () => {
    it.each([
      ['legacy', 0, 'IInt8Calibrator'],
      ['entropy', 1, 'IInt8EntropyCalibrator'],
      ['entropy2', 2, 'IInt8EntropyCalibrator2'],
      ['minMax', 3, 'IInt8MinMaxCalibrator'],
    ] as const)('%s', async (kind, algorithm, interfaceName) => {
      const report = await run([item(0, 4), item(4, 4)], { native: { kind } })
      expect(report).toMatchObject({ algorithm, interface: interfaceName, batchSize: 4, cacheRead: '', fault: '' })
      expectSamples(report.batches, 8)
      expect(report.calibration).toMatchObject({ batches: 2, cacheWasRead: true })
      expect(Buffer.from(report.calibration.cache as ArrayBuffer).toString()).toBe('TRT-1\n')
    })

    it('legacy: quantile, regression cutoff and histograms, there and back', async () => {
      const histograms = Buffer.from('kept')
      const native = { kind: 'legacy', quantile: 0.999, regressionCutoff: 0.5, histograms } as const
      const report = await run([item(0, 4)], { native })
      expect(report).toMatchObject({ quantile: 0.999, regressionCutoff: 0.5, histogramsRead: 'kept' })
      expect(Buffer.from(report.calibration.histograms as ArrayBuffer).toString()).toBe('histograms of 1 batches')
    })

    it('a cache that is given is read, and no batch is asked for', async () => {
      const fillBatch = () => expect.unreachable('asked for a batch')
      const cache = Buffer.from('TRT-101500-EntropyCalibration2\nx: 3c010a14\n')
      const report = await run([], { native: { cache, fillBatch } })
      expect(report.cacheRead).toBe(cache.toString())
      expect(report.calibration).toEqual({ batches: 0, cacheWasRead: true, cache: null, histograms: null })
    })
  })

  describe('providers', () => {
    it('that answer at once, by a promise, slowly', async () => {
      const plain = [item(0, 4), item(4, 4), item(8, 4)]
      async function* slow() {
        for (const batch of plain) {
          await sleep(20)
          yield batch
        }
      }
      for (const source of [plain, () => plain, plain.values(), slow(), () => slow()]) {
        expectSamples((await run(source)).batches, 12)
      }
    })

    it.each([[[1, 1, 1, 1, 1, 1, 1, 1]], [[3, 3, 2]], [[8]], [[17, 1, 6]], [[5, 4, 7]]])(
      'give %j samples at a time',
      async (counts) => {
        let first = 0
        const items = counts.map((count) => {
          first += count
          return item(first - count, count)
        })
        expectSamples((await run(items)).batches, first)
      },
    )

    it('give single samples without a batch dimension', async () => {
      const samples = Array.from({ length: 8 }, (_, at) => {
        const { images, sizes } = item(at, 1)
        return { images: Tensor.from(images.data, [3, 5]), sizes: Tensor.from(sizes.data, [2]) }
      })
      expectSamples((await run(samples)).batches, 8)
    })

    it('may write to the same memory again', async () => {
      const images = new Float32Array(60)
      const sizes = new Int32Array(8)
      function* reuse() {
        for (let batch = 0; batch < 10; batch++) {
          const next = item(batch * 4, 4)
          images.set(next.images.data)
          sizes.set(next.sizes.data)
          yield { images: Tensor.from(images, [4, 3, 5]), sizes: Tensor.from(sizes, [4, 2]) }
        }
      }
      expectSamples((await run(reuse(), { work: 3 })).batches, 40)
    })

    it('leave over what fills no batch, which is said', async () => {
      const { done, batches } = start([item(0, 6), item(6, 5)])
      expectSamples((await done).batches, 8)
      expect(batches.warnings.map(({ code }) => code)).toEqual(['SAMPLES_FEW', 'BATCH_INCOMPLETE'])
      expect(batches.warnings[1]?.message).toMatch(/last 3 of 11/)
    })

    it('are asked for no more than maxSamples', async () => {
      let isClosed = false
      async function* endless() {
        try {
          for (let first = 0; ; first += 4) yield item(first, 4)
        } finally {
          isClosed = true
        }
      }
      expectSamples((await run(endless(), { maxSamples: 14 })).batches, 12)
      expect(isClosed).toBe(true)
    })

    it('are read ahead by one batch while TensorRT works on one', async () => {
      const asked: number[] = []
      async function* watched() {
        for (let batch = 0; batch < 5; batch++) {
          asked.push(performance.now())
          await sleep(60)
          yield item(batch * 4, 4)
        }
      }
      const { waits, batches } = await run(watched(), { work: 200 })
      expectSamples(batches, 20)
      expect(asked).toHaveLength(5)
      // But for the first, nothing is waited for: each was fetched while the one before was worked on.
      const later = waits.slice(1, 5).sort((a, b) => a - b)
      expect(later[1]).toBeLessThan(60)
    })

    it('with an input that no batch axis can be told of give whole batches', async () => {
      const fixed: CalibrationInput[] = [
        { name: 'images', type: 'f32', shape: [4, 2] },
        { name: 'anchors', type: 'f32', shape: [3] },
      ]
      const whole = { images: Tensor.from(new Float32Array(8), [4, 2]), anchors: Tensor.from(new Float32Array(3), [3]) }
      expect((await run([whole, whole], { inputs: fixed })).calibration.batches).toBe(2)
      const half = { ...whole, images: Tensor.from(new Float32Array(2), [1, 2]) }
      expect(await failureOf([half], { inputs: fixed })).toMatchObject({
        message: 'sample 0: expected a batch of the shape [4, 2] for the input images, received [1, 2]',
      })
    })
  })

  describe('the first failure is the cause', () => {
    const thrown = new Error('the disk is gone')

    it.each([0, 1, 3])('of a provider that throws after %i batches', async (good) => {
      function* failing() {
        for (let batch = 0; batch < good; batch++) yield item(batch * 4, 4)
        throw thrown
      }
      const cause = await failureOf(failing())
      expect(cause).toMatchObject({ code: 'CALIBRATION_SOURCE_FAILED', details: { sample: good } })
      expect(cause.cause).toBe(thrown)
    })

    it('of a provider that rejects', async () => {
      const source = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(thrown) }) }
      expect((await failureOf(source as never)).cause).toBe(thrown)
    })

    it('of one that never answers, when the signal fires', async () => {
      const controller = new AbortController()
      const reason = new Error('enough')
      const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
      setTimeout(() => controller.abort(reason), 30)
      const cause = await failureOf(source as never, { signal: controller.signal })
      expect(cause).toMatchObject({ code: 'ABORTED', cause: reason })
    })

    it('and nothing else where the build is cancelled from outside', async () => {
      const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
      const { done, cancel } = start(source as never)
      setTimeout(cancel, 20)
      const error = await refusal(done)
      expect(error).toMatchObject({ code: 'NATIVE_CANCELLED', message: 'the build was cancelled' })
      expect(error).not.toHaveProperty('cause')
    })

    it('of a signal that had fired before', async () => {
      expect(await failureOf([item(0, 4)], { signal: AbortSignal.abort() })).toMatchObject({ code: 'ABORTED' })
    })

    it.each([
      ['an input is missing', { images: item(0, 4).images }, 'expected a tensor for the input sizes, received undefined'],
      [
        'an input is none of the network',
        { ...item(0, 4), mask: item(0, 4).sizes },
        'expected the inputs images, sizes, received one named mask',
      ],
      [
        'another type',
        { ...item(0, 4), images: Tensor.from(new Float64Array(60), [4, 3, 5]) },
        'expected f32 for the input images, received f64',
      ],
      [
        'another shape',
        { ...item(0, 4), images: Tensor.from(new Float32Array(64), [4, 4, 4]) },
        'expected a shape like [?, 3, 5] for the input images, received [4, 4, 4]',
      ],
      [
        'another number of samples',
        { ...item(0, 4), sizes: item(0, 3).sizes },
        'expected 4 samples for the input sizes, as for images, received 3',
      ],
      [
        'no sample',
        { images: Tensor.from(new Float32Array(0), [0, 3, 5]), sizes: Tensor.from(new Int32Array(0), [0, 2]) },
        'expected at least one sample, received [0, 3, 5]',
      ],
      ['no tensors', 'pictures', 'expected an object with the tensors images, sizes, received "pictures"'],
    ])('of a batch that does not fit: %s', async (_, bad, message) => {
      const cause = await failureOf([item(0, 4), bad as never])
      expect(cause).toMatchObject({ code: 'CALIBRATION_SAMPLE_INVALID', message: `sample 1: ${message}` })
    })

    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('of a batch with %d in it', async (value) => {
      const bad = item(4, 4)
      bad.images.data[37] = value
      expect(await failureOf([item(0, 4), bad])).toMatchObject({
        code: 'CALIBRATION_INPUT_NOT_FINITE',
        message: 'sample 1: element 37 of the input images is infinite or not a number',
      })
    })

    it('of no samples, or too few for a batch', async () => {
      expect(await failureOf([])).toMatchObject({ code: 'CALIBRATION_EMPTY' })
      expect(await failureOf([item(0, 3)])).toMatchObject({
        message: 'sample 0: expected at least 4 samples, since calibration runs batches of 4, received 3',
      })
    })

    it('of memory that is transferred away while it is copied', async () => {
      const wide: CalibrationInput[] = [{ name: 'x', type: 'f32', shape: [1, 40_000_000] }]
      const data = new Float32Array(40_000_000)
      setTimeout(function steal() {
        if (copied) structuredClone(data.buffer, { transfer: [data.buffer] })
        else setTimeout(steal)
      })
      let copied = false
      function* once() {
        yield { x: Tensor.from(data, [1, 40_000_000]) }
      }
      const batches = new CalibrationBatches({ source: once(), inputs: wide })
      const fillBatch = (append: AppendElements) =>
        batches.fillBatch((input, view) => {
          copied = true
          return append(input, view)
        })
      const calibration = { kind: 'minMax', batchSize: 1, inputs: batches.layout.nativeInputs(), fillBatch } as const
      await expect(standIn.start({ calibration }).done).rejects.toMatchObject({ cause: { code: 'TENSOR_DETACHED' } })
    })

    it('of the device, which JavaScript has not thrown', async () => {
      standIn.failDriver('cuMemAlloc', 1)
      const error = await refusal(run([item(0, 4)]))
      const message = '32 bytes could not be had on the device: STAND_IN_ERROR: out of memory'
      expect(error).toMatchObject({ code: 'NATIVE_MEMORY', message })
      expect(error).not.toHaveProperty('cause')
      standIn.failDriver('cuMemcpyHtoD', 3, 700)
      await expect(run([item(0, 4), item(4, 4)])).rejects.toMatchObject({ code: 'TRT_CUDA' })
    })

    it('of a network with an input that the batches lack', async () => {
      await expect(run([item(0, 4)], { askFor: 'mask' })).rejects.toMatchObject({
        code: 'TRT_CALIBRATION',
        message: 'TensorRT asks for the input mask, and batches have images, sizes',
      })
    })
  })

  it('a builder that stops in the middle leaves nothing behind', async () => {
    let given = 0
    let isClosed = false
    async function* source() {
      try {
        for (; ; given++) yield item(given * 4, 4)
      } finally {
        isClosed = true
      }
    }
    expectSamples((await run(source(), { mostBatches: 3 })).batches, 12)
    expect(given).toBeLessThanOrEqual(4)
    expect(isClosed).toBe(true)
  })

  it('eight at once', async () => {
    async function* source(build: number) {
      for (let batch = 0; batch < 6; batch++) {
        await sleep(build % 3)
        yield item(batch * 4, 4)
      }
    }
    const reports = await Promise.all(Array.from({ length: 8 }, (_, build) => run(source(build), { work: build % 2 })))
    for (const report of reports) expectSamples(report.batches, 24)
  })

  describe('what a callback may do', () => {
    const base = { kind: 'minMax', batchSize: 1, inputs: [{ name: 'x', type: 'f32', byteLength: 8 }] } as const
    const call = (fillBatch: unknown) => standIn.start({ calibration: { ...base, fillBatch: fillBatch as never } }).done

    it('answer without a promise, or by anything with `then`', async () => {
      const direct = (value: boolean) => value
      const thenable = (value: boolean) =>
        Object.defineProperty({}, 'then', { value: (resolve: (value: boolean) => void) => resolve(value) })
      for (const wrap of [direct, thenable]) {
        let left = 2
        const report = await call((append: AppendElements) => {
          if (left-- === 0) return wrap(false)
          append(0, Float32Array.of(1, left))
          return wrap(true)
        })
        expect(report.batches.map(({ x }) => Array.from(new Float32Array(x as ArrayBuffer)))).toEqual([
          [1, 1],
          [1, 0],
        ])
      }
    })

    it.each([[null], [undefined], [7], ['text'], [Symbol('s')], [{ message: 'plain' }], [Object.create(null)]])(
      'throw %s',
      async (value) => {
        const failing = () => {
          throw value
        }
        const error = await call(failing).catch((failure: unknown) => failure as Error)
        expect(error).toBeInstanceOf(Error)
        expect((error as Error).cause).toBe(value)
        const rejecting = await call(() => Promise.reject(value)).catch((failure: unknown) => failure as Error)
        expect((rejecting as Error).cause).toBe(value)
      },
    )

    it('answer with what is no answer', async () => {
      for (const value of [undefined, 1, 'true', {}, []]) {
        await expect(call(async () => value)).rejects.toMatchObject({
          message: expect.stringMatching(/expected true for a batch/),
        })
      }
      const trap = new Error('then')
      const thenable = Object.defineProperty({}, 'then', {
        get() {
          throw trap
        },
      })
      await expect(call(() => thenable)).rejects.toMatchObject({ cause: trap })
    })

    it('claim a batch that is not full', async () => {
      await expect(call((append: AppendElements) => append(0, Float32Array.of(1)) === -1)).rejects.toMatchObject({
        code: 'NATIVE_TENSOR',
        message: 'input x: expected a batch of 8 bytes, received 4',
      })
    })

    it('keep the function that appends, which is of no use later', async () => {
      let kept: AppendElements = () => 0
      const report = await call((append: AppendElements) => {
        kept = append
        return false
      })
      expect(report.batches).toEqual([])
      expect(() => kept(0, Float32Array.of(1))).toThrow(expect.objectContaining({ code: 'NATIVE_CLOSED' }))
      for (const wrong of [['x'], [0, 7], [], [0, [1, 2]]]) {
        expect(() => (kept as (...args: unknown[]) => number)(...wrong)).toThrow(
          expect.objectContaining({ code: 'NATIVE_ARGUMENT' }),
        )
      }
    })
  })
})
