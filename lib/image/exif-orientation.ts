const orientationTag = 0x0112
const shortType = 3
const entryLength = 12

/**
 * The orientation in the first directory of EXIF data (a TIFF header and what follows it): 1 to 8, 1 where there is none;
 * undefined where the data are damaged or say it in an unusual way.
 */
export function readExifOrientation(tiff: Uint8Array): number | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  if (view.byteLength < 8) return undefined
  const mark = view.getUint16(0)
  if (mark !== 0x4949 && mark !== 0x4d4d) return undefined
  const isLittle = mark === 0x4949
  const directory = view.getUint32(4, isLittle)
  if (view.getUint16(2, isLittle) !== 42 || directory + 2 > view.byteLength) return undefined
  const count = view.getUint16(directory, isLittle)
  if (directory + 2 + count * entryLength > view.byteLength) return undefined
  let orientation: number | undefined
  for (let i = 0; i < count; i++) {
    const at = directory + 2 + i * entryLength
    if (view.getUint16(at, isLittle) !== orientationTag) continue
    const isUsual = view.getUint16(at + 2, isLittle) === shortType && view.getUint32(at + 4, isLittle) === 1
    const value = view.getUint16(at + 8, isLittle)
    if (!isUsual || value < 1 || value > 8 || orientation !== undefined) return undefined
    orientation = value
  }
  return orientation ?? 1
}
