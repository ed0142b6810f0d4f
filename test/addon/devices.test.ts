import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildEngine } from '../../lib/api/engines/build-engine.js'
import { loadEngine } from '../../lib/api/engines/load-engine.js'
import type { InferenceResult } from '../../lib/inference/collect-outputs.js'
import type { Engine } from '../../lib/inference/engine.js'
import { loadOpenVino } from '../../lib/native/load-addon.js'
import { describeEngineContract } from '../contract/engine-contract.js'
import { convolutionModel, unaryModel } from '../models/encode-onnx.js'

// Devices that distribute work over others. The whole contract holds for each, with the CPU behind it.
for (const [device, saves] of [
  ['AUTO:CPU', false],
  ['MULTI:CPU', false],
  ['HETERO:CPU', true],
] as const) {
  describeEngineContract({
    name: `openvino on ${device}`,
    saves,
    build: (model, { requests, shapes, profile } = {}) => buildEngine({ model, device, shapes, hints: { requests, profile } }),
    load: (path) => loadEngine(path),
  })
}

const model = convolutionModel({ layers: 4, channels: 32, size: 48 })
const size = 32 * 48 * 48
const picture = (seed: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37 + seed))

function bytesOf(result: InferenceResult | undefined): Buffer {
  const data = result?.y?.data as Float32Array
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

describe.each(['AUTO:CPU', 'AUTO', 'MULTI:CPU', 'HETERO:CPU', 'BATCH:CPU'])('%s', (device) => {
  let onCpu: Engine
  let engine: Engine
  beforeAll(async () => {
    onCpu = await buildEngine({ model })
    engine = await buildEngine({ model, device })
  })
  afterAll(async () => {
    await onCpu.close()
    await engine.close()
  })

  it('really executes on the CPU, in the precision that was asked for', async () => {
    const cpu = await onCpu.describe()
    const description = await engine.describe()
    expect(description).toMatchObject({ device, precision: 'fp32', precisions: cpu.precisions })
    if (device === 'AUTO') expect(loadOpenVino().devicesSync()).toEqual(expect.arrayContaining([...description.executionDevices]))
    else expect(description.executionDevices).toEqual(['CPU'])
    expect(description.precisions).toEqual({ f32: expect.any(Number) })
  })

  it('answers as the CPU does, one at a time, many at once, in a stream', async () => {
    const pictures = Array.from({ length: 8 }, (_, seed) => picture(seed))
    const expected = pictures.map((each) => bytesOf(onCpu.inferSync(each)))
    expect(expected[0]?.some((byte) => byte !== 0)).toBe(true)
    expect(expected[0]?.equals(expected[1] as Buffer)).toBe(false)
    const stream: Buffer[] = []
    for await (const result of engine.inferMany(pictures)) stream.push(bytesOf(result))
    const atOnce = await Promise.all(pictures.map((each) => engine.infer(each)))
    pictures.forEach((each, index) => {
      const answers = [stream[index], bytesOf(atOnce[index])]
      answers.push(bytesOf(engine.inferSync(each)))
      for (const answer of answers) expect(answer?.equals(expected[index] as Buffer)).toBe(true)
    })
  })
})

describe('a cache', () => {
  const dir = mkdtempSync(join(tmpdir(), 'enginery-devices-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  it('keeps engines of HETERO apart from those of CPU', async () => {
    const notes: string[][] = []
    for (const device of ['CPU', 'HETERO:CPU', 'CPU', 'HETERO:CPU']) {
      const engine = await buildEngine({ model, device, cache: dir })
      notes.push([...(await engine.describe()).notes])
      await engine.close()
    }
    expect(notes.map(({ length }) => length)).toEqual([0, 0, 1, 1])
    expect(readdirSync(dir)).toHaveLength(4)
  })

  it('cannot keep engines of AUTO, and says why', async () => {
    const warnings: string[] = []
    const ignore = () => undefined
    const logger = { debug: ignore, info: ignore, warn: (line: string) => warnings.push(line), error: ignore }
    const engine = await buildEngine({ model, device: 'AUTO:CPU', cache: dir, logger })
    await engine.close()
    expect(warnings).toEqual([expect.stringMatching(/OpenVINO exports no engines of AUTO:CPU/)])
    expect(readdirSync(dir)).toHaveLength(4)
  })
})

describe('a device that is not there is an error that names it, also among others: nothing falls back', () => {
  const tiny = unaryModel('Relu', [1, 4])
  const codeOf = (device: string) =>
    buildEngine({ model: tiny, device }).then(
      (engine) => engine.close().then(() => 'no error'),
      (error) => error.code as string,
    )

  it.each(['XPU', 'CPU.7', 'NPU', 'AUTO:XPU', 'HETERO:XPU,CPU', 'MULTI:CPU,XPU', 'AUTO:CPU,XPU'])('%s', async (device) => {
    expect(await codeOf(device)).toBe('DEVICE_NOT_FOUND')
  })

  it.runIf(
    !loadOpenVino()
      .devicesSync()
      .some((name) => name.startsWith('GPU')),
  )('GPU, alone and with others', async () => {
    for (const device of ['GPU', 'GPU.1', 'AUTO:GPU,CPU', 'HETERO:GPU,CPU', 'MULTI:GPU,CPU']) {
      expect(await codeOf(device)).toMatch(/^DEVICE_(LIBRARY_MISSING|NOT_FOUND)$/)
    }
  })

  it.each(['', 'cpu', 'CPU,GPU', 'HETERO:', 'AUTO:,CPU'])('%j is no device', async (device) => {
    expect(await codeOf(device)).toBe('OPTION_INVALID')
  })
})
