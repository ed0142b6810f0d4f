/** The picture that scripts/make-resampling-references.py computes as well: noise with steep edges. */
export function makePicture(width: number, height: number, channels = 3): Uint8Array {
  return Uint8Array.from({ length: width * height * channels }, (_, index) => {
    const value = Math.imul(index, 2654435761) >>> 24
    return Math.floor(index / 7) % 2 === 0 ? value : value > 127 ? 255 : 0
  })
}
