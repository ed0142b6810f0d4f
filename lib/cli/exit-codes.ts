import { isEngineryError } from '../errors/enginery-error.js'
import type { ErrorCode } from '../errors/error-table.js'

/** What the process ends with. Documented in docs/cli.md; scripts rely on it. */
export const exitCodes = {
  ok: 0,
  /** The command was understood and failed. */
  failure: 1,
  /** The command line or the configuration file is wrong: nothing was done. */
  usage: 2,
  /** 128 + the number of the signal, as shells report it. */
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const

const usageCodes: ReadonlySet<ErrorCode> = new Set([
  'USAGE_INVALID',
  'CONFIG_INVALID',
  'OPTION_INVALID',
  'TRTEXEC_OPTION_INVALID',
])

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  return isEngineryError(error) && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failure
}
