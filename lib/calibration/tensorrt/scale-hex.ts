const view = new DataView(new ArrayBuffer(4))

/** Largest integer of the symmetric 8 bits that TensorRT's implicit quantization computes with. */
export const largestInteger = 127

/** The bits of a float32 as a table has them: 1 is `3f800000`. */
export function scaleToHex(scale: number): string {
  view.setFloat32(0, scale)
  return view.getUint32(0).toString(16).padStart(8, '0')
}

/** The float32 whose bits these are; null where the text is no such number. Zeros at the front may be missing. */
export function scaleFromHex(text: string): number | null {
  if (!/^[0-9a-fA-F]{1,8}$/.test(text)) return null
  view.setUint32(0, Number.parseInt(text, 16))
  return view.getFloat32(0)
}

/** Why TensorRT cannot scale by a number; null where it can. */
export function explainScale(scale: number): 'zero' | 'nan' | 'infinite' | 'negative' | null {
  if (Number.isNaN(scale)) return 'nan'
  if (scale === 0) return 'zero'
  if (scale < 0) return 'negative'
  return Number.isFinite(scale) ? null : 'infinite'
}

// Below it the reciprocal, which engines multiply with, leaves the range of float32.
const smallestScale = 2 ** -100

/**
 * The scale of a range: of elements up to `magnitude`, in float32. What is always zero gets the smallest scale there is use
 * for, since without one TensorRT would leave the layers around it float.
 */
export function scaleOfRange(magnitude: number): number {
  return Math.fround(Math.max(magnitude / largestInteger, smallestScale))
}
