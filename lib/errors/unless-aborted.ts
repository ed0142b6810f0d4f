import { engineryError, isEngineryError } from './enginery-error.js'

/** What is given up, as the error says it: `The build`. */
export function abortedError(what: string, signal: AbortSignal): Error {
  return engineryError('ABORTED', { what }, { cause: signal.reason })
}

/**
 * The promise, or ABORTED as soon as the signal fires: what is waited for may never come.
 *
 * @param what for the error
 * @param discard gets what arrives after that, so that nothing that was built is leaked
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what: string,
  discard: (late: T) => unknown = () => {},
): Promise<T> {
  if (signal === undefined) return promise
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortedError(what, signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([promise, aborted])
  } catch (error) {
    if (isEngineryError(error, 'ABORTED')) promise.then(discard).catch(() => {})
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
