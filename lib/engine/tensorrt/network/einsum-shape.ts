import type { NetworkTensor } from './network-tensor.js'
import type { LayerCall } from './recording.js'

/**
 * The shape that an equation such as `bij,bjk->bik` makes; letters that it leaves out on the right are summed over.
 *
 * @throws NETWORK_LAYER_INVALID
 */
export function readEquation(call: LayerCall, equation: unknown, tensors: readonly NetworkTensor[]): number[] {
  const parts = typeof equation === 'string' ? /^([a-zA-Z,]+)->([a-zA-Z]*)$/.exec(equation.replace(/\s/g, '')) : null
  if (!parts) return call.refuse('an equation of letters, such as bij,bjk->bik', String(equation))
  const terms = (parts[1] as string).split(',')
  if (terms.length !== tensors.length) call.refuse(`an equation of ${tensors.length} inputs`, String(equation))
  const lengths = new Map<string, number>()
  for (const [index, term] of terms.entries()) readTerm(call, term, tensors[index] as NetworkTensor, lengths)
  return [...(parts[2] as string)].map((letter) => {
    const length = lengths.get(letter)
    return length ?? call.refuse('letters on the right that stand on the left', letter)
  })
}

function readTerm(call: LayerCall, term: string, tensor: NetworkTensor, lengths: Map<string, number>): void {
  const { shape } = tensor
  if (shape !== null && shape.length !== term.length) call.refuse(`${term.length} dimensions for ${term}`, String(tensor))
  for (const [axis, letter] of [...term].entries()) {
    const length = shape?.[axis] ?? -1
    const before = lengths.get(letter) ?? -1
    if (before >= 0 && length >= 0 && before !== length)
      call.refuse(`${before} for ${letter}, as before`, `${length} in ${tensor}`)
    lengths.set(letter, Math.max(before, length))
  }
}
