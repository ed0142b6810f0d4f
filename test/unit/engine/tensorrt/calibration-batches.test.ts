import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { CalibrationInput } from '../../../../lib/engine/tensorrt/batch-layout.js'
import { CalibrationBatches } from '../../../../lib/engine/tensorrt/calibration-batches.js'
import { Tensor } from '../../../../lib/tensor/tensor.js'

const inputs: CalibrationInput[] = [
  { name: 'a', type: 'f32', shape: [3, 2] },
  { name: 'b', type: 'i64', shape: [3] },
]

/** Samples first, first + 1, ... */
function item(first: number, count: number) {
  const samples = Array.from({ length: count }, (_, at) => first + at)
  return {
    a: Tensor.from(Float32Array.from(samples.flatMap((sample) => [sample, -sample])), [count, 2]),
    b: Tensor.from(BigInt64Array.from(samples.map(BigInt)), [count]),
  }
}

/** What native code would hold: the elements of each input, batch by batch. */
async function fillAll(batches: CalibrationBatches) {
  const filled: { a: number[]; b: bigint[] }[] = []
  for (;;) {
    const batch: { a: number[]; b: bigint[] } = { a: [], b: [] }
    const isFull = await batches.fillBatch((input, view) => {
      if (input === 0) batch.a.push(...(view as Float32Array))
      else batch.b.push(...(view as BigInt64Array))
      return -1
    })
    if (!isFull) return filled
    filled.push(batch)
  }
}

const batchOf = (...samples: number[]) => ({ a: samples.flatMap((sample) => [sample, -sample]), b: samples.map(BigInt) })

describe('batches for calibrators', () => {
  it('are put together from items of any number of samples', async () => {
    const batches = new CalibrationBatches({ source: [item(0, 1), item(1, 7), item(8, 3), item(11, 1)], inputs })
    expect(await fillAll(batches)).toEqual([batchOf(0, 1, 2), batchOf(3, 4, 5), batchOf(6, 7, 8), batchOf(9, 10, 11)])
    expect(batches).toMatchObject({ used: 12, read: 4 })
    expect(batches.layout.nativeInputs()).toEqual([
      { name: 'a', type: 'f32', byteLength: 24 },
      { name: 'b', type: 'i64', byteLength: 24 },
    ])
  })

  it('leave out what is left over, once', async () => {
    const batches = new CalibrationBatches({ source: [item(0, 5)], inputs })
    expect(await fillAll(batches)).toEqual([batchOf(0, 1, 2)])
    expect(await batches.fillBatch(() => expect.unreachable())).toBe(false)
    const left = batches.warnings.filter(({ code }) => code === 'BATCH_INCOMPLETE')
    expect(left).toEqual([expect.objectContaining({ message: expect.stringMatching(/last 2 of 5 samples/) })])
  })

  it('warn of samples as quantizing does, each by itself in items of several: few, the same, constant', async () => {
    const codesOf = async (source: ReturnType<typeof item>[]) => {
      const batches = new CalibrationBatches({ source, inputs })
      await fillAll(batches)
      return batches.warnings.map(({ code }) => code)
    }
    const apart = Array.from({ length: 12 }, (_, index) => item(1 + index * 3, 3))
    expect(await codesOf(apart)).toEqual([])
    expect(await codesOf(apart.slice(1))).toEqual([])
    expect(await codesOf(apart.slice(2))).toEqual(['SAMPLES_FEW'])
    expect(await codesOf([...apart, item(1, 3)])).toEqual(['SAMPLES_REPEATED'])
    expect(await codesOf(Array.from({ length: 36 }, () => item(5, 1)))).toEqual(['SAMPLES_EQUAL'])
    expect(await codesOf([...apart, item(0, 1), item(50, 2)])).toEqual(['SAMPLES_CONSTANT'])
  })

  it('take an input without an axis of samples for one sample', async () => {
    const fixed: CalibrationInput[] = [
      { name: 'a', type: 'f32', shape: [2, 2] },
      { name: 'b', type: 'i64', shape: [3] },
    ]
    const whole = (value: number) => ({
      a: Tensor.from(Float32Array.of(value, 1, 2, 3), [2, 2]),
      b: Tensor.from(BigInt64Array.of(1n, 2n, 3n), [3]),
    })
    const batches = new CalibrationBatches({ source: [whole(0), whole(0)], inputs: fixed })
    await fillAll(batches)
    expect(batches.warnings.map(({ code }) => code)).toEqual(['SAMPLES_FEW', 'SAMPLES_EQUAL'])
  })

  it('end at maxSamples, and let the source clean up', async () => {
    let isClosed = false
    function* endless() {
      try {
        for (let first = 0; ; first++) yield item(first, 1)
      } finally {
        isClosed = true
      }
    }
    const batches = new CalibrationBatches({ source: endless(), inputs, maxSamples: 8 })
    expect(await fillAll(batches)).toHaveLength(2)
    expect(batches.read).toBe(6)
    expect(isClosed).toBe(true)
  })

  it('ask a source for nothing that is not needed', async () => {
    let asked = 0
    async function* source() {
      for (; ; asked++) yield item(asked * 3, 3)
    }
    const batches = new CalibrationBatches({ source: source(), inputs })
    expect(asked).toBe(0)
    await batches.fillBatch(() => -1)
    await setImmediate()
    expect(asked).toBe(0) // which counts from the second on
    await batches.close()
  })

  it('fail for ever in the way they failed first', async () => {
    const thrown = new Error('gone')
    async function* source() {
      yield item(0, 3)
      throw thrown
    }
    const batches = new CalibrationBatches({ source: source(), inputs })
    expect(await batches.fillBatch(() => -1)).toBe(true)
    for (let i = 0; i < 2; i++) {
      const failure = { code: 'CALIBRATION_SOURCE_FAILED', cause: thrown }
      await expect(batches.fillBatch(() => -1)).rejects.toMatchObject(failure)
    }
  })

  it('say where an element is infinite: of which item, at which place in it', async () => {
    const batches = new CalibrationBatches({ source: [item(0, 3), item(3, 6)], inputs })
    await batches.fillBatch(() => -1)
    await batches.fillBatch(() => -1)
    const refuse = batches.fillBatch((input) => (input === 1 ? 1 : -1))
    await expect(refuse).rejects.toMatchObject({ details: { sample: 1, input: 'b', element: 4 } })
  })

  it('give what native code throws as it is', async () => {
    const refused = Object.assign(new Error('no batch is being filled'), { code: 'NATIVE_CLOSED' })
    const batches = new CalibrationBatches({ source: [item(0, 3)], inputs })
    const filling = batches.fillBatch(() => {
      throw refused
    })
    await expect(filling).rejects.toBe(refused)
  })

  it('come in pieces, between which other work has its turns', async () => {
    const wide: CalibrationInput[] = [{ name: 'x', type: 'f32', shape: [2, 4_000_000] }]
    const x = Tensor.from(new Float32Array(8_000_000), [2, 4_000_000])
    const batches = new CalibrationBatches({ source: [{ x }], inputs: wide })
    let turns = 0
    let isOver = false
    const others = (async () => {
      while (!isOver) {
        await setImmediate()
        turns++
      }
    })()
    const lengths: number[] = []
    await batches.fillBatch((_, view) => {
      lengths.push(view.byteLength)
      const until = performance.now() + 2
      while (performance.now() < until);
      return -1
    })
    isOver = true
    await others
    expect(lengths.reduce((sum, length) => sum + length)).toBe(32_000_000)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2 ** 20)
    // 31 pieces of two milliseconds, and a turn after every four.
    expect(turns).toBeGreaterThan(8)
  })

  it('end at once when the signal fires, also while the source is stuck', async () => {
    const controller = new AbortController()
    let isStuck = false
    const stuck = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          isStuck = true
          return new Promise<never>(() => {})
        },
      }),
    }
    const batches = new CalibrationBatches({ source: stuck, inputs, signal: controller.signal })
    const filling = batches.fillBatch(() => -1)
    await setImmediate()
    expect(isStuck).toBe(true)
    controller.abort()
    await expect(filling).rejects.toMatchObject({ code: 'ABORTED' })
    await batches.close()
  })
})
