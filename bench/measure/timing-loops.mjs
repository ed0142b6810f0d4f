// The loops that take the time, shared by both contenders that run in Node, so that neither has the better clock.
import { readFileSync } from 'node:fs'
import { summarize } from './statistics.mjs'

const MAX_SAMPLES = 2_000_000
const seconds = (duration) => BigInt(Math.round(duration * 1e9))
const now = process.hrtime.bigint

/** The little-endian float32 values of a file. */
export function readFloats(file) {
  const bytes = readFileSync(file)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** Largest difference, as a share of the reference's largest value. Throws beyond the tolerance. */
export function checkOutput(output, reference, tolerance) {
  if (output.length !== reference.length) {
    throw new Error(`the output has ${output.length} elements, the reference ${reference.length}`)
  }
  let difference = 0
  let largest = 0
  for (let i = 0; i < reference.length; i++) {
    const here = Math.abs(output[i] - reference[i])
    if (!(here <= difference)) difference = here
    largest = Math.max(largest, Math.abs(reference[i]))
  }
  if (!(difference / largest <= tolerance)) {
    throw new Error(`the output differs from the reference by ${difference / largest} of its largest value`)
  }
  return difference / largest
}

class Samples {
  #values = new Float64Array(1 << 16)
  #length = 0

  get length() {
    return this.#length
  }

  push(nanoseconds) {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = Number(nanoseconds) / 1e6
  }

  summarize() {
    return summarize(this.#values.subarray(0, this.#length))
  }
}

/** Latency of a call that returns when it has finished. */
export function timeSync(call, job) {
  for (const until = now() + seconds(job.warmup); now() < until; ) call()
  const samples = new Samples()
  const until = now() + seconds(job.seconds)
  for (let start = now(); (start < until || samples.length < job.minimum) && samples.length < MAX_SAMPLES; ) {
    call()
    samples.push(now() - start)
    start = now()
  }
  return samples.summarize()
}

/** Latency of a call that returns a promise, one call at a time. */
export async function timeAsync(call, job) {
  for (const until = now() + seconds(job.warmup); now() < until; ) await call()
  const samples = new Samples()
  const until = now() + seconds(job.seconds)
  for (let start = now(); (start < until || samples.length < job.minimum) && samples.length < MAX_SAMPLES; ) {
    await call()
    samples.push(now() - start)
    start = now()
  }
  return samples.summarize()
}

/** Finished calls per second with `outstanding` calls in flight all the time. `call(lane)`: lane 0 .. outstanding-1. */
export async function countOutstanding(call, outstanding, job) {
  const runFor = async (duration) => {
    const start = now()
    const until = start + seconds(duration)
    let count = 0
    const keepLaneBusy = async (lane) => {
      while (now() < until) {
        await call(lane)
        count++
      }
    }
    await Promise.all(Array.from({ length: outstanding }, (_, lane) => keepLaneBusy(lane)))
    return { count, perSecond: count / (Number(now() - start) / 1e9) }
  }
  await runFor(job.warmup)
  return { ...(await runFor(job.seconds)), outstanding }
}

/** Results per second of a stream. `stream(source)` maps a generator of nothing to an iterable of results. */
export async function countStream(stream, job) {
  const runFor = async (duration) => {
    const start = now()
    const until = start + seconds(duration)
    function* ticks() {
      while (now() < until) yield
    }
    let count = 0
    for await (const result of stream(ticks())) {
      if (result === undefined) throw new Error('the stream gave no result')
      count++
    }
    return { count, perSecond: count / (Number(now() - start) / 1e9) }
  }
  await runFor(job.warmup)
  return runFor(job.seconds)
}
