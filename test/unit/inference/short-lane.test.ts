import { describe, expect, it } from 'vitest'
import type { InferenceSlot } from '../../../lib/engine/backend.js'
import { OutputCollector } from '../../../lib/inference/collect-outputs.js'
import { RequestQueue } from '../../../lib/inference/request-queue.js'
import { ShortLane } from '../../../lib/inference/short-lane.js'
import { FakeSlot, makeQueue, port, turn } from './fake-slot.js'

async function enter({ lane, infer, shortSlot }: ReturnType<typeof makeQueue>) {
  const { milliseconds } = shortSlot
  shortSlot.milliseconds = 0
  for (let i = 0; i < 200; i++) await infer(i)
  await turn()
  expect(lane.ready).toBe(true)
  shortSlot.milliseconds = milliseconds
}

describe('short inferences', () => {
  it('run on the calling thread once enough were quick, and no other thread hears of them', async () => {
    const made = makeQueue()
    expect(made.lane.ready).toBe(false)
    await enter(made)
    const before = made.started()
    expect(before).toBeGreaterThanOrEqual(16)
    expect(await made.infer(21)).toBe(42)
    expect(made.started()).toBe(before)
    expect(made.opened()).toBe(1)
    expect(made.queue.lastFinished).toBe(made.shortSlot)
  })

  it('are not looked for where inferences take long', async () => {
    const { infer, opened, lane } = makeQueue({ milliseconds: 0.5 })
    for (let i = 0; i < 100; i++) await infer(i)
    expect(lane.ready).toBe(false)
    expect(opened()).toBe(0)
  })

  it('give the event loop its turn, though every promise is settled when it is handed out', async () => {
    const made = makeQueue({ short: 0.005 })
    await enter(made)
    let most = 0
    let sinceTurn = 0
    let stop = false
    const count = () => {
      most = Math.max(most, sinceTurn)
      sinceTurn = 0
      if (!stop) setImmediate(count)
    }
    setImmediate(count)
    for (let i = 0; i < 3000; i++, sinceTurn++) expect(await made.infer(i)).toBe(2 * i)
    stop = true
    // A millisecond has room for 200.
    expect(most).toBeGreaterThan(190)
    expect(most).toBeLessThan(210)
  })

  it('answer in order, also those that must wait for the next turn', async () => {
    const made = makeQueue({ short: 0.01 })
    await enter(made)
    const order: number[] = []
    await Promise.all(Array.from({ length: 500 }, (_, i) => made.infer(i).then((value) => order.push(value as number))))
    expect(order).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i))
    expect(made.started()).toBeLessThan(100)
  })

  it('that wait have their own copy of what they were given', async () => {
    const made = makeQueue({ short: 0.05 })
    await enter(made)
    const input = new Float32Array(1)
    const results = Array.from({ length: 100 }, (_, i) => {
      input[0] = i
      return made.queue.submit({ values: [input], shapes: undefined }, undefined, undefined)
    })
    input[0] = -1
    expect((await Promise.all(results)).map(({ y }) => y?.data[0])).toEqual(Array.from({ length: 100 }, (_, i) => 2 * i))
  })

  it('go back to other threads when they take longer than was measured, and nobody who waits is lost', async () => {
    const made = makeQueue()
    await enter(made)
    made.shortSlot.milliseconds = 0.05
    const before = made.shortSlot.ran
    const results = await Promise.all(Array.from({ length: 300 }, (_, i) => made.infer(i)))
    expect(results).toEqual(Array.from({ length: 300 }, (_, i) => 2 * i))
    expect(made.lane.ready).toBe(false)
    const ran = made.shortSlot.ran
    expect(ran - before).toBeLessThan(200)
    await made.infer(1)
    expect(made.shortSlot.ran).toBe(ran)
  })

  it('are tried with a few that turn out to be none, and again only much later', async () => {
    const made = makeQueue({ short: 0.05 })
    for (let i = 0; i < 900; i++) expect(await made.infer(i)).toBe(2 * i)
    expect(made.lane.ready).toBe(false)
    expect(made.shortSlot.ran).toBeGreaterThan(0)
    expect(made.shortSlot.ran).toBeLessThanOrEqual(16)
    for (let i = 0; i < 200; i++) await made.infer(i)
    expect(made.shortSlot.ran).toBeGreaterThan(16)
    expect(made.shortSlot.ran).toBeLessThanOrEqual(32)
    expect(made.opened()).toBe(1)
  })

  it('do not leave for one that is slow once in a while', async () => {
    const made = makeQueue()
    await enter(made)
    for (let i = 0; i < 200; i++) {
      made.shortSlot.milliseconds = i % 20 === 0 ? 1.5 : 0
      await made.infer(i)
    }
    expect(made.lane.ready).toBe(true)
  })

  it('fail one by one', async () => {
    const made = makeQueue()
    await enter(made)
    made.shortSlot.failure = Object.assign(new Error('it broke'), { code: 'OV_INFER' })
    await expect(made.infer(1)).rejects.toMatchObject({ code: 'INFERENCE_FAILED' })
    made.shortSlot.failure = undefined
    expect(await made.infer(2)).toBe(4)
  })

  it('can be aborted until their promise has told, and while they wait', async () => {
    const made = makeQueue({ short: 0.05 })
    await enter(made)
    const controller = new AbortController()
    const running = made.infer(1, controller.signal)
    const waiting = Array.from({ length: 100 }, (_, i) => made.infer(i, controller.signal))
    const other = made.infer(5)
    controller.abort()
    for (const promise of [running, ...waiting]) await expect(promise).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await other).toBe(10)
  })

  it('that wait are refused when the queue is closed', async () => {
    const made = makeQueue({ short: 0.05 })
    await enter(made)
    const all = Array.from({ length: 100 }, (_, i) => made.infer(i))
    const closing = made.queue.close()
    const settled = await Promise.allSettled(all)
    await closing
    expect(made.shortSlot.closed).toBe(true)
    const refused = settled.filter((each) => each.status === 'rejected')
    expect(refused.length).toBeGreaterThan(50)
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'ENGINE_CLOSED' })
  })

  it('leave nothing behind where the queue is closed while their slot is opened', async () => {
    const slot = new FakeSlot(0)
    let open = (_: InferenceSlot) => {}
    const lane = new ShortLane(
      () =>
        new Promise((resolve) => {
          open = resolve
        }),
    )
    const queue = new RequestQueue([new FakeSlot(0)], new OutputCollector([port]), lane)
    for (let i = 0; i < 20; i++) await queue.submit({ values: [new Float32Array(1)], shapes: undefined }, undefined, undefined)
    const closing = queue.close()
    open(slot)
    await closing
    expect(slot.closed).toBe(true)
    expect(lane.ready).toBe(false)
  })

  it('go on as before where no slot for them can be opened', async () => {
    for (const open of [async () => undefined, () => Promise.reject(new Error('no'))]) {
      const lane = new ShortLane(open)
      const queue = new RequestQueue([new FakeSlot(0)], new OutputCollector([port]), lane)
      for (let i = 0; i < 50; i++) {
        const { y } = await queue.submit({ values: [new Float32Array([i])], shapes: undefined }, undefined, undefined)
        expect(y?.data[0]).toBe(2 * i)
      }
      expect(lane.ready).toBe(false)
      await queue.close()
    }
  })
})
