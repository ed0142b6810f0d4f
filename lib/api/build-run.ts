import type { BuildProgress, BuildStage } from '../engine/backend.js'
import { engineryError, isEngineryError } from '../errors/enginery-error.js'

/** One call of buildEngine or loadEngine: its signal and its progress. */
export class BuildRun {
  readonly #stages: readonly BuildStage[]
  readonly #signal: AbortSignal | undefined
  readonly #onProgress: ((progress: BuildProgress) => void) | undefined
  readonly #what: string
  readonly #began = performance.now()

  constructor(
    what: string,
    stages: readonly BuildStage[],
    signal: AbortSignal | undefined,
    onProgress: ((progress: BuildProgress) => void) | undefined,
  ) {
    this.#what = what
    this.#stages = stages
    this.#signal = signal
    this.#onProgress = onProgress
  }

  /**
   * Announces a stage.
   *
   * @param part of it that is done, from 0 to 1
   * @throws ABORTED, CALLBACK_FAILED
   */
  enter(stage: BuildStage, part = 0): void {
    this.refuseAborted()
    if (!this.#onProgress) return
    const index = this.#stages.indexOf(stage)
    const fraction = stage === 'done' ? 1 : (Math.max(0, index) + part) / this.#stages.length
    try {
      this.#onProgress({ stage, fraction, elapsed: performance.now() - this.#began })
    } catch (error) {
      throw engineryError(
        'CALLBACK_FAILED',
        { callback: 'onProgress', reason: error instanceof Error ? error.message : String(error) },
        { cause: error },
      )
    }
    this.refuseAborted()
  }

  refuseAborted(): void {
    if (this.#signal?.aborted) throw this.#aborted(this.#signal)
  }

  /**
   * The promise, or ABORTED as soon as the signal fires. What arrives after that goes to `discard`: nothing that was
   * built is leaked.
   */
  async unlessAborted<T>(promise: Promise<T>, discard: (late: T) => unknown = () => {}): Promise<T> {
    const signal = this.#signal
    if (!signal) return promise
    let onAbort: (() => void) | undefined
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.#aborted(signal))
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    })
    try {
      return await Promise.race([promise, aborted])
    } catch (error) {
      if (isEngineryError(error, 'ABORTED')) promise.then(discard).catch(() => {})
      throw error
    } finally {
      if (onAbort) signal.removeEventListener('abort', onAbort)
    }
  }

  #aborted(signal: AbortSignal): Error {
    return engineryError('ABORTED', { what: this.#what }, { cause: signal.reason })
  }
}
