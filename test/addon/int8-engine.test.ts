import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import type { BuildEngineOptions } from '../../lib/api/engines/build-options.js'
import { loadEngine } from '../../lib/api/engines/load-engine.js'
import { quantize } from '../../lib/api/quantization/quantize.js'
import { countInt8 } from '../../lib/engine/engine-layers.js'
import { readGraph } from '../../lib/graph/graph-from-onnx.js'
import type { Engine } from '../../lib/inference/engine.js'
import { Tensor } from '../../lib/tensor/tensor.js'
import { convolutionModel } from '../models/encode-onnx.js'

const model = convolutionModel({ layers: 2, channels: 16, size: 8 })
const shape = [1, 16, 8, 8]
let folder: string
let path: string
let calibration: NonNullable<BuildEngineOptions['calibration']>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enginery-int8-engine-'))
  path = join(folder, 'model.blob')
  const name = (await readGraph(model)).inputs[0]?.name as string
  const data = Array.from({ length: 8 }, (_, seed) => ({
    [name]: Tensor.from(
      Float32Array.from({ length: 16 * 64 }, (_, at) => Math.sin(at + seed)),
      shape,
    ),
  }))
  calibration = { data }
  const engine = await buildEngine({ model, precision: 'int8', calibration, quantization: { weights: { perChannel: false } } })
  await engine.save(path)
  await engine.close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As if it had been built by another version. */
async function age(): Promise<void> {
  const manifest = JSON.parse(await readFile(`${path}.json`, 'utf8'))
  await writeFile(`${path}.json`, JSON.stringify({ ...manifest, versions: { ...manifest.versions, openvino: 'of old' } }))
}

async function describeAndClose(engine: Engine) {
  const { precision, layers } = await engine.describe()
  await engine.close()
  return { precision, int8: countInt8(layers) }
}

describe('a saved engine of precision int8', () => {
  const whole = { precision: 'int8', int8: { layers: 2, of: 2 } }

  it('says so when it is loaded, and takes the float model for its own', async () => {
    expect(await describeAndClose(await loadEngine(path))).toEqual(whole)
    expect(await describeAndClose(await loadEngine(path, { model }))).toEqual(whole)
    const other = convolutionModel({ layers: 3, channels: 16, size: 8 })
    await expect(loadEngine(path, { model: other })).rejects.toMatchObject({ code: 'ENGINE_MISMATCH' })
  })

  it('is not built again in float', async () => {
    await age()
    await expect(loadEngine(path, { onMismatch: 'rebuild', model })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/calibration.*precision int8/s),
    })
  })

  it('is quantized again, as it was, where samples are given', async () => {
    await age()
    const before = JSON.parse(await readFile(`${path}.json`, 'utf8'))
    expect(await describeAndClose(await loadEngine(path, { onMismatch: 'rebuild', model, calibration }))).toEqual(whole)
    const after = JSON.parse(await readFile(`${path}.json`, 'utf8'))
    expect(after.versions.openvino).not.toBe('of old')
    expect(after.preparation).toEqual(before.preparation)
    expect(after.model.sha256).toBe(before.model.sha256)
    expect(await describeAndClose(await loadEngine(path))).toEqual(whole)
  })

  it('is built again of the quantized model without samples', async () => {
    await age()
    const { options } = JSON.parse(await readFile(`${path}.json`, 'utf8')).preparation
    const quantized = await quantize({ ...options, model, calibration })
    const engine = await loadEngine(path, { onMismatch: 'rebuild', model: quantized.model })
    expect((await describeAndClose(engine)).int8).toEqual(whole.int8)
  })

  it('asks for options that its manifest cannot hold', async () => {
    const quantization = { ignored: { patterns: [/nothing/], validate: false } }
    const engine = await buildEngine({ model, precision: 'int8', calibration, quantization })
    await engine.save(path)
    await engine.close()
    await age()
    const again = loadEngine(path, { onMismatch: 'rebuild', model, calibration })
    await expect(again).rejects.toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('quantization') })
    const told = await loadEngine(path, { onMismatch: 'rebuild', model, calibration, quantization })
    expect(await describeAndClose(told)).toEqual(whole)
  })
})
