import type { EstimateContext } from '../calibration/estimate-range.js'
import type { QuantizerParameters, QuantizerScheme } from './quantizer.js'

/** Smallest and largest value that a quantizer must represent; `min <= 0 <= max` is made so. */
export interface ValueRange {
  readonly min: number
  readonly max: number
}

/** What range estimators must know of a quantizer: signed integers have 127 above zero though nothing is below. */
export function contextOf({ isSymmetric, type }: QuantizerScheme): EstimateContext {
  return type === 'i8' ? { isSymmetric, steps: 127 } : { isSymmetric }
}

// Below it a scale's reciprocal, which engines multiply with, leaves the range of float32.
const smallestScale = 2 ** -100

/**
 * Scale and zero point for a range. Zero is always represented exactly, since padding and what Relu cuts off are zero.
 * The scale is a float32 already, so that who computes with it gets what engines get.
 */
export function parametersForRange(range: ValueRange, scheme: QuantizerScheme): QuantizerParameters {
  const min = Number.isNaN(range.min) ? 0 : Math.min(range.min, 0)
  const max = Number.isNaN(range.max) ? 0 : Math.max(range.max, 0)
  const isOneSided = min === 0 && scheme.type === 'u8'
  if (isOneSided) return { type: 'u8', scale: cleanScale(max / 255), zeroPoint: 0 }
  if (scheme.isSymmetric) {
    const scale = cleanScale(Math.max(-min, max) / 127)
    return scheme.type === 'u8' ? { type: 'u8', scale, zeroPoint: 128 } : { type: 'i8', scale, zeroPoint: 0 }
  }
  const scale = cleanScale((max - min) / 255)
  return { type: 'u8', scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-min / scale))) }
}

function cleanScale(scale: number): number {
  return Math.fround(Math.max(Number.isFinite(scale) ? scale : 1, smallestScale))
}

/** The values between which nothing is cut off. */
export function representedRange({ type, scale, zeroPoint }: QuantizerParameters): ValueRange {
  const [low, high] = type === 'i8' ? [-128, 127] : [0, 255]
  return { min: (low - zeroPoint) * scale, max: (high - zeroPoint) * scale }
}
