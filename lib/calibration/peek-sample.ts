import type { NamedTensors } from './calibration-runner.js'
import { checkSample, type SampleInput, samplesPerBatch } from './prepare-samples.js'
import { readSource } from './sample-source.js'
import { keepSample } from './spare-tensors.js'

/** A source whose first sample was looked at, and is given again. */
export interface PeekedSamples {
  /** null where there is none. */
  readonly first: NamedTensors | null
  /** The first pass goes on with what was begun; later ones are the source's own. */
  readonly samples: () => AsyncIterable<NamedTensors>
  /** Lets the source clean up where no pass was made. */
  close(): Promise<void>
}

/**
 * Reads the first sample, which decides the lengths that a model leaves open.
 *
 * @param begin one pass over the samples
 * @throws CALIBRATION_SAMPLE_INVALID, CALIBRATION_SOURCE_FAILED, and what the source throws of ours
 */
export async function peekSample(
  begin: () => AsyncIterable<NamedTensors>,
  inputs: readonly SampleInput[],
): Promise<PeekedSamples> {
  const iterator = readSource(begin)
  const step = await iterator.next()
  let isTaken = false
  async function* goOn(): AsyncGenerator<NamedTensors, void, undefined> {
    try {
      if (step.done) return
      yield step.value as NamedTensors
      yield* iterator as AsyncGenerator<NamedTensors, void, undefined>
    } finally {
      await iterator.return()
    }
  }
  let first: NamedTensors | null = null
  try {
    if (!step.done) {
      first = checkSample(step.value, 0, inputs)
      // It is given again, and looked at later.
      keepSample(first)
      keepSample(step.value as NamedTensors)
    }
  } catch (error) {
    await iterator.return()
    throw error
  }
  return {
    first,
    samples() {
      if (isTaken) return begin()
      isTaken = true
      return goOn()
    },
    async close() {
      if (isTaken) return
      isTaken = true
      await iterator.return()
    },
  }
}

/** Shapes that a model runs with: its own, and a sample's where it leaves lengths open. */
export function shapesOfSample(sample: NamedTensors, inputs: readonly SampleInput[]): Record<string, readonly number[]> {
  const batch = samplesPerBatch(sample, inputs)
  return Object.fromEntries(
    Object.entries(sample).map(([name, { shape }]) => [name, batch === 1 ? shape : [batch, ...shape.slice(1)]]),
  )
}
