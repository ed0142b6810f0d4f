import { setImmediate as nextTurn } from 'node:timers/promises'
import { engineryError } from '../errors/enginery-error.js'

/** How long a computation may hold the event loop, in milliseconds. */
const TURN_MS = 20

/**
 * For loops that compute for long: to be called in each round, gives the event loop its turn when it has waited long enough.
 *
 * @param what for the message, for example `Resampling`
 * @throws ABORTED
 */
export function takeTurns(what: string, signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (signal?.aborted) throw engineryError('ABORTED', { what }, { cause: signal.reason })
    if (performance.now() - since < TURN_MS) return undefined
    return nextTurn().then(() => {
      since = performance.now()
    })
  }
}

/** Runs a computation that says where it may be interrupted. @throws ABORTED */
export async function completeInTurns<T>(steps: Generator<void, T>, turn: () => Promise<void> | undefined): Promise<T> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await turn()
  }
}

/** As {@link completeInTurns}, without interruption. */
export function completeAtOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
