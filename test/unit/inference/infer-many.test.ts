import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { inferInOrder } from '../../../lib/inference/infer-many.js'

const tick = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms))

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of iterable) items.push(item)
  return items
}

describe('inferInOrder', () => {
  it('hands results out in the order of the inputs, whichever is ready first', async () => {
    const delays = [20, 1, 10, 0, 5]
    const results = await collect(
      inferInOrder(
        delays.keys(),
        async (index) => {
          await tick(delays[index])
          return index
        },
        3,
      ),
    )
    expect(results).toEqual([0, 1, 2, 3, 4])
  })

  it('takes at most `window` inputs ahead of the consumer', async () => {
    let taken = 0
    function* source() {
      for (; taken < 100; ) yield ++taken
    }
    const stream = inferInOrder(source(), async (value) => value, 4)
    expect((await stream.next()).value).toBe(1)
    await tick(5)
    expect(taken).toBeLessThanOrEqual(5)
    await stream.return()
  })

  it('keeps `window` inferences running', async () => {
    let running = 0
    let most = 0
    await collect(
      inferInOrder(
        Array.from({ length: 20 }, (_, i) => i),
        async () => {
          most = Math.max(most, ++running)
          await tick(1)
          running--
        },
        4,
      ),
    )
    expect(most).toBe(4)
  })

  it('does not hold back a ready result while the source is slow', async () => {
    async function* source() {
      yield 1
      await tick(10_000)
      yield 2
    }
    const stream = inferInOrder(source(), async (value) => value, 4)
    const first = await Promise.race([stream.next(), tick(1000).then(() => 'late')])
    expect(first).toEqual({ value: 1, done: false })
  })

  it('ends with the failure of an inference, after the results before it, and closes the source', async () => {
    let closed = false
    async function* source() {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        closed = true
      }
    }
    const stream = inferInOrder(
      source(),
      async (value) => {
        if (value === 2) throw new Error('third')
        return value
      },
      4,
    )
    expect((await stream.next()).value).toBe(0)
    expect((await stream.next()).value).toBe(1)
    await expect(stream.next()).rejects.toThrow('third')
    expect(closed).toBe(true)
  })

  it('ends with the failure of the source, after the results before it', async () => {
    function* source() {
      yield 1
      throw new Error('source')
    }
    const stream = inferInOrder(source(), async (value) => value, 4)
    expect((await stream.next()).value).toBe(1)
    await expect(stream.next()).rejects.toThrow('source')
  })

  it('closes the source when the consumer stops early', async () => {
    let closed = false
    function* source() {
      try {
        for (let i = 0; ; i++) yield i
      } finally {
        closed = true
      }
    }
    for await (const value of inferInOrder(source(), async (item) => item, 2)) if (value === 3) break
    expect(closed).toBe(true)
  })

  // A camera that stopped, a queue nobody fills: there is nothing to wait for.
  async function* stallingSource(yielded: number) {
    for (let i = 0; i < yielded; i++) yield i
    await new Promise(() => {})
  }

  it('lets the consumer stop while the source is stalled', async () => {
    const consume = async () => {
      for await (const value of inferInOrder(stallingSource(1), async (item) => item, 4)) return value
      return 'nothing'
    }
    expect(await Promise.race([consume(), tick(2000).then(() => 'hangs')])).toBe(0)
  })

  it('ends when the signal fires, also while the source is stalled', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => controller.abort(reason), 20)
    const consume = collect(inferInOrder(stallingSource(1), async (item) => item, 4, controller.signal)).catch((error) => error)
    expect(await Promise.race([consume, tick(2000).then(() => 'hangs')])).toMatchObject({ code: 'ABORTED', cause: reason })
  })

  it.each(['break', 'throw', 'abort'])('has nothing running any more when it ends by %s', async (how) => {
    let running = 0
    const controller = new AbortController()
    const infer = async (value: number) => {
      running++
      await tick(value * 10)
      running--
      return value
    }
    const stream = inferInOrder([0, 1, 2, 3], infer, 4, controller.signal)
    expect((await stream.next()).value).toBe(0)
    expect(running).toBe(3)
    if (how === 'abort') {
      controller.abort()
      await expect(stream.next()).rejects.toMatchObject({ code: 'ABORTED' })
    } else if (how === 'throw') {
      await expect(stream.throw(new Error('consumer'))).rejects.toThrow('consumer')
    } else {
      await stream.return()
    }
    expect(running).toBe(0)
  })

  it('passes on what fails while the source is closed', async () => {
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: 1, done: false as const }),
        return: () => {
          throw new Error('closing')
        },
      }),
    }
    const stream = inferInOrder(source, async (value) => value, 2)
    await stream.next()
    await expect(stream.return()).rejects.toThrow('closing')
  })

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    for (let i = 0; i < 3; i++) await collect(inferInOrder([1, 2], async (value) => value, 2, signal))
    expect(EventEmitter.getEventListeners(signal, 'abort')).toEqual([])
  })

  it('hands out an answer that is there at once before it computes the next', async () => {
    let computed = 0
    let handedOut = 0
    const infer = (item: number) => {
      computed++
      return item
    }
    for await (const value of inferInOrder([0, 1, 2, 3, 4, 5], infer, 4)) {
      expect(value).toBe(handedOut++)
      expect(computed).toBe(handedOut)
    }
    expect(handedOut).toBe(6)
  })

  it('keeps the order, and empties its queue, where answers begin to be there at once', async () => {
    const infer = (item: number) => (item < 3 ? tick(5 - item).then(() => item) : item)
    expect(await collect(inferInOrder([0, 1, 2, 3, 4, 5, 6], infer, 4))).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('asks a slow source for more while the consumer is at an answer that was there at once', async () => {
    let asked = 0
    async function* source() {
      for (; asked < 4; ) yield asked++
    }
    const stream = inferInOrder(source(), (item: number) => item, 2)
    expect((await stream.next()).value).toBe(0)
    await tick(5)
    expect(asked).toBe(2)
    await stream.return()
  })

  it('waits before it takes more where it is told to, and can be aborted then', async () => {
    const controller = new AbortController()
    let paused = 0
    const abortSoon = async () => {
      await tick(5)
      controller.abort()
    }
    const pause = () => (++paused === 3 ? abortSoon() : undefined)
    const seen: number[] = []
    const consume = async () => {
      for await (const value of inferInOrder([0, 1, 2, 3, 4], (item) => item, 2, controller.signal, pause)) seen.push(value)
    }
    await expect(consume()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(seen).toEqual([0, 1])
  })

  it('ends at once for an empty source', async () => {
    expect(await collect(inferInOrder([], async (value) => value, 2))).toEqual([])
  })
})
