import { engineryError } from './enginery-error.js'

/**
 * Tells the caller's `onProgress`, where there is one.
 *
 * @throws CALLBACK_FAILED with what it threw as the cause
 */
export function reportProgress<P>(onProgress: ((progress: P) => void) | undefined, progress: P): void {
  try {
    onProgress?.(progress)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw engineryError('CALLBACK_FAILED', { callback: 'onProgress', reason }, { cause: error })
  }
}
