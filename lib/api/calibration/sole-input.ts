import type { Port } from '../../engine/backend.js'
import { type Caller, engineryError } from '../../errors/enginery-error.js'
import type { Engine } from '../../inference/engine.js'

/** The input that pictures go to. @throws OPTION_INVALID unless the engine has exactly one */
export function requireSoleInput(engine: Engine, what: { caller: Caller; name: string; option: string; of: string }): Port {
  const [port, ...others] = engine.inputs
  if (port && others.length === 0) return port
  const names = engine.inputs.map(({ name }) => name).join(', ') || 'none'
  const reason = `expected ${what.of} with one input, for pictures; this one has ${names}`
  throw engineryError('OPTION_INVALID', { caller: what.name, option: what.option, reason }, { caller: what.caller })
}
