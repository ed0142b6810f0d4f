import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildEngine, createPredictor, type Engine } from '../../lib/index.js'
import { colorModel } from '../models/picture-models.js'

const size = 16
const folder = mkdtempSync(join(tmpdir(), 'enginery-predictor-'))
const path = join(folder, 'red.png')
let engine: Engine

beforeAll(async () => {
  const create = { width: 20, height: 12, channels: 3 as const, background: { r: 200, g: 40, b: 30 } }
  writeFileSync(path, await sharp({ create }).png().toBuffer())
  engine = await buildEngine({ model: colorModel(size), precision: 'fp32' })
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

it('gives the same for a path, bytes and a decoded picture, many times, and leaves them as they are', async () => {
  const predictor = createPredictor(engine, {
    preprocess: { resize: { mode: 'stretch', width: size, height: size, filter: 'opencv-linear' } },
    task: (outputs) => [{ task: 'custom', value: Array.from(outputs.scores?.data as Float32Array, Math.round) }],
  })
  const bytes = await sharp(path).png().toBuffer()
  const image = { width: 20, height: 12, data: Uint8Array.from({ length: 720 }, (_, i) => [200, 40, 30][i % 3] as number) }
  const [bytesBefore, pixelsBefore] = [Uint8Array.from(bytes), Uint8Array.from(image.data)]
  const sources = Array.from({ length: 30 }, (_, i) => [path, bytes, image][i % 3] as typeof path | typeof bytes | typeof image)
  const results = await Promise.all(sources.map((source) => predictor.predict(source)))
  for (const result of results) expect(result).toEqual({ task: 'custom', value: [200, 40, 30] })
  expect(Uint8Array.from(bytes)).toEqual(bytesBefore)
  expect(image.data).toEqual(pixelsBefore)
})
