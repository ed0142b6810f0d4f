import { exitCodes } from './exit-codes.js'

const exitCodeBySignal = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hangup,
} as const satisfies Partial<Record<NodeJS.Signals, number>>

type StopSignal = keyof typeof exitCodeBySignal

export interface Interruption {
  /** Aborted by the first Ctrl-C (SIGINT), SIGTERM or SIGHUP. */
  readonly signal: AbortSignal
  /** What to end with once stopped; undefined while nothing asked for it. */
  readonly exitCode: number | undefined
}

/**
 * Turns the first signal into an abort, so that the command can clean up, and lets the second one end the process as if
 * nobody listened.
 */
export function watchInterrupts(onFirst: () => void): Interruption {
  const controller = new AbortController()
  let exitCode: number | undefined
  const stop = (name: StopSignal) => {
    if (exitCode === undefined) {
      exitCode = exitCodeBySignal[name]
      onFirst()
      controller.abort(new Error(`received ${name}`))
      return
    }
    process.removeAllListeners(name)
    process.kill(process.pid, name)
  }
  for (const name of Object.keys(exitCodeBySignal) as StopSignal[]) process.on(name, () => stop(name))
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode
    },
  }
}
