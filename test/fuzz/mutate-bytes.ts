/**
 * Damages files the way disks, transfers and careless tools do, and the way an attacker would: bits, bytes, chunks, ends,
 * and integers at the edges of their range. The same seed damages the same file alike.
 */

export interface Mutant {
  readonly bytes: Uint8Array
  /** What was done, for the report. */
  readonly description: string
}

/** A small generator with a full period of 2^32 (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const edgeValues = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff]

type Damage = (bytes: Uint8Array, at: number, random: () => number) => [Uint8Array, string]

const damages: readonly Damage[] = [
  (bytes, at, random) => {
    const bit = 1 << Math.floor(random() * 8)
    bytes[at] = (bytes[at] as number) ^ bit
    return [bytes, `bit ${bit} at ${at}`]
  },
  (bytes, at, random) => {
    const value = ([0, 0xff, 0x7f, 0x80][Math.floor(random() * 5)] ?? Math.floor(random() * 256)) as number
    bytes[at] = value
    return [bytes, `byte ${value} at ${at}`]
  },
  (bytes, at, random) => {
    const value = edgeValues[Math.floor(random() * edgeValues.length)] as number
    for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = (value >>> (8 * i)) & 0xff
    return [bytes, `integer ${value} at ${at}`]
  },
  (bytes, at, random) => {
    const count = 1 + Math.floor(random() * 16)
    for (let i = 0; i < count && at + i < bytes.length; i++) bytes[at + i] = Math.floor(random() * 256)
    return [bytes, `${count} random bytes at ${at}`]
  },
  (bytes, at, random) => {
    const count = 1 + Math.floor(random() * 64)
    return [Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]), `${count} bytes cut out at ${at}`]
  },
  (bytes, at, random) => {
    const count = 1 + Math.floor(random() * 64)
    return [Buffer.concat([bytes.subarray(0, at + count), bytes.subarray(at)]), `${count} bytes doubled at ${at}`]
  },
  (bytes, at, random) => {
    const from = Math.floor(random() * bytes.length)
    const count = 1 + Math.floor(random() * 32)
    bytes.copyWithin(at, from, from + count)
    return [bytes, `${count} bytes from ${from} at ${at}`]
  },
  (bytes, at) => [bytes.subarray(0, at), `cut off at ${at}`],
]

/** Damages a copy of `bytes` once to four times. Offsets favour both ends: weights in the middle are only numbers. */
export function mutateBytes(original: Uint8Array, seed: number): Mutant {
  const random = makeRandom(seed)
  let bytes: Uint8Array = new Uint8Array(original)
  const done: string[] = []
  for (let left = 1 + Math.floor(random() * 4); left > 0 && bytes.length > 0; left--) {
    const damage = damages[Math.floor(random() * damages.length)] as Damage
    const [changed, description] = damage(bytes, pickOffset(bytes.length, random), random)
    bytes = new Uint8Array(changed)
    done.push(description)
  }
  return { bytes, description: done.join('; ') }
}

function pickOffset(length: number, random: () => number): number {
  const place = random()
  const near = Math.min(length, 6000)
  if (place < 0.55) return Math.floor(random() * near)
  if (place < 0.85) return length - 1 - Math.floor(random() * near)
  return Math.floor(random() * length)
}
