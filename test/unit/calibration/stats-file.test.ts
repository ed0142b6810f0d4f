import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compareIdentities } from '../../../lib/calibration/compare-identities.js'
import { addHistograms, mergeStatistics } from '../../../lib/calibration/merge-statistics.js'
import { type Histogram, mostSpreadSamples } from '../../../lib/calibration/statistic-points.js'
import { StatisticsCache } from '../../../lib/calibration/statistics-cache.js'
import { decodeStatistics, encodeStatistics, readStatistics, writeStatistics } from '../../../lib/calibration/stats-file.js'
import { makeStored } from './sample-statistics.js'

const folder = mkdtempSync(join(tmpdir(), 'enginery-stats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a .stats file', () => {
  it('gives back what was written, and nothing else is left beside it', async () => {
    const path = join(folder, 'a.stats')
    await writeStatistics(path, makeStored())
    expect(await readStatistics(path)).toEqual(makeStored())
    expect(readdirSync(folder)).toEqual(['a.stats'])
    expect(encodeStatistics(makeStored())).toEqual(encodeStatistics(makeStored()))
  })

  it('is refused in words where it is missing, empty, of another kind, cut or changed', async () => {
    await expect(readStatistics(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(readStatistics(folder)).rejects.toMatchObject({ code: 'FILE_NOT_READ' })
    const bytes = encodeStatistics(makeStored())
    const changed = Buffer.from(bytes)
    changed[100] = (changed[100] as number) ^ 1
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(100), bytes.subarray(0, bytes.length - 1), changed]) {
      expect(() => decodeStatistics(wrong, 'x.stats')).toThrow('x.stats holds no statistics that can be used')
    }
  })

  it('names in what it differs', () => {
    const { identity } = makeStored()
    const other = { ...identity, data: 'b', options: { ...identity.options, maxSamples: 4 } }
    expect(compareIdentities(identity, other)).toEqual([
      { field: 'data', expected: 'a', found: 'b' },
      { field: 'options.maxSamples', expected: null, found: 4 },
    ])
    expect(compareIdentities(identity, identity)).toEqual([])
  })
})

describe('parts', () => {
  it('together are the statistics of all samples', () => {
    const merged = mergeStatistics([makeStored('a', 3), makeStored('b', 1)])
    expect(merged).toMatchObject({ sampleCount: 4, identity: { model: 'm' } })
    const y = merged.statistics.get('y')
    expect(merged.statistics.get('x')?.range?.minima.length).toBe(4)
    expect(y?.channelMean?.means).toEqual(Float64Array.of(0.1, 2.5))
    expect(y?.histogram?.counts).toEqual(Float64Array.of(4, 0, 20, 8))
    expect(y?.channelSpread?.maxima).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5, 0, 1))
    expect(y?.channelSpread?.squares).toEqual(Float64Array.of(0.5, 2.5))
    expect(y?.quantiles?.high.length).toBe(4)
  })

  it('keep rows of channels for no more samples than a collection does', () => {
    const merged = mergeStatistics([makeStored('a', 100), makeStored('b', 100)])
    expect(merged.statistics.get('y')?.channelSpread?.maxima.length).toBe(2 * mostSpreadSamples)
  })

  it('of different models are refused', () => {
    const other = { ...makeStored(), identity: { ...makeStored().identity, model: 'n' } }
    expect(() => mergeStatistics([makeStored(), other])).toThrow('- model: needed here "m", found "n"')
    expect(() => mergeStatistics([])).toThrow('received none')
  })

  it('have histograms that add up in any order, whatever their widths', () => {
    const fine: Histogram = { width: 0.25, first: -3, counts: Float64Array.of(1, 2, 4, 8, 16) }
    const coarse: Histogram = { width: 1, first: 0, counts: Float64Array.of(32, 64) }
    const empty: Histogram = { width: 1, first: 0, counts: new Float64Array(0) }
    const sum = { width: 1, first: -1, counts: Float64Array.of(7, 56, 64) }
    expect(addHistograms(fine, coarse)).toEqual(sum)
    expect(addHistograms(addHistograms(coarse, empty), fine)).toEqual(sum)
  })
})

describe('a cache of statistics', () => {
  it('finds what it stored, by all that the statistics depend on', async () => {
    const cache = new StatisticsCache({ dir: join(folder, 'cache') })
    expect(await cache.lookup(makeStored().identity)).toBe(null)
    await cache.store(makeStored())
    expect(await cache.lookup(makeStored().identity)).toEqual(makeStored())
    expect(await cache.lookup(makeStored('b').identity)).toBe(null)
  })

  it('drops a damaged file, says so, and goes on', async () => {
    const dir = join(folder, 'damaged')
    const lines: string[] = []
    const logger = { debug: () => {}, info: () => {}, warn: (line: string) => void lines.push(line), error: () => {} }
    const cache = new StatisticsCache({ dir, logger })
    await cache.store(makeStored())
    const [name] = readdirSync(dir) as [string]
    writeFileSync(join(dir, name), 'ENGSTAT1 and then nothing of use, but long enough to be looked at')
    expect(await cache.lookup(makeStored().identity)).toBe(null)
    expect(lines).toEqual([expect.stringContaining('checksum')])
    expect(readdirSync(dir)).toEqual([])
  })

  it('keeps what was used last', async () => {
    const dir = join(folder, 'small')
    const { length } = encodeStatistics(makeStored())
    const cache = new StatisticsCache({ dir, maxBytes: 2.5 * length })
    for (const data of ['a', 'b']) await cache.store(makeStored(data))
    const old = new Date(Date.now() - 1e6)
    for (const name of readdirSync(dir)) utimesSync(join(dir, name), old, old)
    await cache.lookup(makeStored('a').identity)
    await cache.store(makeStored('c'))
    const kept = await Promise.all(['a', 'b', 'c'].map((data) => cache.lookup(makeStored(data).identity)))
    expect(kept.map((stored) => stored !== null)).toEqual([true, false, true])
  })

  it('never fails a call where the folder is of no use', async () => {
    writeFileSync(join(folder, 'file'), '')
    const cache = new StatisticsCache({ dir: join(folder, 'file', 'inside') })
    await cache.store(makeStored())
    expect(await cache.lookup(makeStored().identity)).toBe(null)
  })
})
