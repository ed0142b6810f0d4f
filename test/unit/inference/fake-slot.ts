import type { InferenceSlot, SlotInput, SlotResults } from '../../../lib/engine/backend.js'
import { OutputCollector } from '../../../lib/inference/collect-outputs.js'
import { RequestQueue } from '../../../lib/inference/request-queue.js'
import { ShortLane } from '../../../lib/inference/short-lane.js'

export const port = { name: 'y', names: ['y'], type: 'f32', shape: [1] } as const
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

// Inputs that had to wait come as bytes; those of 128 KiB and more not at all in these tests.
const twice = ({ buffer, byteOffset }: ArrayBufferView) =>
  new Float32Array([2 * new DataView(buffer, byteOffset).getFloat32(0, true)]).buffer

/** The time that lanes go by, in milliseconds: work alone takes some, not a busy machine. */
let time = 0
export const clock = () => time

/** Doubles its input after `milliseconds` of work; asynchronous ones end with the next turn of the event loop. */
export class FakeSlot implements InferenceSlot {
  latency = 0
  milliseconds: number
  /** Milliseconds that `start` takes, to copy what it is given. */
  copying: number
  started = 0
  ran = 0
  closed = false
  failure: Error | undefined
  constructor(milliseconds: number, copying = 0) {
    this.milliseconds = milliseconds
    this.copying = copying
  }
  inferSync(inputs: SlotInput[]): SlotResults {
    this.ran++
    time += this.milliseconds
    this.latency = this.milliseconds
    if (this.failure) throw this.failure
    return [twice(inputs[0] as ArrayBufferView)]
  }
  start(done: (error: Error | null, results: SlotResults | null) => void, inputs: SlotInput[]): void {
    this.started++
    time += this.copying
    const results = [twice(inputs[0] as ArrayBufferView)]
    setImmediate(() => {
      this.latency = this.milliseconds
      done(null, results)
    })
  }
  cancel(): void {}
  profile() {
    return []
  }
  close(): void {
    this.closed = true
  }
}

/**
 * A queue over fakes.
 * @param milliseconds of work on another thread; `short`: in the lane; `copying`: to hand an inference over
 */
export function makeQueue({ milliseconds = 0.001, short = 0.001, copying = 0, slots = 2 } = {}) {
  const asynchronous = Array.from({ length: slots }, () => new FakeSlot(milliseconds, copying))
  const shortSlot = new FakeSlot(short)
  let opened = 0
  const lane = new ShortLane(async () => {
    opened++
    return shortSlot
  }, clock)
  const queue = new RequestQueue(asynchronous, new OutputCollector([port]), lane)
  const submit = async (input: ArrayBufferView, signal?: AbortSignal) => {
    const result = await queue.submit({ values: [input], shapes: undefined }, undefined, signal)
    return result.y?.data[0]
  }
  const infer = (value: number, signal?: AbortSignal) => submit(new Float32Array([value]), signal)
  const started = () => asynchronous.reduce((sum, slot) => sum + slot.started, 0)
  return { queue, lane, submit, infer, shortSlot, started, opened: () => opened }
}
