import { describe, expect, it } from 'vitest'
import { readExifOrientation } from '../../../lib/image/exif-orientation.js'

type Entry = readonly [tag: number, type: number, count: number, value: number]

function makeExif(entries: readonly Entry[], isLittle: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 + 2 + 12 * entries.length + 4))
  view.setUint16(0, isLittle ? 0x4949 : 0x4d4d)
  view.setUint16(2, 42, isLittle)
  view.setUint32(4, 8, isLittle)
  view.setUint16(8, entries.length, isLittle)
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * index
    view.setUint16(at, tag, isLittle)
    view.setUint16(at + 2, type, isLittle)
    view.setUint32(at + 4, count, isLittle)
    view.setUint16(at + 8, value, isLittle)
  }
  return new Uint8Array(view.buffer)
}

const other: Entry = [0x011a, 5, 1, 0]

describe('readExifOrientation', () => {
  it.each([true, false])('finds it among other tags, little-endian: %s', (isLittle) => {
    for (const value of [1, 3, 6, 8]) {
      expect(readExifOrientation(makeExif([other, [0x0112, 3, 1, value], other], isLittle))).toBe(value)
    }
    expect(readExifOrientation(makeExif([other], isLittle))).toBe(1)
    expect(readExifOrientation(makeExif([], isLittle))).toBe(1)
  })

  it.each<[string, Entry[]]>([
    ['a value out of range', [[0x0112, 3, 1, 0]]],
    ['a value beyond 8', [[0x0112, 3, 1, 9]]],
    ['another type', [[0x0112, 4, 1, 6]]],
    ['two values', [[0x0112, 3, 2, 6]]],
    [
      'two entries',
      [
        [0x0112, 3, 1, 6],
        [0x0112, 3, 1, 1],
      ],
    ],
  ])('does not guess at %s', (_, entries) => {
    expect(readExifOrientation(makeExif(entries, true))).toBeUndefined()
  })

  it('does not guess where the data end early, on any length', () => {
    const whole = makeExif([other, [0x0112, 3, 1, 6]], false)
    for (let length = 0; length < whole.length - 4; length++) {
      expect(readExifOrientation(whole.subarray(0, length)), String(length)).toBeUndefined()
    }
    expect(readExifOrientation(new Uint8Array(40))).toBeUndefined()
  })
})
