import { describeValue } from './describe-value.js'
import { type Caller, engineryError } from './enginery-error.js'

/**
 * For arguments that callers without types may get wrong.
 * @param expected in words, for the message
 * @throws OPTION_INVALID
 */
export function requireArgument(isRight: boolean, expected: string, value: unknown, option: string, caller: Caller): void {
  if (isRight) return
  const reason = `expected ${expected}, received ${describeValue(value)}`
  throw engineryError('OPTION_INVALID', { caller: caller.name, option, reason }, { caller })
}

/** @throws OPTION_INVALID unless it is a text that is not empty */
export function requireText(value: unknown, expected: string, option: string, caller: Caller): asserts value is string {
  requireArgument(typeof value === 'string' && value !== '', expected, value, option, caller)
}

/** @throws OPTION_INVALID unless it is an object that is no list */
export function requireObject(value: unknown, expected: string, option: string, caller: Caller): asserts value is object {
  requireArgument(typeof value === 'object' && value !== null && !Array.isArray(value), expected, value, option, caller)
}
