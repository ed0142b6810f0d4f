import { engineryError } from '../errors/enginery-error.js'
import type { QuantizeSettings } from './quantize-options.js'
import type { Target } from './targets/target.js'

/**
 * Refuses what is valid by itself, and asks a target for what it does not compute.
 *
 * @throws OPTION_INVALID
 */
export function refuseCombinations({ activations }: Pick<QuantizeSettings, 'activations'>, target: Target): void {
  if (activations?.mode !== 'asymmetric' || target.activationType !== 'i8') return
  const reason = `expected symmetric for the target ${target.name}, whose activations are signed with a zero point of 0; received asymmetric`
  throw engineryError('OPTION_INVALID', { caller: 'quantize', option: 'activations.mode', reason })
}
