import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  encodeCalibrationTable,
  parseCalibrationTable,
  scanCalibrationTable,
} from '../../lib/calibration/tensorrt/calibration-table.js'
import { chooseCalibrationTable } from '../../lib/calibration/tensorrt/choose-table.js'
import { rangesFromTable, scalesFromJson } from '../../lib/calibration/tensorrt/json-ranges.js'
import { parseTableManifest, readTableManifest, saveCalibrationTable } from '../../lib/calibration/tensorrt/table-manifest.js'
import { readEngineFiles, saveEngineFiles } from '../../lib/engine/engine-file.js'
import type { ManifestContent } from '../../lib/engine/manifest.js'
import { parseOptimizationProfiles } from '../../lib/engine/tensorrt/profile-file.js'
import { TimingCacheFile } from '../../lib/engine/tensorrt/timing-cache-file.js'
import { isEngineryError } from '../../lib/errors/enginery-error.js'
import { writtenByTensorRt } from '../unit/calibration/tensorrt/table-lines.js'
import { mutateBytes, replaceByNoise, truncateBytes } from './mutate-bytes.js'
import { SeededRandom } from './seeded-random.js'

const mutants = Number(process.env.ENGINERY_FUZZ_TENSORRT_FILES ?? 2000)

const longTable = `TRT-101501-MinMaxCalibration\r\n${Array.from(
  { length: 60 },
  (_, at) => `/layers.${at}/Conv_output_0: ${(0x3c010a14 + at * 977).toString(16)}\r\n`,
).join('')}`

function damage(original: Uint8Array, name: string): { bytes: Buffer; what: string } {
  const random = new SeededRandom(name)
  const how = random.pick([mutateBytes, mutateBytes, mutateBytes, truncateBytes, replaceByNoise])
  return how(original, random)
}

/** The code of what it throws; null where it throws nothing. Anything without a code fails. */
async function codeOf(work: () => unknown, what: string): Promise<string | null> {
  try {
    await work()
    return null
  } catch (error) {
    expect(isEngineryError(error), `${what}: ${error instanceof Error ? error.stack : error}`).toBe(true)
    return (error as { code: string }).code
  }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-fuzz-tensorrt-'))
})
afterEach(() => rm(folder, { recursive: true }))

const planContent: ManifestContent = {
  backend: 'tensorrt',
  model: { sha256: 'a'.repeat(64), bytes: 100, name: 'm.onnx', format: 'onnx' },
  options: {
    product: 'tensorrt',
    precision: 'int8',
    builder: { optimizationLevel: 3 },
    plugins: [{ name: 'p.so', sha256: 'b'.repeat(64) }],
  },
  versions: { enginery: '0.1.0', tensorrt: '10.15.1.29' },
  devices: [{ name: 'GPU', fullName: 'A10', properties: { computeCapability: '8.6' } }],
  cpuFeatures: [],
  inputs: [{ name: 'x', names: ['x'], type: 'f32', shape: ['dynamic', 3] }],
  outputs: [{ name: 'y', names: ['y'], type: 'f32', shape: ['dynamic', 3] }],
  precisions: { i8: 3 },
  requestCount: 1,
}

const origin = {
  model: { sha256: 'a'.repeat(64), name: 'x.onnx' },
  data: 'd',
  preprocess: null,
  samples: 8,
  calibrator: { algorithm: 'entropy2', by: 'enginery', options: {} },
} as const

describe(`${mutants} of each: coded errors, or what is sound`, () => {
  it('calibration tables: what is read comes back byte for byte, with scales that TensorRT can use', async () => {
    let refused = 0
    for (let index = 0; index < mutants; index++) {
      const original = Buffer.from(index % 2 ? longTable : writtenByTensorRt)
      const { bytes, what } = damage(original, `table ${index}`)
      const { table, problems } = scanCalibrationTable(bytes)
      for (const scale of table?.scales.values() ?? []) expect(scale > 0 && Number.isFinite(scale), what).toBe(true)
      const code = await codeOf(() => {
        expect(encodeCalibrationTable(parseCalibrationTable(bytes)).equals(bytes), what).toBe(true)
      }, what)
      expect(code, what).toBe(problems.length > 0 ? 'CALIBRATION_TABLE_INVALID' : null)
      if (code !== null) refused++
    }
    expect(refused).toBeGreaterThan(mutants / 4)
    expect(refused).toBeLessThan(mutants)
  })

  it('tables beside their manifest: never used as they are once their bytes differ', async () => {
    const path = join(folder, 'x.calib')
    await saveCalibrationTable(path, parseCalibrationTable(Buffer.from(writtenByTensorRt)), origin)
    const sound = await readFile(path)
    for (let index = 0; index < Math.min(mutants, 400); index++) {
      const { bytes, what } = damage(sound, `beside ${index}`)
      await writeFile(path, bytes)
      const onUnfit = (['refuse', 'use', 'recalibrate'] as const)[index % 3] as 'refuse'
      const needed = { algorithm: 'entropy2', major: 10, version: '10.15.1' } as const
      const code = await codeOf(async () => {
        const { table, findings } = await chooseCalibrationTable(path, needed, { onUnfit })
        expect(findings.length, what).toBeGreaterThan(0)
        if (table === null) return
        const written = encodeCalibrationTable(table).toString()
        expect(written, what).toMatch(/^TRT-101501-EntropyCalibration2\r?\n/)
        parseCalibrationTable(Buffer.from(written))
      }, what)
      if (onUnfit === 'refuse') expect(code, what).toBe('CALIBRATION_TABLE_UNFIT')
      else expect([null, 'CALIBRATION_TABLE_UNFIT'], what).toContain(code)
    }
  })

  it('manifests of tables', async () => {
    const path = join(folder, 'x.calib')
    await saveCalibrationTable(path, parseCalibrationTable(Buffer.from(writtenByTensorRt)), origin)
    const sound = await readFile(`${path}.json`)
    const manifest = await readTableManifest(path)
    let refused = 0
    for (let index = 0; index < mutants; index++) {
      const { bytes, what } = damage(sound, `manifest ${index}`)
      const code = await codeOf(() => {
        expect(Object.keys(parseTableManifest(bytes.toString('utf8'), 'x')), what).toEqual(Object.keys(manifest ?? {}))
      }, what)
      expect([null, 'CALIBRATION_MANIFEST_INVALID'], what).toContain(code)
      if (code !== null) refused++
    }
    expect(refused).toBeGreaterThan(mutants / 2)
  })

  it('manifests of plans, and the plans beside them: never read as another', async () => {
    const path = join(folder, 'x.plan')
    const plan = new SeededRandom('plan').bytes(2000)
    const manifest = await saveEngineFiles(path, (temporary) => writeFile(temporary, plan), planContent)
    const sound = await readFile(`${path}.json`)
    const codes = new Map<string | null, number>()
    for (let index = 0; index < mutants; index++) {
      const isPlan = index % 4 === 3
      const { bytes, what } = damage(isPlan ? plan : sound, `plan ${index}`)
      await writeFile(path, isPlan ? bytes : plan)
      await writeFile(`${path}.json`, isPlan ? sound : bytes)
      const code = await codeOf(async () => {
        const read = await readEngineFiles(path)
        // Where nothing says otherwise, plan and digest are those that were written.
        expect(read.manifest.blob, what).toEqual(manifest.blob)
        expect(isPlan && !Buffer.from(bytes).equals(Buffer.from(plan)), what).toBe(false)
      }, what)
      expect([null, 'MANIFEST_INVALID', 'ENGINE_CORRUPT'], what).toContain(code)
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect(codes.get('MANIFEST_INVALID')).toBeGreaterThan(mutants / 4)
    expect(codes.get('ENGINE_CORRUPT')).toBeGreaterThan(mutants / 8)
  })

  it('timing caches and their notes: the bytes that were written, or none', async () => {
    const path = join(folder, 'x.timing')
    const identity = { tensorrt: '10.15.1', gpu: 'A10' }
    const random = new SeededRandom('timings')
    await new TimingCacheFile({ path, identity }).add(random.bytes(3000), () => null)
    const [cache, note] = [await readFile(path), await readFile(`${path}.json`)]
    const states = new Map<string, number>()
    const one = async (index: number) => {
      const isNote = index % 2 === 1
      const { bytes, what } = damage(isNote ? note : cache, `timing ${index}`)
      const own = join(folder, `${index}.timing`)
      await writeFile(own, isNote ? cache : bytes)
      await writeFile(`${own}.json`, isNote ? bytes : note)
      const file = new TimingCacheFile({ path: own, identity })
      const stored = await file.read()
      states.set(stored.state, (states.get(stored.state) ?? 0) + 1)
      if (stored.state === 'sound') expect(Buffer.from(stored.bytes).equals(cache), what).toBe(true)
      else expect(stored, what).toMatchObject({ bytes: { length: 0 }, reason: expect.any(String) })
      // Whatever was there, the next build leaves a sound one.
      await file.add(Buffer.from('new'), () => null)
      expect((await file.read()).state, what).toBe('sound')
      await Promise.all([own, `${own}.json`].map((name) => rm(name)))
    }
    // Damaged ones are looked at again after a while, so that many are waited for at once.
    for (let start = 0; start < mutants; start += 100) {
      await Promise.all(Array.from({ length: Math.min(100, mutants - start) }, (_, at) => one(start + at)))
    }
    expect(states.get('damaged')).toBeGreaterThan(mutants / 2)
  })

  it('ranges in JSON', async () => {
    const sound = Buffer.from(JSON.stringify(rangesFromTable(parseCalibrationTable(Buffer.from(writtenByTensorRt)))))
    for (let index = 0; index < mutants; index++) {
      const { bytes, what } = damage(sound, `ranges ${index}`)
      const code = await codeOf(() => {
        for (const scale of scalesFromJson(bytes.toString('utf8'), 'x').scales.values()) {
          expect(scale > 0 && Number.isFinite(scale), what).toBe(true)
        }
      }, what)
      expect([null, 'RANGES_INVALID'], what).toContain(code)
    }
  })

  it('optimization profiles, of ours and of Paddle', async () => {
    const own =
      'profiles:\n  - x: { min: [1, 3, 32], opt: [1, 3, 64], max: [8, 3, 640] }\n    s: { values: { min: [1], opt: [2], max: [3] } }\n'
    const paddle = 'shape_range_info {\n  name: "x"\n  min_shape: 1\n  max_shape: 6\n  opt_shape: 6\n}\n'
    for (let index = 0; index < mutants; index++) {
      const { bytes, what } = damage(Buffer.from(index % 2 ? own : paddle), `profile ${index}`)
      const code = await codeOf(() => {
        for (const profile of parseOptimizationProfiles(bytes.toString('utf8'), 'x')) {
          for (const range of Object.values(profile)) {
            const { min, opt, max } = 'values' in range ? range.values : range
            for (const [axis, length] of opt.entries()) {
              expect((min[axis] as number) <= length && length <= (max[axis] as number), what).toBe(true)
            }
          }
        }
      }, what)
      expect([null, 'PROFILES_INVALID'], what).toContain(code)
    }
  })
})
