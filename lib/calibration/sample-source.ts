import { describeValue } from '../errors/describe-value.js'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'
import type { NamedTensors } from './calibration-runner.js'

type Samples = AsyncIterable<NamedTensors> | Iterable<NamedTensors>

/** Samples: something to iterate, or a function that gives it anew each time. */
export type SampleSource = Samples | (() => Samples)

/** True where the samples can be read again: a generator, for one, can not. */
export function isRepeatable(source: SampleSource): boolean {
  if (typeof source === 'function') return true
  return Array.isArray(source) || !('next' in source)
}

/**
 * One pass over the samples. What the source throws comes as CALIBRATION_SOURCE_FAILED, errors of ours as they are.
 */
export async function* readSource(source: SampleSource): AsyncGenerator<unknown, void, undefined> {
  let index = 0
  try {
    const samples = typeof source === 'function' ? source() : source
    if (typeof samples !== 'object' || samples === null || !(Symbol.asyncIterator in samples || Symbol.iterator in samples)) {
      const reason = `expected an array, an iterable, or a function that returns one, received ${describeValue(samples)}`
      throw engineryError('OPTION_INVALID', { caller: 'collectStatistics', option: 'samples', reason })
    }
    const iterator = Symbol.asyncIterator in samples ? samples[Symbol.asyncIterator]() : samples[Symbol.iterator]()
    let isWaiting = false
    let isDone = false
    try {
      for (;;) {
        isWaiting = true
        const step = await iterator.next()
        isWaiting = false
        if (step.done) {
          isDone = true
          return
        }
        yield step.value
        index++
      }
    } finally {
      // A source that failed, or is at its end, cleans up by itself.
      if (!isDone && !isWaiting) await iterator.return?.()
    }
  } catch (error) {
    if (isEngineryError(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw engineryError('CALIBRATION_SOURCE_FAILED', { sample: index, reason }, { cause: error })
  }
}
