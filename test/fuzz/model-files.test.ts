import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithData } from '../data-folder.js'
import type { BuildOutcome, ModelRequest } from './build-in-child.js'
import { countOutcomes, findFaults, runBatches } from './model-batches.js'
import { type DamagedModel, damagedModel, mutateModel } from './mutate-model.js'
import { loadSeedModels, type SeedFormat, type SeedModel } from './seed-models.js'

/** Damaged models per seed model; the environment can ask for others, or more. */
const perSeed = Number(process.env.ENGINERY_FUZZ_COUNT ?? 210)
const firstNumber = Number(process.env.ENGINERY_FUZZ_FIRST ?? 0)

const batchSize = 70
const most = 2 ** 32 // bytes; the sound models take a tenth of it

const folder = mkdtempSync(join(tmpdir(), 'enginery-fuzz-'))
let seeds: SeedModel[] = []

/** Writes a damaged model; every seventh is passed as bytes. */
function request(model: DamagedModel, to: string, index: number): ModelRequest {
  const dynamic = model.dynamic
  const path = join(to, `model-${index}${model.extension}`)
  const weights = join(to, `model-${index}.bin`)
  writeFileSync(path, model.bytes)
  if (model.weights) writeFileSync(weights, model.weights)
  if (index % 7 !== 0) return { path, dynamic }
  return model.weights ? { bytes: path, weights, dynamic } : { bytes: path, dynamic }
}

const buildAll = (models: readonly DamagedModel[], name: string) =>
  runBatches(models, { folder: join(folder, name), batchSize, write: request })

beforeAll(async () => {
  seeds = await loadSeedModels(folder)
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeWithData('damaged model files', () => {
  const formats: readonly SeedFormat[] = ['onnx', 'ir', 'tflite']

  it('are made of sound models', async () => {
    const sound = seeds.map((seed) => damagedModel(seed, seed, seed.name))
    const { outcomes } = await buildAll(sound, 'sound')
    expect(outcomes).toEqual(sound.map((_, index) => ({ index, accepted: true })))
  })

  it.each(formats)(
    '%s: the engine is built, or refused with a code; the process goes on',
    async (format) => {
      const chosen = seeds.filter((seed) => seed.format === format)
      // Two processes at a time, for two cores.
      const numbers = Array.from({ length: perSeed }, (_, index) => firstNumber + index)
      const models = chosen.flatMap((seed) => numbers.map((number) => mutateModel(seed, number)))
      const half = Math.ceil(models.length / 2)
      const [one, two] = await Promise.all([
        buildAll(models.slice(0, half), `${format}-1`),
        buildAll(models.slice(half), `${format}-2`),
      ])
      const outcomes = [...one.outcomes, ...two.outcomes]
      const peak = Math.max(one.peak, two.peak)
      const counts = countOutcomes(outcomes)
      console.info(
        `${format}: ${models.length} damaged models of ${chosen.length}, at most ${Math.round(peak / 2 ** 20)} MiB:`,
        counts,
      )
      expect(findFaults(models, outcomes)).toEqual([])
      expect(outcomes.length).toBe(chosen.length * perSeed)
      expect(peak).toBeLessThan(most)
      // Damage that nobody notices, or that always breaks the parser, would test nothing.
      expect(counts.accepted ?? 0).toBeGreaterThan(models.length / 20)
      expect(counts.accepted ?? 0).toBeLessThan(models.length * 0.9)
    },
    900_000,
  )

  it('cut off anywhere are refused', async () => {
    const cut = seeds.flatMap((seed) => {
      const { length } = seed.bytes
      const lengths = [0, 1, 3, 8, 50, Math.floor(length / 2), Math.floor(length * 0.9)]
      return lengths.map((kept) =>
        damagedModel(seed, { bytes: seed.bytes.subarray(0, kept), weights: seed.weights }, `${seed.name} up to ${kept}`),
      )
    })
    const { outcomes } = await buildAll(cut, 'cut')
    console.info(`${cut.length} cut models:`, countOutcomes(outcomes))
    expect(findFaults(cut, outcomes)).toEqual([])
    expect(cut.filter((_, index) => 'accepted' in (outcomes[index] as BuildOutcome)).map(({ what }) => what)).toEqual([])
    const empty = outcomes.filter((_, index) => cut[index]?.bytes.length === 0)
    expect(countOutcomes(empty)).toEqual({ MODEL_EMPTY: seeds.length })
  }, 300_000)

  it('with an empty or cut .bin are refused', async () => {
    const cut = seeds.flatMap((seed) => {
      const { bytes, weights } = seed
      if (!weights) return []
      return [0, weights.length >> 1, weights.length - 1].map((kept) =>
        damagedModel(seed, { bytes, weights: weights.subarray(0, kept) }, `${seed.name}, .bin up to ${kept}`),
      )
    })
    const { outcomes } = await buildAll(cut, 'bin')
    console.info(`${cut.length} cut .bin files:`, countOutcomes(outcomes))
    expect(findFaults(cut, outcomes)).toEqual([])
    expect(countOutcomes(outcomes).accepted).toBeUndefined()
  }, 300_000)
})
