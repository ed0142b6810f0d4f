import { setImmediate } from 'node:timers/promises'
import type { NamedTensors } from '../../calibration/calibration-runner.js'
import type { CalibrationWarning } from '../../calibration/calibration-warning.js'
import { SampleChecker } from '../../calibration/check-samples.js'
import { readSource, type SampleSource } from '../../calibration/sample-source.js'
import { engineryError } from '../../errors/enginery-error.js'
import { unlessAborted } from '../../errors/unless-aborted.js'
import type { AppendElements } from '../../native/tensorrt-calibration.js'
import type { Tensor } from '../../tensor/tensor.js'
import { type BatchItem, BatchLayout, type CalibrationInput } from './batch-layout.js'

export interface CalibrationBatchesOptions {
  /**
   * Named tensors, of any number of samples at once: `[3, 224, 224]` and `[17, 3, 224, 224]` both do for batches of
   * `[8, 3, 224, 224]`. A tensor given may be written to again when the next is asked for.
   */
  readonly source: SampleSource
  /** All inputs of the network, in the shapes of the calibration profile. */
  readonly inputs: readonly CalibrationInput[]
  /** No further batch is begun when so many samples are in use. */
  readonly maxSamples?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Bytes that are copied in one call of native code: below a millisecond. */
const pieceBytes = 2 ** 20
/** Milliseconds after which other work of the event loop gets its turn. */
const turn = 4

/**
 * Batches for TensorRT's calibrators: items of a source are checked, put together to batches, and copied in pieces to where
 * the device reads them, so that neither a large batch nor a slow source holds up the event loop.
 *
 * The first failure ends it: every later batch fails in the same way.
 */
export class CalibrationBatches {
  readonly layout: BatchLayout
  /** Samples in batches that were handed out. */
  used = 0
  /** Items that the source gave. */
  read = 0
  /** Complete when there are no more batches. */
  readonly warnings: CalibrationWarning[] = []
  readonly #checker = new SampleChecker()
  readonly #items: AsyncGenerator<unknown, void, undefined>
  readonly #maxSamples: number
  readonly #signal: AbortSignal | undefined
  #item: BatchItem = { tensors: {}, samples: 0 }
  /** Samples of the item that are in a batch. */
  #taken = 0
  #failure: { readonly error: unknown } | undefined
  #isWaiting = false
  #isOver = false
  #turnBegan = 0

  constructor({ source, inputs, maxSamples = Number.POSITIVE_INFINITY, signal }: CalibrationBatchesOptions) {
    this.layout = new BatchLayout(inputs)
    this.#items = readSource(source)
    this.#maxSamples = maxSamples
    this.#signal = signal
  }

  /**
   * Fills a batch; false where there is none any more. Samples that are left over at the end are left out, with a warning.
   *
   * @throws CALIBRATION_EMPTY, CALIBRATION_SAMPLE_INVALID, CALIBRATION_INPUT_NOT_FINITE, CALIBRATION_SOURCE_FAILED, ABORTED,
   *   TENSOR_DETACHED, TENSOR_RELEASED
   */
  fillBatch = async (append: AppendElements): Promise<boolean> => {
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      return await unlessAborted(this.#fill(append), this.#signal, 'Calibration')
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  /** Lets the source clean up. */
  async close(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const closed = this.#items.return()
    // A source that is stuck does not answer this either.
    if (this.#isWaiting) closed.catch(() => {})
    else await closed
  }

  async #fill(append: AppendElements): Promise<boolean> {
    if (this.#isOver) return false
    const size = this.layout.samples
    if (this.used + size > this.#maxSamples) return this.#finish(0)
    this.#turnBegan = performance.now()
    let filled = 0
    while (filled < size) {
      if (this.#taken === this.#item.samples && !(await this.#takeItem())) return this.#finish(filled)
      const count = Math.min(size - filled, this.#item.samples - this.#taken)
      for (const input of this.layout.inputs.keys()) await this.#append(append, input, count)
      for (let sample = 0; sample < count; sample++) {
        this.#checker.add(this.layout.sampleOf(this.#item, this.#taken + sample))
      }
      this.#taken += count
      filled += count
    }
    this.used += size
    return true
  }

  async #takeItem(): Promise<boolean> {
    this.#isWaiting = true
    const step = await this.#items.next()
    this.#isWaiting = false
    if (step.done) return false
    this.#item = this.layout.checkItem(step.value, this.read)
    this.#taken = 0
    this.read++
    this.#turnBegan = performance.now()
    return true
  }

  async #append(append: AppendElements, input: number, samples: number): Promise<void> {
    const name = this.layout.inputs[input]?.name as string
    const tensor = (this.#item.tensors as NamedTensors)[name] as Tensor
    const perSample = this.layout.elementsPerSample(input)
    const end = (this.#taken + samples) * perSample
    for (let start = this.#taken * perSample; start < end; ) {
      // Asked for anew each time: between two pieces the buffer may have been transferred, which is an error and no crash.
      const data = tensor.data as Exclude<Tensor['data'], string[]>
      const next = Math.min(end, start + Math.ceil(pieceBytes / data.BYTES_PER_ELEMENT))
      const odd = append(input, data.subarray(start, next))
      if (odd >= 0) {
        const element = start + odd
        throw engineryError('CALIBRATION_INPUT_NOT_FINITE', { sample: this.read - 1, input: name, element })
      }
      start = next
      if (performance.now() - this.#turnBegan > turn) {
        await setImmediate()
        this.#turnBegan = performance.now()
      }
    }
  }

  async #finish(left: number): Promise<false> {
    const samples = this.layout.samples
    if (this.read === 0) throw engineryError('CALIBRATION_EMPTY', {})
    if (this.used === 0) {
      const expected = `at least ${samples} samples, since calibration runs batches of ${samples}`
      throw engineryError('CALIBRATION_SAMPLE_INVALID', { sample: this.read - 1, expected, received: String(left) })
    }
    this.warnings.push(...this.#checker.finish())
    if (left > 0) {
      this.warnings.push({
        code: 'BATCH_INCOMPLETE',
        message: `the last ${left} of ${this.used + left} samples are left out: calibration runs batches of ${samples}`,
        why: 'A batch that is filled up by repeating samples would count these twice.',
      })
    }
    await this.close()
    return false
  }
}
