import { boundaryValues } from './boundary-values.js'
import type { SeededRandom } from './seeded-random.js'

/** A damaged copy, and what was done to it in words. */
export interface Mutant {
  readonly bytes: Buffer
  readonly what: string
}

/** From `start` up to, and without, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Changes one to eight places: bits, bytes, numbers at their boundaries, pieces deleted, doubled, copied over or
 * replaced by noise.
 *
 * @param weights where hardly anything is changed: weights of other values are a model like any other
 */
export function mutateBytes(original: Uint8Array, random: SeededRandom, weights: readonly ByteRange[] = []): Mutant {
  let bytes: Buffer = Buffer.from(original)
  const done: string[] = []
  for (let left = random.pick([1, 1, 1, 2, 4, 8]); left > 0 && bytes.length > 0; left--) {
    const at = pickPosition(bytes.length, random, weights)
    const change = random.pick(changes)
    bytes = change(bytes, at, random)
    done.push(`${change.name} at ${at}`)
  }
  return { bytes, what: done.join(', ') }
}

/** Cuts the end off. */
export function truncateBytes(original: Uint8Array, random: SeededRandom): Mutant {
  const { length } = original
  const kept = random.pick([
    random.below(length),
    random.below(Math.min(length, 200)),
    Math.max(0, length - 1 - random.below(64)),
  ])
  return { bytes: Buffer.from(original.subarray(0, kept)), what: `the first ${kept} bytes` }
}

/** Noise, behind nothing or behind the first bytes, which tell formats apart. */
export function replaceByNoise(original: Uint8Array, random: SeededRandom): Mutant {
  const kept = random.pick([0, 8, 16, 64])
  const noise = random.bytes(random.pick([1, 4, 16, 100, 5000]))
  return { bytes: Buffer.concat([original.subarray(0, kept), noise]), what: `${noise.length} bytes of noise after ${kept}` }
}

type Change = (bytes: Buffer, at: number, random: SeededRandom) => Buffer

const flipBit: Change = (bytes, at, random) => {
  bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
  return bytes
}

const setByte: Change = (bytes, at, random) => {
  bytes[at] = random.pick([0, 1, 127, 128, 255, random.below(256)])
  return bytes
}

const setNumber: Change = (bytes, at, random) => {
  const width = random.pick([1, 2, 4, 4, 4, 8])
  const aligned = random.chance(0.7) ? at - (at % width) : at
  const number = Buffer.alloc(8)
  number.writeBigUInt64LE(random.pick(boundaryValues))
  number.copy(bytes, aligned, 0, Math.min(width, bytes.length - aligned))
  return bytes
}

const deletePiece: Change = (bytes, at, random) => {
  const length = random.pick([1, 2, 4, 16, 64, 256, 1024])
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
}

const doublePiece: Change = (bytes, at, random) => {
  const end = at + random.pick([1, 2, 4, 16, 64])
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
}

const copyPiece: Change = (bytes, at, random) => {
  const from = random.below(bytes.length)
  bytes.copy(bytes, at, from, Math.min(bytes.length, from + random.pick([4, 16, 64, 256])))
  return bytes
}

const writeNoise: Change = (bytes, at, random) => {
  random.bytes(random.pick([4, 16, 64])).copy(bytes, at)
  return bytes
}

// What keeps the layout comes more often: a shift breaks the format at once, and only the parser is seen.
const changes = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  setNumber,
  setNumber,
  setNumber,
  deletePiece,
  doublePiece,
  copyPiece,
  writeNoise,
]

function pickPosition(length: number, random: SeededRandom, weights: readonly ByteRange[]): number {
  for (let tries = 0; tries < 50; tries++) {
    const at = random.below(length)
    if (random.chance(0.05) || !weights.some(({ start, end }) => at >= start && at < end)) return at
  }
  return random.below(length)
}
