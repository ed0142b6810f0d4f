import { type Caller, engineryError } from '../../errors/enginery-error.js'

/** @param caller left out of the stack trace */
export function evaluateOptionInvalid(option: string, reason: string, caller?: Caller): Error {
  return engineryError('OPTION_INVALID', { caller: 'evaluate', option, reason }, caller ? { caller } : {})
}
