import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithData } from '../data-folder.js'
import { countOutcomes, findFaults, runBatches } from './model-batches.js'
import { mutateModel } from './mutate-model.js'
import { loadSeedModels, type SeedModel } from './seed-models.js'

/** Damaged models per seed model; the environment can ask for others, or more. */
const perSeed = Number(process.env.ENGINERY_FUZZ_COUNT ?? 200)
const firstNumber = Number(process.env.ENGINERY_FUZZ_FIRST ?? 0)

const batchSize = 50
const most = 3 * 2 ** 30 // bytes

/** What samples of a sound model look like. */
const inputShapes: Readonly<Record<string, Record<string, number[]>>> = {
  'digits_cnn_bn.onnx': { input: [1, 1, 32, 32] },
  'tiny_dense_digits_96.onnx': { images: [1, 3, 96, 96] },
  'ch_ppocr_mobile_v2.0_cls_infer.onnx': { x: [1, 3, 48, 192] },
  layers: { x: [1, 4, 8, 8] },
  shapes: { x: [1, 4, 8, 8] },
}

const folder = mkdtempSync(join(tmpdir(), 'enginery-fuzz-quantize-'))
let seeds: SeedModel[] = []

interface Damaged {
  readonly bytes: Uint8Array
  readonly inputs: Record<string, number[]>
  readonly what: string
}

const quantizeAll = (models: readonly Damaged[], name: string) =>
  runBatches(models, {
    folder: join(folder, name),
    batchSize,
    program: 'quantize-models',
    write({ bytes, inputs }, to, index) {
      const path = join(to, `model-${index}.onnx`)
      writeFileSync(path, bytes)
      return { path, inputs, dynamic: false }
    },
  })

beforeAll(async () => {
  seeds = (await loadSeedModels(folder)).filter(({ format }) => format === 'onnx')
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describeWithData('damaged models to be quantized', () => {
  it('are made of sound ones', async () => {
    const sound = seeds.map(({ name, bytes }) => ({ bytes, inputs: inputShapes[name] ?? {}, what: name }))
    const { outcomes } = await quantizeAll(sound, 'sound')
    expect(outcomes).toEqual(sound.map((_, index) => ({ index, accepted: true })))
  })

  it('are quantized, or refused with a code; the process goes on', async () => {
    const models = seeds.flatMap((seed) =>
      Array.from({ length: perSeed }, (_, index): Damaged => {
        const { bytes, what } = mutateModel(seed, firstNumber + index)
        return { bytes, inputs: inputShapes[seed.name] ?? {}, what }
      }),
    )
    // Two processes at a time, for two cores.
    const half = Math.ceil(models.length / 2)
    const [one, two] = await Promise.all([quantizeAll(models.slice(0, half), '1'), quantizeAll(models.slice(half), '2')])
    const outcomes = [...one.outcomes, ...two.outcomes]
    const counts = countOutcomes(outcomes)
    const peak = Math.max(one.peak, two.peak)
    console.info(`${models.length} damaged models, at most ${Math.round(peak / 2 ** 20)} MiB:`, counts)
    expect(findFaults(models, outcomes)).toEqual([])
    expect(outcomes.length).toBe(seeds.length * perSeed)
    expect(peak).toBeLessThan(most)
    // Damage that nobody notices, or that always breaks the parser, would test nothing.
    expect(counts.accepted ?? 0).toBeGreaterThan(models.length / 20)
    expect(counts.accepted ?? 0).toBeLessThan(models.length * 0.95)
  }, 900_000)
})
