import type { BuildProgress, BuildStage } from '../../engine/backend.js'
import { reportProgress } from '../../errors/report-progress.js'
import { abortedError, unlessAborted } from '../../errors/unless-aborted.js'

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
    reportProgress(this.#onProgress, { stage, fraction, elapsed: performance.now() - this.#began })
    this.refuseAborted()
  }

  refuseAborted(): void {
    if (this.#signal?.aborted) throw abortedError(this.#what, this.#signal)
  }

  /**
   * The promise, or ABORTED as soon as the signal fires. What arrives after that goes to `discard`: nothing that was
   * built is leaked.
   */
  unlessAborted<T>(promise: Promise<T>, discard?: (late: T) => unknown): Promise<T> {
    return unlessAborted(promise, this.#signal, this.#what, discard)
  }
}
