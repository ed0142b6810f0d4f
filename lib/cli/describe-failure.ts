import { type EngineryError, engineryError, isEngineryError } from '../errors/enginery-error.js'
import { commandLineCure } from './command-line-cure.js'

/** Whatever a command threw, as an error of ours. */
export function toEngineryError(error: unknown): EngineryError {
  if (isEngineryError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return engineryError('BUG', { reason }, { cause: error })
}

/** `error CODE: message`, the cure, the options that it comes down to here, and, when asked for, the engine's log lines and the chain of causes with stacks. */
export function describeFailure(error: EngineryError, verbose: boolean): string {
  const lines = [`error ${error.code}: ${error.message}`, `cure: ${error.cure}`]
  const option = commandLineCure(error.code)
  if (option !== undefined) lines.push(`here: ${option}`)
  if (verbose) {
    lines.push(...error.engineLog.map((line) => `engine: ${line.trimEnd()}`))
    lines.push(...stacks(error))
  } else if (error.engineLog.length > 0) {
    const count = error.engineLog.length
    lines.push(`(the engine logged ${count} ${count === 1 ? 'line' : 'lines'}: --verbose shows them)`)
  }
  return lines.join('\n')
}

function* stacks(error: Error): Iterable<string> {
  const seen = new Set<unknown>()
  for (let current: unknown = error; current instanceof Error && !seen.has(current); current = current.cause) {
    if (current !== error) yield `caused by: ${current.message}`
    yield* (current.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
    seen.add(current)
  }
}
