import { reportProgress } from '../../errors/report-progress.js'
import { abortedError, unlessAborted } from '../../errors/unless-aborted.js'
import { type QuantizeProgress, quantizeStages } from '../../quantization/quantize-options.js'

type Stage = QuantizeProgress['stage']

const what = 'Quantizing'

/** Share of the time that goes by before a stage, roughly: what takes long is to infer. */
const begins: Readonly<Record<Stage, number>> = {
  read: 0,
  fold: 0.02,
  samples: 0.05,
  statistics: 0.06,
  quantize: 0.8,
  check: 0.83,
  cure: 0.9,
  measure: 0.96,
  write: 0.98,
  done: 1,
}

/** One call of quantize: its signal and its progress. */
export class QuantizeRun {
  readonly #signal: AbortSignal | undefined
  readonly #onProgress: ((progress: QuantizeProgress) => void) | undefined
  readonly #began = performance.now()

  constructor(signal: AbortSignal | undefined, onProgress: ((progress: QuantizeProgress) => void) | undefined) {
    this.#signal = signal
    this.#onProgress = onProgress
  }

  /**
   * Announces a stage, or how far it is.
   *
   * @param part of it that is done, from 0 to 1
   * @throws ABORTED, CALLBACK_FAILED
   */
  enter(stage: Stage, part = 0, samples: { readonly done?: number; readonly total?: number } = {}): void {
    this.refuseAborted()
    if (!this.#onProgress) return
    const next = quantizeStages[quantizeStages.indexOf(stage) + 1] ?? 'done'
    const fraction = begins[stage] + Math.min(part, 1) * (begins[next] - begins[stage])
    const elapsed = performance.now() - this.#began
    // The first samples wait for the model to be compiled, and say nothing about the rest.
    const remaining = stage === 'statistics' && part > 0.05 ? { remaining: (elapsed * (1 - fraction)) / fraction } : {}
    reportProgress(this.#onProgress, { stage, fraction, elapsed, ...samples, ...remaining })
    this.refuseAborted()
  }

  refuseAborted(): void {
    if (this.#signal?.aborted) throw abortedError(what, this.#signal)
  }

  /** The promise, or ABORTED as soon as the signal fires. What arrives after that goes to `discard`. */
  unlessAborted<T>(promise: Promise<T>, discard?: (late: T) => unknown): Promise<T> {
    return unlessAborted(promise, this.#signal, what, discard)
  }
}
