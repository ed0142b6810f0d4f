import { engineryError } from '../errors/enginery-error.js'
import { unlessAborted } from '../errors/unless-aborted.js'
import type { NamedTensors } from './calibration-runner.js'
import type { CalibrationWarning } from './calibration-warning.js'
import { SampleChecker } from './check-samples.js'
import { checkSample, type SampleInput, samplesPerBatch, stackSamples } from './prepare-samples.js'
import { readSource, type SampleSource } from './sample-source.js'
import { markSpare, releaseSpare } from './spare-tensors.js'

export interface SampleStreamOptions {
  readonly source: SampleSource
  readonly inputs: readonly SampleInput[]
  /** Of all samples; those given win over what the model leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>> | undefined
  /** Open lengths may differ from sample to sample; else the first sample fixes them. */
  readonly isDynamic?: boolean | undefined
  readonly maxSamples?: number | undefined
  readonly isNormalized?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** The samples of one pass as the model takes them: checked, and stacked where the model has a fixed batch. */
export interface SampleStream {
  /** What all inferences have; null where it differs. */
  readonly shapes: Readonly<Record<string, readonly number[]>> | null
  /** Samples that make one inference. */
  readonly batch: number
  /** Ends early where the last batch is not full. */
  inferences(): AsyncGenerator<NamedTensors, void, undefined>
  /** Samples handed out in inferences. */
  readonly used: number
  /** Samples read. */
  readonly read: number
  readonly warnings: readonly CalibrationWarning[]
  /** Lets the source clean up where nobody iterates. */
  close(): Promise<void>
}

/**
 * Begins to read samples; the first decides lengths that nobody has fixed.
 *
 * @throws CALIBRATION_EMPTY, CALIBRATION_SAMPLE_INVALID, CALIBRATION_SOURCE_FAILED, ABORTED, what the source throws of ours
 */
export async function openSamples(options: SampleStreamOptions): Promise<SampleStream> {
  const { source, signal, shapes = {}, isDynamic = false, maxSamples = Number.POSITIVE_INFINITY } = options
  const iterator = readSource(source)
  const step = await unlessAborted(iterator.next(), signal, 'Collecting statistics').catch((error: unknown) => {
    // Not waited for: a source that is stuck does not answer this either.
    iterator.return().catch(() => {})
    throw error
  })
  if (step.done || maxSamples < 1) throw engineryError('CALIBRATION_EMPTY', {})
  const inputs = options.inputs.map((input) => ({ ...input, shape: shapes[input.name] ?? input.shape }))
  let first: NamedTensors
  try {
    first = checkSample(step.value, 0, inputs)
  } catch (error) {
    await iterator.return()
    throw error
  }
  const batch = samplesPerBatch(first, inputs)
  // From here on the first sample's lengths count where the model leaves them open.
  const expected = isDynamic
    ? inputs
    : inputs.map((input) => ({ ...input, shape: closeShape(input.shape, first[input.name]?.shape) }))
  return new CheckedStream(first, iterator, expected, { batch, maxSamples, isDynamic, isNormalized: options.isNormalized })
}

function closeShape(wanted: SampleInput['shape'], found: readonly number[] = []): readonly number[] {
  return found.map((length, axis) => {
    const fixed = wanted?.[axis]
    return typeof fixed === 'number' ? fixed : length
  })
}

class CheckedStream implements SampleStream {
  readonly shapes: Readonly<Record<string, readonly number[]>> | null
  readonly batch: number
  used = 0
  read = 1
  readonly warnings: CalibrationWarning[] = []
  readonly #maxSamples: number
  readonly #checker: SampleChecker
  #isWaiting = false

  constructor(
    readonly first: NamedTensors,
    readonly iterator: AsyncGenerator<unknown, void, undefined>,
    readonly inputs: readonly SampleInput[],
    {
      batch,
      maxSamples,
      isDynamic,
      isNormalized,
    }: { batch: number; maxSamples: number; isDynamic: boolean; isNormalized: boolean | undefined },
  ) {
    this.batch = batch
    this.#maxSamples = maxSamples
    this.#checker = new SampleChecker({ isNormalized })
    const isFixed = inputs.every(({ shape }) => shape?.every((length) => typeof length === 'number'))
    this.shapes =
      isDynamic && !isFixed ? null : Object.fromEntries(inputs.map(({ name, shape }) => [name, shape as readonly number[]]))
  }

  async *inferences(): AsyncGenerator<NamedTensors, void, undefined> {
    let waiting: NamedTensors[] = []
    let isDone = false
    try {
      for (let sample = this.first; ; ) {
        this.#requireWholeBatch(sample)
        this.#checker.add(sample)
        waiting.push(sample)
        if (waiting.length === this.batch) {
          this.used += this.batch
          yield this.batch === 1 ? sample : this.#stack(waiting)
          waiting = []
        }
        if (this.read >= this.#maxSamples) break
        this.#isWaiting = true
        const step = await this.iterator.next()
        this.#isWaiting = false
        isDone = step.done === true
        if (step.done) break
        sample = checkSample(step.value, this.read, this.inputs)
        this.read++
      }
      this.#finish(waiting.length)
    } finally {
      if (!isDone) await this.iterator.return()
    }
  }

  #stack(samples: readonly NamedTensors[]): NamedTensors {
    const stacked = stackSamples(samples, this.read - this.batch)
    for (const sample of samples) releaseSpare(sample)
    for (const tensor of Object.values(stacked)) markSpare(tensor)
    return stacked
  }

  async close(): Promise<void> {
    const closed = this.iterator.return()
    // A source that is stuck does not answer this either.
    if (this.#isWaiting) closed.catch(() => {})
    else await closed
  }

  #requireWholeBatch(sample: NamedTensors): void {
    for (const { name, shape } of this.inputs) {
      const wanted = shape?.[0]
      const found = sample[name]?.shape[0]
      if (typeof wanted !== 'number' || found === (this.batch === 1 ? wanted : 1)) continue
      const expected = `a batch of ${this.batch === 1 ? wanted : 1} for the input ${name}, as in the first sample`
      throw engineryError('CALIBRATION_SAMPLE_INVALID', { sample: this.read - 1, expected, received: String(found) })
    }
  }

  #finish(left: number): void {
    this.warnings.push(...this.#checker.finish())
    if (left === 0) return
    if (this.used === 0) {
      const expected = `at least ${this.batch} samples, since the model takes them in batches of ${this.batch}`
      throw engineryError('CALIBRATION_SAMPLE_INVALID', { sample: this.read - 1, expected, received: String(left) })
    }
    this.warnings.push({
      code: 'BATCH_INCOMPLETE',
      message: `the last ${left} of ${this.read} samples are left out: the model takes batches of ${this.batch}`,
      why: 'A batch that is filled up by repeating samples would count these twice.',
    })
  }
}
