import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuildOutcome, buildInChild } from './build-in-child.js'
import type { Mutant } from './mutate-bytes.js'
import { mutatePicture } from './mutate-picture.js'
import { makeSeedPictures, type PictureFormat, type SeedPicture } from './pictures-to-damage.js'

// 500 and a few; ENGINERY_FUZZ_PICTURES sets how many of each seed, ENGINERY_FUZZ_FIRST where the numbers begin.
const perSeed = Number(process.env.ENGINERY_FUZZ_PICTURES ?? 32)
const firstNumber = Number(process.env.ENGINERY_FUZZ_FIRST ?? 0)

/** Node itself takes some 80 MiB; a picture of the limit, 2^22 pixels, has 12 MiB, and codecs hold it in several forms. */
const most = 256 * 2 ** 20

const folder = mkdtempSync(join(tmpdir(), 'enginery-pictures-'))
let seeds: readonly SeedPicture[] = []

beforeAll(async () => {
  seeds = await makeSeedPictures()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function decodeAll(pictures: readonly Mutant[], name: string) {
  const here = join(folder, name)
  mkdirSync(here)
  const paths = pictures.map(({ bytes }, index) => {
    const path = join(here, `${index}.bin`)
    writeFileSync(path, bytes)
    return path
  })
  return await buildInChild(paths, here, 'decode-pictures')
}

function faults(pictures: readonly Mutant[], outcomes: readonly BuildOutcome[]) {
  return outcomes.flatMap((outcome, index) => {
    const isRefused = 'code' in outcome && /^IMAGE_(CORRUPT|TOO_LARGE)$/.test(outcome.code)
    return 'accepted' in outcome || isRefused ? [] : [{ picture: pictures[index]?.what, outcome }]
  })
}

describe('damaged pictures', () => {
  it('are made of sound ones', async () => {
    const sound = seeds.map(({ name, format, bytes }) => ({ bytes, what: `${format}, ${name}` }))
    const { outcomes } = await decodeAll(sound, 'sound')
    expect(outcomes).toEqual(sound.map((_, index) => ({ index, accepted: true })))
  })

  it.each(['jpeg', 'png', 'webp', 'tiff'] satisfies PictureFormat[])(
    '%s: decoded or refused with a code, within bounds of memory; the process goes on',
    async (format) => {
      const chosen = seeds.filter((seed) => seed.format === format)
      const pictures = chosen.flatMap((seed) =>
        Array.from({ length: perSeed }, (_, index) => {
          const { bytes, what } = mutatePicture(seed, firstNumber + index)
          return { bytes, what: `${format}, ${seed.name}, ${firstNumber + index}: ${what}` }
        }),
      )
      const { outcomes, peak } = await decodeAll(pictures, format)
      const decoded = outcomes.filter((outcome) => 'accepted' in outcome).length
      console.info(`${format}: ${decoded} of ${pictures.length} decoded, at most ${Math.round(peak / 2 ** 20)} MiB`)
      expect(faults(pictures, outcomes)).toEqual([])
      expect(outcomes.length).toBe(pictures.length)
      expect(peak).toBeLessThan(most)
      // Damage that nobody notices, or that always breaks the head, would test nothing.
      expect(decoded).toBeGreaterThan(pictures.length / 20)
      expect(decoded).toBeLessThan(pictures.length * 0.95)
    },
  )
})
