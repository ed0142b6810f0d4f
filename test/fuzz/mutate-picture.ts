import { crc32 } from 'node:zlib'
import { boundaryValues } from './boundary-values.js'
import { type Mutant, mutateBytes, truncateBytes } from './mutate-bytes.js'
import type { PictureFormat, SeedPicture } from './pictures-to-damage.js'
import { SeededRandom } from './seeded-random.js'

/** A chunk, segment or directory entry: a place in the file with a head that says what it is and how long. */
interface Part {
  readonly name: string
  readonly start: number
  /** Where its content starts and ends. */
  readonly content: number
  readonly end: number
}

/** A damaged copy; the same number gives the same copy. Half of the damage is aimed at what the format consists of. */
export function mutatePicture(seed: SeedPicture, number: number): Mutant {
  const random = new SeededRandom(`${seed.format} ${seed.name} ${number}`)
  const dice = random.below(100)
  if (dice < 12) return truncateBytes(seed.bytes, random)
  if (dice < 45) return mutateBytes(seed.bytes, random)
  return mutateParts(seed, random)
}

function mutateParts({ bytes: original, format }: SeedPicture, random: SeededRandom): Mutant {
  let bytes: Buffer = Buffer.from(original)
  const done: string[] = []
  for (let left = random.pick([1, 1, 2, 3]); left > 0; left--) {
    const parts = listParts(bytes, format)
    if (parts.length === 0) break
    const part = random.pick(parts)
    const [what, changed] = changePart(bytes, part, random)
    bytes = changed
    done.push(`${part.name} at ${part.start}: ${what}`)
  }
  return { bytes: format === 'png' ? withChecksums(bytes) : bytes, what: done.join(', ') }
}

function changePart(bytes: Buffer, part: Part, random: SeededRandom): [string, Buffer] {
  const { start, content, end } = part
  const copy = Buffer.from(bytes)
  const whole = copy.subarray(start, end)
  switch (random.below(7)) {
    case 0:
      return ['left out', Buffer.concat([copy.subarray(0, start), copy.subarray(end)])]
    case 1:
      return ['doubled', Buffer.concat([copy.subarray(0, end), whole, copy.subarray(end)])]
    case 2:
      return ['moved to the end', Buffer.concat([copy.subarray(0, start), copy.subarray(end), whole])]
    case 3: {
      const at = start + random.below(content - start)
      copy[at] = random.pick([0, 1, 0xff, 0xc0, random.below(256)])
      return [`byte ${at - start} of its head set`, copy]
    }
    default: {
      // Fields lie at the front: sizes, depths, counts, offsets.
      const span = end - content
      if (span === 0) return ['left as it is', copy]
      const at = content + random.below(random.chance(0.7) ? Math.min(span, 24) : span)
      const width = Math.min(random.pick([1, 2, 4]), end - at)
      const value = Number(BigInt.asUintN(width * 8, random.pick(boundaryValues)))
      if (random.chance(0.5)) copy.writeUIntLE(value, at, width)
      else copy.writeUIntBE(value, at, width)
      return [`${width} bytes at ${at - content} set to ${value}`, copy]
    }
  }
}

function listParts(bytes: Buffer, format: PictureFormat): Part[] {
  if (format === 'jpeg') return listSegments(bytes)
  if (format === 'tiff') return listEntries(bytes)
  return listChunks(bytes, format)
}

/** JPEG: a marker, a length of two bytes that counts itself, the content; pixels follow the last. */
function listSegments(bytes: Buffer): Part[] {
  const parts: Part[] = []
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] as number
    const end = Math.min(bytes.length, at + 2 + bytes.readUInt16BE(at + 2))
    if (end < at + 4) break
    parts.push({ name: `segment ${marker.toString(16)}`, start: at, content: at + 4, end })
    if (marker === 0xda) break
    at = end
  }
  return parts
}

/** PNG (length, name, content, checksum) and WebP (name, length, content, padding to even). */
function listChunks(bytes: Buffer, format: 'png' | 'webp'): Part[] {
  const parts: Part[] = []
  const isPng = format === 'png'
  for (let at = isPng ? 8 : 12; at + 8 <= bytes.length; ) {
    const length = isPng ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at + 4)
    const end = at + 8 + length + (isPng ? 4 : length % 2)
    if (end > bytes.length) break
    const name = bytes.toString('latin1', isPng ? at + 4 : at, isPng ? at + 8 : at + 4)
    parts.push({ name, start: at, content: at + 8, end })
    at = end
  }
  return parts
}

/** TIFF: entries of 12 bytes in the first directory, and the directory's count. */
function listEntries(bytes: Buffer): Part[] {
  if (bytes.length < 8) return []
  const isLittle = bytes[0] === 0x49
  const u16 = (at: number) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const directory = isLittle ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4)
  if (directory + 2 > bytes.length) return []
  const parts: Part[] = [{ name: 'head', start: 0, content: 4, end: 8 }]
  for (let i = 0; i < u16(directory); i++) {
    const start = directory + 2 + 12 * i
    if (start + 12 > bytes.length) break
    // Type and count are its head's; the value, or where it is, its content.
    parts.push({ name: `tag ${u16(start)}`, start, content: start + 4, end: start + 12 })
  }
  return parts
}

/** So that a decoder looks at what was changed, and not at the checksum only. */
function withChecksums(bytes: Buffer): Buffer {
  for (const { start, end } of listChunks(bytes, 'png')) {
    bytes.writeUInt32BE(crc32(bytes.subarray(start + 4, end - 4)), end - 4)
  }
  return bytes
}
