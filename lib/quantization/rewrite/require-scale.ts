import { engineryError } from '../../errors/enginery-error.js'

/** Smallest f32 that every engine computes with: below it, some flush to zero, and then divide by it. */
export const smallestNormal = 2 ** -126

/** A scale as it is stored, in f32. Zero, denormal, infinite or NaN throws BUG: whoever chose it must not let it through. */
export function requireScale(scale: number, tensor: string): number {
  const stored = Math.fround(scale)
  if (stored >= smallestNormal && stored < Number.POSITIVE_INFINITY) return stored
  throw engineryError('BUG', { reason: `inserting quantizers: ${scale} is no scale for ${tensor}` })
}
