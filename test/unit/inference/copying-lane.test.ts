import { describe, expect, it } from 'vitest'
import type { SlotInput } from '../../../lib/engine/backend.js'
import { Tensor } from '../../../lib/tensor/tensor.js'
import { beginWrite, isBeingWritten } from '../../../lib/tensor/tensor-internals.js'
import { makeQueue, turn } from './fake-slot.js'

const BYTES = 2 ** 18
const frame = new Float32Array(BYTES / 4)
frame[0] = 21

/** Memory of ours, which nobody copies: a fake that looks like it where the queue and the fake slot look. */
const resident = {
  buffer: frame.buffer,
  byteOffset: 0,
  byteLength: BYTES,
  share: () => resident,
  release() {},
} as unknown as SlotInput

async function enter({ lane, submit }: ReturnType<typeof makeQueue>) {
  for (let i = 0; i < 40; i++) await submit(frame)
  await turn()
  expect(lane.takes(BYTES)).toBe(true)
}

describe('inferences that take no longer than copying their arrays', () => {
  it('run on the calling thread, which need not copy them then', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.3 })
    await enter(made)
    const before = made.started()
    expect(await made.submit(frame)).toBe(42)
    expect(made.started()).toBe(before)
    expect(made.opened()).toBe(1)
  })

  it('go to other threads where they are memory of ours already, and where arrays are small', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.3 })
    await enter(made)
    expect(made.lane.ready).toBe(false)
    const before = made.started()
    expect(await made.submit(resident as ArrayBufferView)).toBe(42)
    expect(await made.infer(4)).toBe(8)
    expect(made.started()).toBe(before + 2)
    // Which says nothing against the others.
    expect(made.lane.takes(BYTES)).toBe(true)
  })

  it('are not looked for where they take far longer than the copy', async () => {
    const made = makeQueue({ milliseconds: 3, copying: 0.3, short: 3 })
    for (let i = 0; i < 100; i++) await made.submit(frame)
    expect(made.opened()).toBe(0)
  })

  it('go back to other threads where one thread alone turns out to take longer', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.6 })
    for (let i = 0; i < 900; i++) expect(await made.submit(frame)).toBe(42)
    expect(made.opened()).toBe(1)
    expect(made.lane.takes(BYTES)).toBe(false)
    expect(made.shortSlot.ran).toBeGreaterThan(0)
    expect(made.shortSlot.ran).toBeLessThanOrEqual(16)
  })

  it('stay although some of them are slow', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.3 })
    await enter(made)
    for (let i = 0; i < 300; i++) {
      made.shortSlot.milliseconds = i % 10 === 0 ? 5 : 0.3
      await made.submit(frame)
    }
    expect(made.lane.takes(BYTES)).toBe(true)
  })

  it('are computed before the call returns, and told when the event loop has had its turn', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.4 })
    await enter(made)
    await turn()
    const input = frame.slice()
    const order: number[] = []
    const all = Array.from({ length: 20 }, (_, i) => {
      input[0] = i
      return made.submit(input).then((value) => order.push(value as number))
    })
    input[0] = -1
    expect(made.shortSlot.ran).toBeGreaterThanOrEqual(20)
    // What the turn has time for.
    for (let i = 0; i < 10; i++) await Promise.resolve()
    expect(order.length).toBeGreaterThan(0)
    expect(order.length).toBeLessThan(5)
    await Promise.all(all)
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i))
  })

  it('give the event loop its turn however many follow each other', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.3 })
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
    for (let i = 0; i < 300; i++, sinceTurn++) await made.submit(frame)
    stop = true
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(5)
  })

  it('can be aborted until they are told of', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.4 })
    await enter(made)
    const controller = new AbortController()
    const all = Array.from({ length: 20 }, () => made.submit(frame, controller.signal))
    controller.abort()
    for (const promise of all) await expect(promise).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('keep the outputs they were given reserved until they are told of', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.4 })
    await enter(made)
    await turn()
    const inputs = { values: [frame], shapes: undefined }
    for (let i = 0; i < 5; i++) void made.submit(frame)
    const tensor = Tensor.from(new Float32Array(1), [1])
    expect(beginWrite(tensor)).toBe(true)
    const promise = made.queue.submit(inputs, { memories: [undefined], tensors: [tensor] }, undefined)
    for (let i = 0; i < 10; i++) await Promise.resolve()
    expect(isBeingWritten(tensor)).toBe(true)
    expect((await promise).y).toBe(tensor)
    expect(isBeingWritten(tensor)).toBe(false)
  })

  it('fail one by one, at once and in the next turn', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.4 })
    await enter(made)
    made.shortSlot.failure = Object.assign(new Error('it broke'), { code: 'OV_INFER' })
    const failing = Array.from({ length: 8 }, () => made.submit(frame))
    for (const { status } of await Promise.allSettled(failing)) expect(status).toBe('rejected')
    made.shortSlot.failure = undefined
    expect(await made.submit(frame)).toBe(42)
  })

  it('leave nothing behind where the queue is closed before they are told of', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.4 })
    await enter(made)
    const all = Array.from({ length: 8 }, () => made.submit(frame))
    await made.queue.close()
    expect(await Promise.all(all)).toEqual(new Array(8).fill(42))
    expect(made.shortSlot.closed).toBe(true)
  })

  it('are handed over while others run', async () => {
    const made = makeQueue({ milliseconds: 0.3, copying: 0.3, short: 0.3 })
    await enter(made)
    const before = made.started()
    const running = made.submit(resident as ArrayBufferView)
    expect(await made.submit(frame)).toBe(42)
    expect(await running).toBe(42)
    expect(made.started()).toBe(before + 2)
  })
})
