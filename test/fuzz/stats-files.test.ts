import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeStatistics, encodeStatistics } from '../../lib/calibration/stats-file.js'
import { isEngineryError } from '../../lib/errors/enginery-error.js'
import { makeStored } from '../unit/calibration/sample-statistics.js'
import { mutateBytes, truncateBytes } from './mutate-bytes.js'
import { SeededRandom } from './seeded-random.js'

const mutants = Number(process.env.ENGINERY_FUZZ_STATS ?? 300)
const digestBytes = 32

/** With a checksum that is right, so that what lies behind it is looked at. */
function sign(content: Uint8Array): Buffer {
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

describe('damaged .stats files', () => {
  it.each(['as they are', 'with a checksum that fits'])('%s: refused with a code, or statistics', (kind) => {
    const sound = encodeStatistics(makeStored())
    let refused = 0
    for (let index = 0; index < mutants; index++) {
      const random = new SeededRandom(`${kind} ${index}`)
      const isSigned = kind !== 'as they are'
      const original = isSigned ? sound.subarray(0, sound.length - digestBytes) : sound
      const { bytes, what } = (random.chance(0.2) ? truncateBytes : mutateBytes)(original, random)
      const damaged = isSigned ? sign(bytes) : bytes
      if (damaged.equals(sound)) continue
      try {
        decodeStatistics(damaged, 'x.stats')
        expect(isSigned, `${index}: ${what}`).toBe(true)
      } catch (error) {
        expect(isEngineryError(error, 'STATISTICS_INVALID'), `${index}: ${what}: ${error}`).toBe(true)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(mutants / 2)
  })
})
